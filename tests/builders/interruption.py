"""Kills the jobs of a run, and Snakemake itself, at random moments, and starts again what died."""

import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from projects import PlannedJob

_MARK = "DARKPIXEL_KILLED_RUN"
"""Environment variable by which the processes of a run are found, whoever their parent is now."""
_SCRIPT = re.compile(r"\.snakemake/scripts/tmp\w+\.(\w+)\.py")
_LOG = re.compile(rb"results/test/logs/([\w./-]+?)\.log")
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_TRAINING = "train_model"
_RESULTS = "results/test"
_ARGUMENTS = ("--cores", "2", "--configfile", "config/test.yaml")
_GLANCE = 0.05  # s between two looks at what is running
_PATIENCE = 300.0  # seconds for jobs to end that were asked to
_ROUNDS = 6  # in which jobs that ended before their moment are run again


def durations(folder: Path) -> dict[str, float]:
    """Seconds that each job of a finished run took, by the name of its log."""
    benchmarks = folder / _RESULTS / "benchmarks"
    return {
        str(path.relative_to(benchmarks).with_suffix("")): float(pd.read_csv(path, sep="\t").s[0])
        for path in benchmarks.rglob("*.tsv")
    }


@dataclass
class Story:
    """What was done to a run.

    Attributes:
        jobs: kills of a job, by its rule and the signal.
        snakemakes: kills of Snakemake, by the signal.
        after_checkpoint: names of training runs that were killed once a checkpoint was there.
        resumed: names of jobs whose log said that they went on from a checkpoint.
        orphans: processes that outlived a run.
        output: of all Snakemakes.
    """

    jobs: Counter[tuple[str, str]] = field(default_factory=Counter)
    snakemakes: Counter[str] = field(default_factory=Counter)
    after_checkpoint: list[str] = field(default_factory=list)
    resumed: set[str] = field(default_factory=set)
    orphans: list[str] = field(default_factory=list)
    output: str = field(default="", repr=False)

    @property
    def kills(self) -> int:
        return self.jobs.total() + self.snakemakes.total()

    @property
    def rules(self) -> set[str]:
        """Those of which a job was killed."""
        return {rule for rule, _ in self.jobs}


class Job(NamedTuple):
    """A job that is running.

    Attributes:
        script: the file that Snakemake wrote for it: another one each time that it is started.
        rule: its rule.
        name: of its log.
        pids: its processes, the one that Snakemake started first.
    """

    script: str
    rule: str
    name: str
    pids: list[int]


@dataclass
class _Plan:
    """When a job that is running is to be killed.

    Attributes:
        job: as it was seen last.
        seen: when it was seen first.
        moment: `time.monotonic()`; infinity: never.
        checkpoint: wait for a checkpoint of it instead.
    """

    job: Job
    seen: float
    moment: float
    checkpoint: bool = False


