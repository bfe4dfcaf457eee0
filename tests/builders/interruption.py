"""Kills the jobs of a run, and Snakemake itself, at random moments, and starts again what died."""

import csv
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from darkpixel.training.history import TIMING_COLUMNS

_MARK = "DARKPIXEL_KILLED_RUN"
"""Environment variable by which the processes of a run are found, whoever their parent is now."""
_SCRIPT = re.compile(r"\.snakemake/scripts/tmp\w+\.(\w+)\.py")
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_LONGEST = 4.0  # seconds into a job at which it is killed; most are quicker, so early ones prevail
_PATIENCE = 300.0  # seconds for jobs to end that were asked to


@dataclass
class Story:
    """What was done to a run.

    Attributes:
        jobs: kills of a job, by its script and the signal.
        snakemakes: kills of Snakemake, by the signal.
        orphans: processes that outlived a run.
        output: of all Snakemakes.
    """

    jobs: Counter[tuple[str, str]] = field(default_factory=Counter)
    snakemakes: Counter[str] = field(default_factory=Counter)
    orphans: list[str] = field(default_factory=list)
    output: str = ""

    @property
    def kills(self) -> int:
        return self.jobs.total() + self.snakemakes.total()


class KilledRun:
    """A run in a folder of the project, some of whose jobs are killed.

    Args:
        folder: where the Snakefile is.
        arguments: of Snakemake, targets included.
        kills: how many jobs to kill before the run is left alone.
        share: of the jobs that start, those that are killed.
        restarts: signals to Snakemake and its jobs together, one after each part of the kills.
        seed: of the moments.
    """

    def __init__(
        self,
        folder: Path,
        arguments: list[str],
        kills: int,
        *,
        share: float = 0.7,
        restarts: tuple[signal.Signals, ...] = _SIGNALS,
        seed: int = 0,
    ) -> None:
        self.folder, self.arguments, self.kills, self.share = folder, arguments, kills, share
        self.restarts = restarts
        self.random = random.Random(seed)
        self.story = Story()
        self.mark = uuid.uuid4().hex
        self.log = folder / "killed.log"

    def run(self) -> int:
        """Run to the end; the exit status of the last Snakemake."""
        # A shell that starts tests in the background has them ignore Ctrl-C, and all below them.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return self._run()
        finally:
            for pid in self.processes():
                self.story.orphans.append(f"at the end: process {pid}")
                _send(pid, signal.SIGKILL)

    def _run(self) -> int:
        for number, last in enumerate(self.restarts, start=1):
            wanted = self.kills * number // (len(self.restarts) + 1)
            status = self._snakemake(wanted, last)
            if status is not None:
                return status
        status = self._snakemake(self.kills, None)
        assert status is not None
        self.story.output = self.log.read_text()
        return status

    def _snakemake(self, wanted: int, last: signal.Signals | None) -> int | None:
        """One Snakemake, until so many jobs were killed and `last` is sent to it.

        Returns:
            Its exit status if it came to its end by itself, else None.
        """
        command = [
            sys.executable, "-m", "snakemake", *self.arguments, "--rerun-incomplete",
            "--retries", str(self.kills + 1),  # one job may be killed again and again
        ]  # fmt: skip
        variables = {"PYTHONPATH": "", "OMP_NUM_THREADS": "1", _MARK: self.mark}
        with self.log.open("a") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | variables, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        status = self._kill_jobs(process, wanted, last is None)
        if status is not None or last is None:
            return process.wait() if status is None else status
        self._end(process, last)
        return None

    def _kill_jobs(
        self, process: subprocess.Popen[bytes], wanted: int, to_the_end: bool
    ) -> int | None:
        """Kill jobs as they come; the status if Snakemake ends first."""
        planned: dict[int, tuple[float, str]] = {}
        while process.poll() is None:
            if self.story.jobs.total() >= wanted and not to_the_end:
                return None
            now = time.monotonic()
            running = self.running_jobs()
            for pid, script in running.items():
                if pid not in planned:
                    hit = self.random.random() < self.share
                    delay = _LONGEST ** self.random.uniform(-2.0, 1.0) if hit else float("inf")
                    planned[pid] = (now + delay, script)
            for pid, (moment, script) in list(planned.items()):
                if now < moment or pid not in running or self.story.jobs.total() >= wanted:
                    continue
                number = _SIGNALS[self.story.jobs.total() % len(_SIGNALS)]
                planned[pid] = (float("inf"), script)
                if _send(pid, number):
                    self.story.jobs[script, number.name] += 1
            time.sleep(0.05)
        return process.returncode

    def _end(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        """End a Snakemake in the middle of its jobs, as a user or a lost node does."""
        time.sleep(self.random.uniform(0.0, 3.0))
        if process.poll() is not None:
            return
        if number == signal.SIGKILL:  # the node is lost
            for pid in self.processes():
                _send(pid, number)
        elif number == signal.SIGINT:  # Ctrl-C goes to all
            os.killpg(process.pid, number)
        else:
            _send(process.pid, number)
        process.wait(_PATIENCE)
        self.story.snakemakes[number.name] += 1
        time.sleep(1.0)
        self.story.orphans += [f"{number.name}: {job}" for job in self.running_jobs().values()]
        if number == signal.SIGKILL:
            self._unlock()

    def _unlock(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "snakemake", *self.arguments, "--unlock"],
            cwd=self.folder, env=os.environ | {"PYTHONPATH": ""}, check=True, capture_output=True,
        )  # fmt: skip

    def processes(self) -> list[int]:
        """Every living process of the run."""
        mark = f"{_MARK}={self.mark}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
            except OSError:  # it has just ended
                continue
        return found

    def running_jobs(self) -> dict[int, str]:
        """The scripts that are running, by process; workers of a script count with it."""
        found = {}
        for pid in self.processes():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")
            except OSError:
                continue
            if "bin/sh" not in command and (script := _SCRIPT.search(command)):
                found[pid] = script[1]
        return found


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def left_behind(results: Path) -> list[str]:
    """Hidden files, temporary files and checkpoints in a folder of results.

    Finished trials of a search are kept, for one that is given more trials later.
    """
    searches = [folder / "checkpoints/search" for folder in results.glob("*")]
    return [
        str(path.relative_to(results))
        for path in sorted(results.rglob("*"))
        if path.is_file()
        and (path.name.startswith(".") or ".tmp" in path.name or "checkpoints" in path.parts)
        and path.name != ".snakemake_timestamp"
        and not (path.name in ("state.pt", "lock") and path.parents[1] in searches)
    ]


_UNLIKE = (
    "speed", "widths", "upsampling_width", "search", "model_matrix", "benchmarks", "logs",
)  # fmt: skip
"""Parts of paths whose content tells times, or the machine."""


def _digest(path: Path) -> str:
    """Of what a run must give again: times are left out."""
    if path.name == "history.csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        kept = [{name: row[name] for name in row if name not in TIMING_COLUMNS} for row in rows]
        return hashlib.sha256(repr(kept).encode()).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def outputs(folder: Path, more: tuple[str, ...] = ()) -> dict[str, str]:
    """Digest of every output of the test configuration that must be the same in each run.

    Args:
        more: endings of files to be looked at beside data, weights and tables.
    """
    results = folder / "results/test"
    return {
        str(path.relative_to(results)): _digest(path)
        for path in sorted(results.rglob("*"))
        if path.suffix in (".h5", ".safetensors", ".csv", ".parquet", *more)
        and not any(part in str(path.relative_to(results)) for part in _UNLIKE)
    }
