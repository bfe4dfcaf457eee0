"""A real Slurm on loopback, whose nodes, controller and jobs a test may kill.

Where it is root on Debian, Slurm comes from Debian's packages; elsewhere, and where it is not there
yet, tests that ask for one are skipped with the reason.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from repository import ROOT

SCRIPTS = ROOT / "tests/workflow"
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins", "munge")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")

PARTITIONS = """
partitions:
  cpu: {max_gpu: 0}
  gpu: {max_gpu: 2}
"""
"""What a user with a GPU partition writes, as slurm/config.yaml explains."""


def _missing_programs() -> list[str]:
    return [program for program in PROGRAMS if shutil.which(program) is None]


def _install() -> None:
    """Install Slurm from Debian's packages, or skip the test and say why."""
    if not _missing_programs():
        return
    if not (Path("/etc/debian_version").exists() and shutil.which("apt-get")):
        pytest.skip("needs Slurm, or Debian to install it from")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            ["apt-get", *command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"apt-get {command[0]} failed: {done.stderr.strip()[-200:]}")
    assert not _missing_programs()


def _free_ports(count: int) -> int:
    """The first of `count` neighbouring ports of loopback on which nothing listens."""
    # Processes of one test session start at different places, so that they do not meet.
    start = 16817 + os.getpid() % 100 * 4 * count
    for first in range(start, start + 1600, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for port, listener in enumerate(sockets, first):
                listener.bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return first
        finally:
            for listener in sockets:
                listener.close()
    raise AssertionError("no free ports")


def until(
    condition: Callable[[], object], what: str, seconds: float = 240.0, pause: float = 0.2
) -> None:
    """Wait for a condition; the test fails if it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds:.0f} s: not yet {what}"
        time.sleep(pause)


class Cluster:
    """Two nodes of CPUs, `cpu1` and `cpu2`, and `gpu1` with two pretended GPUs.

    Attributes:
        folder: configuration, logs, state and pid files.
        variables: environment variables that lead Slurm's clients to it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = {
            "SLURM_CONF": f"{folder}/slurm.conf",
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
        }

    def call(self, *command: str) -> str:
        """What one of Slurm's programs prints."""
        return subprocess.run(
            command,
            env=os.environ | self.variables,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    def jobs(self, rule: str = "") -> list[dict[str, str]]:
        """What Slurm knows of every job: `Comment` (the rule), `JobState`, `NodeList`, ..."""
        listing = self.call("scontrol", "--oneliner", "show", "jobs")
        jobs = [
            dict(field.split("=", 1) for field in line.split() if "=" in field)
            for line in listing.splitlines()
        ]
        jobs.sort(key=lambda job: int(job.get("JobId", 0)))
        return [job for job in jobs if rule in job.get("Comment", "")]

    def in_state(self, rule: str, state: str) -> list[dict[str, str]]:
        return [job for job in self.jobs(rule) if job["JobState"] == state]

    def set_node(self, name: str, state: str) -> None:
        self.call("scontrol", "update", f"nodename={name}", f"state={state}", "reason=test")

    def kill_node(self, name: str) -> None:
        """Its power is gone: the daemon and everything that ran there die at once."""
        daemon = int((self.folder / f"pid/slurmd.{name}.pid").read_text())
        marks = (f"SLURMD_NODENAME={name}".encode(), f"SLURM_CONF={self.folder}/".encode())
        victims = {daemon}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                variables = (process / "environ").read_bytes()
            except OSError:  # it has ended
                continue
            if all(mark in variables for mark in marks):
                victims.add(int(process.name))
                parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
                command = Path(f"/proc/{parent}/cmdline").read_bytes()
                if command.startswith(b"slurmstepd"):
                    victims.add(int(parent))
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
        # What its health check or the controller's time-out (five minutes) would find.
        self.set_node(name, "down")

    def start_node(self, name: str) -> None:
        self.call("slurmd", "-N", name)
        until(lambda: "idle" in self.call("sinfo", "-h", "-n", name, "-o", "%T"), f"{name} idle")

    def stop_controller(self) -> None:
        file = self.folder / "pid/slurmctld.pid"
        pid = int(file.read_text())
        os.kill(pid, signal.SIGTERM)
        until(lambda: not Path(f"/proc/{pid}").exists(), "slurmctld gone")

    def start_controller(self) -> None:
        self.call("slurmctld")


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A Slurm that is started, and stopped at the end with its jobs."""
    if os.geteuid() != 0:
        pytest.skip("needs root: the Slurm daemons run jobs as other users")
    _install()
    # A short path of its own: a socket's path has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        subprocess.run(
            [SCRIPTS / "slurm-up.sh", folder, str(_free_ports(4))], check=True, timeout=60
        )
        yield Cluster(folder)
    finally:
        subprocess.run([SCRIPTS / "slurm-down.sh", folder], check=True, timeout=60)
        shutil.rmtree(folder)


class SlurmRun:
    """A Snakemake that sends its jobs to a cluster; its messages go to `snakemake.log`.

    Args:
        folder: of a copy of the project with an overlay `small.yaml`.
        cluster: or None, to run here.
        target: what to make.
    """

    def __init__(self, folder: Path, cluster: Cluster | None, target: str) -> None:
        self.folder, self.cluster, self.target = folder, cluster, target
        (folder / "slurm/partitions.yaml").write_text(PARTITIONS)
        self.variables = {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": ""}
        if cluster is not None:
            self.variables |= cluster.variables
        self.log = folder / "snakemake.log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *options: str) -> list[str]:
        where = (
            ("--cores", "2")
            if self.cluster is None
            else (
                *("--profile", "slurm"),
                *("--slurm-partition-config", "slurm/partitions.yaml"),
                *("--slurm-init-seconds-before-status-checks", "4"),  # only for speed
            )
        )
        small = ["--configfile", "config/test.yaml", "small.yaml"]
        return [sys.executable, "-m", "snakemake", *small, *where, *options, "--", self.target]

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(*options),
                cwd=self.folder,
                env=os.environ | self.variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.process

    def finish(self, seconds: float = 900.0) -> int:
        """Wait for Snakemake; on a time-out interrupt it, on which it cancels its jobs."""
        assert self.process is not None, "start it first"
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise

    def stop(self) -> None:
        """End it, if it still runs."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def messages(self) -> str:
        return self.log.read_text(errors="replace")