class KilledRun:
    """A run in a folder of the project, some of whose jobs are killed.

    Of each rule a job is killed first of all, then others at random. The moment is drawn evenly
    over the time that the job takes if nobody disturbs it, so that reading, computing and writing
    are hit as often as they last. The first training run is killed as soon as it has a checkpoint.

    Args:
        folder: where the Snakefile is.
        targets: of Snakemake.
        kills: how many jobs to kill before the run is left alone.
        jobs: of the run, by the name of their log.
        durations: seconds that each of them takes, by the name of its log.
        restarts: signals to Snakemake and its jobs together, one after each part of the kills.
        seed: of the moments.
    """

    def __init__(
        self,
        folder: Path,
        targets: Sequence[str],
        kills: int,
        *,
        jobs: dict[str, PlannedJob],
        durations: dict[str, float],
        restarts: tuple[signal.Signals, ...] = _SIGNALS,
        seed: int = 0,
    ) -> None:
        self.folder, self.targets, self.kills, self.jobs = folder, targets, kills, jobs
        self.rules = {job.rule for job in jobs.values()}
        self.durations, self.restarts = durations, restarts
        self.random = random.Random(seed)
        self.story = Story()
        self.mark = uuid.uuid4().hex
        self.log = folder / "killed.log"
        self.temporary = folder.parent / "temporary"
        """`TMPDIR` of the run, in which no file may stay."""
        self._plans: dict[str, _Plan] = {}
        self._done: set[str] = set()
        self._slowness = deque([1.0], maxlen=9)  # of jobs that were left alone, the last ones
        self._round = 0

    @property
    def unhit(self) -> set[str]:
        """Rules of which no job was killed yet."""
        return self.rules - self.story.rules

    def run(self) -> int:
        """Run to the end; the exit status of the last Snakemake."""
        self.temporary.mkdir()
        # A shell that starts tests in the background has them ignore Ctrl-C, and all below them.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return self._run()
        finally:
            self.story.output = self.log.read_text()
            for pid in self.processes():
                self.story.orphans.append(f"at the end: process {pid}")
                _send(pid, signal.SIGKILL)

    def _run(self) -> int:
        for number, last in enumerate(self.restarts, start=1):
            wanted = self.kills * number // (len(self.restarts) + 1)
            status = self._snakemake(wanted, last)
            if status:
                return status
        status = self._snakemake(self.kills, None)
        while not status and (files := self._missed()) and self._round < _ROUNDS:
            self._round += 1
            self.targets = files
            status = self._snakemake(self.kills, None, "--force")
        assert status is not None
        return status

    def _missed(self) -> list[str]:
        """Files to be made once more, of a job each that is still to be killed."""
        short = self.kills - self.story.jobs.total() - len(self.unhit)
        others = sorted(self.rules - self.unhit)
        rules = sorted(self.unhit) + self.random.sample(others, min(max(short, 0), len(others)))
        outputs = [sorted(j.output for j in self.jobs.values() if j.rule == rule) for rule in rules]
        return [self.random.choice(files) for files in outputs]

    def _snakemake(self, wanted: int, last: signal.Signals | None, *arguments: str) -> int | None:
        """One Snakemake, until so many jobs were killed and `last` is sent to it.

        Returns:
            Its exit status if it came to its end by itself, else None.
        """
        command = [
            sys.executable, "-m", "snakemake", *self.targets, *_ARGUMENTS, "--rerun-incomplete",
            "--retries", str(self.kills + 1),  # one job may be killed again and again
            *arguments,
        ]  # fmt: skip
        variables = {"PYTHONPATH": "", "OMP_NUM_THREADS": "1", "TMPDIR": str(self.temporary)}
        with self.log.open("a") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | variables | {_MARK: self.mark},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        while process.poll() is None:
            if last is not None and self.story.jobs.total() >= wanted:
                self._end(process, last)
                return None
            self._look()
            time.sleep(_GLANCE)
        self._look()  # at what the last jobs wrote
        return process.returncode

    def _look(self, *, kill: bool = True) -> None:
        """See which jobs came and went, and kill those whose moment has come."""
        now = time.monotonic()
        running = {job.script: job for job in self.running_jobs()}
        for script, job in running.items():
            if script in self._plans:
                self._plans[script].job = job
            else:
                self._plans[script] = self._planned(job, now)
        for script in self._plans.keys() - running.keys():
            self._ended(self._plans.pop(script), now)
        for plan in self._plans.values():
            enough = self.story.jobs.total() >= self.kills and plan.job.rule not in self.unhit
            if enough or not kill:
                continue
            if plan.checkpoint:
                self._kill_at_checkpoint(plan)
            elif now >= plan.moment:
                self._kill(plan)

    def _planned(self, job: Job, now: float) -> _Plan:
        if job.rule == _TRAINING and not self.story.after_checkpoint:
            waiting = any(plan.checkpoint for plan in self._plans.values())
            return _Plan(job, now, float("inf"), checkpoint=not waiting)
        first = job.rule in self.unhit
        # Twice as many as are needed, since some jobs end before their moment.
        needed = 2 * (self.kills - self.story.jobs.total() - len(self.unhit))
        if not first and self.random.random() >= needed / max(1, len(self._left())):
            return _Plan(job, now, float("inf"))
        lasts = self.durations[job.name] * statistics.median(self._slowness)
        return _Plan(job, now, now + self.random.uniform(0.0, lasts) / 2**self._round)

    def _left(self) -> set[str]:
        return self.durations.keys() - self._done

    def _ended(self, plan: _Plan, now: float) -> None:
        log = self.folder / _RESULTS / "logs" / f"{plan.job.name}.log"
        if log.is_file() and "resumed at" in log.read_text(errors="replace"):
            self.story.resumed.add(plan.job.name)
        if plan.seen > 0:  # it was left alone
            self._done.add(plan.job.name)
            self._slowness.append((now - plan.seen) / self.durations[plan.job.name])

    def _kill_at_checkpoint(self, plan: _Plan) -> None:
        """Watch a training run closely, and kill it once its first checkpoint is there."""
        folder = plan.job.name.removeprefix("models/")
        state = self.folder / _RESULTS / "checkpoints" / folder / "state.pt"
        end = time.monotonic() + _GLANCE
        while not (found := state.exists()) and time.monotonic() < end:
            time.sleep(0.002)
        if found and self._kill(plan, signal.SIGKILL):
            self.story.after_checkpoint.append(plan.job.name)

    def _kill(self, plan: _Plan, number: signal.Signals | None = None) -> bool:
        job = plan.job
        number = number or _SIGNALS[self.story.jobs.total() % len(_SIGNALS)]
        # Workers are told to end by the script; only a lack of memory kills one of them.
        pid = self.random.choice(job.pids) if number == signal.SIGKILL else job.pids[0]
        hit = _send(pid, number)
        if hit:
            self.story.jobs[job.rule, number.name] += 1
        plan.moment, plan.checkpoint, plan.seen = float("inf"), False, 0.0
        return hit

    def _end(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        """End a Snakemake in the middle of its jobs, as a user or a lost node does."""
        end = time.monotonic() + self.random.uniform(0.0, 3.0)
        while time.monotonic() < end:
            self._look(kill=False)
            time.sleep(_GLANCE)
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
        self.story.orphans += [f"{number.name}: {job.name}" for job in self.running_jobs()]
        for plan in self._plans.values():
            plan.seen = 0.0
        if number == signal.SIGKILL:
            self._unlock()

    def _unlock(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "snakemake", *self.targets, *_ARGUMENTS, "--unlock"],
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
        return sorted(found)

    def running_jobs(self) -> list[Job]:
        """The jobs whose scripts are running; workers of a script count with it."""
        found: dict[str, Job] = {}
        for pid in self.processes():
            try:
                script = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1].decode()
                rule = _SCRIPT.search(script)
                if rule is None or not script.endswith(".py"):
                    continue
                if script not in found:  # it names the log among what it gives to the job
                    log = _LOG.search(Path(script).read_bytes())
                    assert log is not None, script
                    found[script] = Job(script, rule[1], log[1].decode(), [])
            except (OSError, IndexError):
                continue
            found[script].pids.append(pid)
        return list(found.values())


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
