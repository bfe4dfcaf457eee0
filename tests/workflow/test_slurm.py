"""The test configuration on a real Slurm: GPU jobs find the GPU node, results equal a local run's.

Where it is root on Debian, Slurm comes from Debian's packages; it runs on loopback only, with its
own configuration, and is stopped again. Elsewhere the test is skipped with its reason.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import load_file

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins", "munge")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
SECONDS = 200  # for the whole workflow on Slurm; it takes a minute or two

MODEL = "sarm2_dd"
WEIGHTS = f"results/test/models/jets/signal/{MODEL}/seed1/model.safetensors"
# One shard rather than the merged file: every level of the workflow costs Slurm's polling time.
SAMPLES = f"results/test/samples/jets/signal/{MODEL}/seed1.shard0.h5"
TRAINING_LOG = f"results/test/logs/models/jets/signal/{MODEL}/seed1.log"

# What a user with a GPU partition writes, as slurm/config.yaml explains.
PARTITIONS = """
partitions:
  cpu: {max_gpu: 0}
  gpu: {max_gpu: 2}
"""


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if shutil.which(program) is None]


def install_slurm() -> None:
    """Install Slurm from Debian's packages, or skip the test and say why."""
    if not missing_programs():
        return
    if not (Path("/etc/debian_version").exists() and shutil.which("apt-get")):
        pytest.skip("needs Slurm, or Debian to install it from")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            ["apt-get", *command], env=environment, capture_output=True, text=True, timeout=180
        )
        if done.returncode != 0:
            pytest.skip(f"apt-get {command[0]} failed: {done.stderr.strip()[-200:]}")
    assert not missing_programs()


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports of loopback on which nothing listens."""
    for first in range(16817, 20000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for port, listener in enumerate(sockets, first):
                listener.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for listener in sockets:
                listener.close()
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, str]]:
    """A running Slurm: the environment variables that lead its clients to it."""
    if os.geteuid() != 0:
        pytest.skip("needs root: the Slurm daemons run jobs as other users")
    install_slurm()
    # A short path of its own: a socket's path has at most 107 characters.
    folder = tempfile.mkdtemp(prefix="slurm-", dir="/tmp")
    os.chmod(folder, 0o755)
    try:
        subprocess.run([HERE / "slurm-up.sh", folder, str(free_ports(4))], check=True, timeout=60)
        yield {
            "SLURM_CONF": f"{folder}/slurm.conf",
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
        }
    finally:
        subprocess.run([HERE / "slurm-down.sh", folder], check=True, timeout=60)
        shutil.rmtree(folder)


def copy_of_project(folder: Path) -> Path:
    for name in ("config", "slurm", "src", "workflow", "envs"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "Snakefile", folder)
    return folder


def start(folder: Path, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start the test configuration in `folder`; its messages go to `snakemake.log` there."""
    command = [sys.executable, "-m", "snakemake", "--notemp", "--configfile", "config/test.yaml"]
    with (folder / "snakemake.log").open("wb") as log:
        return subprocess.Popen(
            [*command, *options, "--", SAMPLES],
            cwd=folder,
            env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")} | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def finish(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for Snakemake; on a timeout interrupt it, on which it cancels its jobs."""
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
    assert process.returncode == 0, (folder / "snakemake.log").read_text()[-5000:]


def jobs_of(cluster: dict[str, str]) -> list[dict[str, str]]:
    """What Slurm knows of every job: `Comment` (the rule), `NodeList`, `TresPerJob`, ..."""
    listing = subprocess.run(
        ["scontrol", "--oneliner", "show", "jobs"],
        env=os.environ | cluster,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [
        dict(field.split("=", 1) for field in line.split() if "=" in field)
        for line in listing.splitlines()
    ]


def test_slurm_equals_local(cluster, tmp_path):
    local, remote = (copy_of_project(tmp_path / name) for name in ("local", "remote"))
    (remote / "slurm/partitions.yaml").write_text(PARTITIONS)
    runs = [
        (start(local, "--cores", "2"), local),
        (
            start(
                remote,
                *("--profile", "slurm"),
                *("--slurm-partition-config", "slurm/partitions.yaml"),
                # Only for speed: ask early, and show an error at once.
                *("--slurm-init-seconds-before-status-checks", "10", "--retries", "0"),
                **cluster,
            ),
            remote,
        ),
    ]
    try:
        for process, folder in runs:
            finish(process, folder)
    finally:
        for process, _ in runs:
            process.kill()
            process.wait()

    assert "node=gpu1 CUDA_VISIBLE_DEVICES=" in (remote / TRAINING_LOG).read_text()
    assert "node=gpu1" not in (local / TRAINING_LOG).read_text()

    jobs = {job["Comment"]: job for job in jobs_of(cluster)}
    assert any("simulate_jets" in rule for rule in jobs)
    for rule, job in jobs.items():
        wants_gpu = "train_model" in rule or "sample_model" in rule
        assert job.get("TresPerJob") == ("gres:gpu:1" if wants_gpu else None), rule
        assert job["NodeList"].startswith("gpu" if wants_gpu else "cpu"), rule

    expected, found = load_file(local / WEIGHTS), load_file(remote / WEIGHTS)
    assert expected.keys() == found.keys()
    for name, weights in expected.items():
        np.testing.assert_array_equal(found[name], weights, err_msg=name)
    with h5py.File(local / SAMPLES) as first, h5py.File(remote / SAMPLES) as second:
        np.testing.assert_array_equal(first["images"], second["images"])
        assert len(first["images"]) > 0
