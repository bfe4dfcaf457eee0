"""The test configuration on a real Slurm: GPU jobs find the GPU node, results equal a local run's.

Where it is root on Debian, Slurm comes from Debian's packages; it runs on loopback only, with its
own configuration, and is stopped again. Elsewhere the test is skipped with its reason.
"""

import os
import re
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
SECONDS = 900  # on a busy machine; for the whole workflow on Slurm

TABLE = "results/test/tables/sarm/table1_jet_wasserstein.csv"  # both labels, both models
RUNS = [
    f"jets/{label}/{model}/seed1"
    for label in ("signal", "background")
    for model in ("pixelcnnpp", "sarm2_dd")
]

# Two models are enough.
SMALL = "datasets: {jets: {models: [pixelcnnpp, sarm2_dd], selection: null}}"

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
            ["apt-get", *command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
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
        except OSError:
            continue
        else:
            return first
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
    Path(folder).chmod(0o755)
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
    (folder / "small.yaml").write_text(SMALL)
    return folder


def start(folder: Path, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start the test configuration in `folder`; its messages go to `snakemake.log` there."""
    command = [sys.executable, "-m", "snakemake", "--configfile", "config/test.yaml", "small.yaml"]
    with (folder / "snakemake.log").open("wb") as log:
        return subprocess.Popen(
            [*command, *options, "--", TABLE],
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
                *("--slurm-init-seconds-before-status-checks", "4", "--retries", "0"),
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

    logs = [
        f"results/test/logs/{log}.log"
        for run in RUNS
        for log in (f"models/{run}", f"samples/{run}")
    ]
    for log in logs:
        assert re.search(r"node=gpu1 CUDA_VISIBLE_DEVICES=\d", (remote / log).read_text()), log
        assert "node=gpu1" not in (local / log).read_text(), log

    jobs = jobs_of(cluster)
    for job in jobs:
        rule = job["Comment"]
        wants_gpu = "train_model" in rule or "sample_whole" in rule
        assert job.get("TresPerJob") == ("gres:gpu:1" if wants_gpu else None), rule
        assert job["NodeList"].startswith("gpu" if wants_gpu else "cpu"), rule
    # More than these: the table also says which trainings of the data set had levelled off.
    assert sum("TresPerJob" in job for job in jobs) >= len(logs)
    assert any("simulate_jets" in job["Comment"] for job in jobs)

    for run in RUNS:
        weights = f"results/test/models/{run}/model.safetensors"
        expected, found = load_file(local / weights), load_file(remote / weights)
        assert expected.keys() == found.keys()
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=f"{run}: {name}")
        samples = f"results/test/samples/{run}.h5"
        with h5py.File(local / samples) as first, h5py.File(remote / samples) as second:
            np.testing.assert_array_equal(first["images"], second["images"], err_msg=run)
            assert len(first["images"]) > 0
    assert (remote / TABLE).read_bytes() == (local / TABLE).read_bytes()
    assert len((local / TABLE).read_text().splitlines()) > 1
