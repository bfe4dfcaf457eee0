"""A real Slurm on which nodes, jobs, the controller and Snakemake die: the results stay the same.

Every test starts from the same data, sends a training run and its sampling to the cluster, and does
its harm in the middle of the training.
"""

import os
import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import Project
from reliability import Row, record, torture
from run_outputs import left_behind, outputs
from shared import made_once
from slurm_cluster import Cluster, SlurmRun, running_cluster, until

NAME = "jets/signal/sarm2_dd/seed1"
SAMPLES = f"results/test/samples/{NAME}.h5"
LOG = f"results/test/logs/models/{NAME}.log"

# A checkpoint after every step, so that a fault finds one.
OVERLAY = """
datasets: {jets: {models: [sarm2_dd], selection: null}}
models: {sarm2_dd: {training: {epochs: EPOCHS, checkpoint_seconds: 0}}}
jobs: {gres: GRES}
"""


def write_overlay(folder: Path, epochs: int = 150, gres: str = "null") -> None:
    text = OVERLAY.replace("EPOCHS", str(epochs)).replace("GRES", gres)
    (folder / "small.yaml").write_text(text)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose run nobody disturbed, on this computer."""

    def make(folder: Path) -> None:
        write_overlay(Project(folder).folder)
        run = SlurmRun(folder, None, SAMPLES)
        run.start()
        assert run.finish() == 0, run.messages[-3000:]

    return made_once(tmp_path_factory, "run of Slurm's tests", make)


@pytest.fixture
def run(tmp_path: Path, cluster: Cluster, undisturbed: Path) -> Iterator[SlurmRun]:
    """The run that is disturbed: its data are there, its model is not."""
    folder = tmp_path / "a copy"
    shutil.copytree(undisturbed, folder, symlinks=True)
    for part in ("models", "samples", "logs"):
        shutil.rmtree(folder / "results/test" / part)
    (folder / "snakemake.log").unlink()
    run = SlurmRun(folder, cluster, SAMPLES)
    yield run
    run.stop()
    cluster.call("scancel", "--user=root")
    until(lambda: not cluster.call("squeue", "-h"), "an empty queue")


def training_job(run: SlurmRun, cluster: Cluster, beyond: int = 0) -> int:
    """The number of the job that is in the middle of the training; later than job `beyond`."""
    checkpoint = run.folder / f"results/test/checkpoints/{NAME}/state.pt"

    def found() -> list[int]:
        running = cluster.in_state("train_model", "RUNNING")
        return [job for job in (int(entry["JobId"]) for entry in running) if job > beyond]

    until(lambda: found() and checkpoint.exists(), "training", pause=0.1)
    return found()[-1]


def check_equal(run: SlurmRun, undisturbed: Path) -> None:
    """What the disturbed run left is what the undisturbed one left."""
    expected, found = outputs(undisturbed), outputs(run.folder)
    assert (
        found.keys()
        == expected.keys()
        >= {f"models/{NAME}/model.safetensors", f"samples/{NAME}.h5"}
    )
    assert [name for name in found if found[name] != expected[name]] == []
    assert left_behind(run.folder / "results") == []


def finish_well(run: SlurmRun, undisturbed: Path, *, resumed: bool) -> None:
    assert run.finish() == 0, run.messages[-5000:]
    check_equal(run, undisturbed)
    log = (run.folder / LOG).read_text()
    assert ("resumed at epoch" in log) == resumed, log


def survived(what: str, seen: str) -> None:
    record(Row("Slurm", what, 1, 1, seen))


def test_cancelled_job_goes_on_from_its_checkpoint(run, cluster, undisturbed) -> None:
    run.start()
    cluster.call("scancel", str(training_job(run, cluster)))
    finish_well(run, undisturbed, resumed=True)
    states = [job["JobState"] for job in cluster.jobs("train_model")]
    assert states[-2:] == ["CANCELLED", "COMPLETED"]
    survived("`scancel` of a training job", "submitted again, goes on from its checkpoint")


@torture
def test_killed_node(run, cluster, undisturbed) -> None:
    run.start()
    job = str(training_job(run, cluster))
    cluster.kill_node("gpu1")
    cluster.start_node("gpu1")
    # Slurm itself would start it two minutes later.
    until(lambda: cluster.in_state("train_model", "PENDING"), "queued again")
    cluster.call("scontrol", "update", f"jobid={job}", "starttime=now")
    finish_well(run, undisturbed, resumed=True)
    survived("a node dies under a training job", "queued again, goes on from its checkpoint")


@torture
def test_drained_node(run, cluster, undisturbed) -> None:
    cluster.set_node("gpu1", "drain")
    run.start()
    until(lambda: cluster.in_state("train_model", "PENDING"), "waiting for the node")
    cluster.set_node("gpu1", "resume")
    finish_well(run, undisturbed, resumed=False)
    survived("a node is drained, later resumed", "jobs wait")


@torture
def test_too_little_memory(run, cluster, undisturbed) -> None:
    """The shipped resources ask for more at each attempt; here the first is made too small."""
    run.start("--set-resources", "train_model:mem_mb=300 * attempt ** 2")
    finish_well(run, undisturbed, resumed=False)
    first, second = cluster.jobs("train_model")[-2:]
    assert first["JobState"] in (
        "OUT_OF_MEMORY",
        "FAILED",
    )  # as Slurm sees its batch script or step
    assert [job["MinMemoryNode"] for job in (first, second)] == ["300M", "1200M"]
    assert second["JobState"] == "COMPLETED"
    log = (cluster.folder / "log/slurmd.gpu1.log").read_text()
    step = rf"{first['JobId']}\.\d+ .*exceeded memory limit"
    assert re.search(step, log, re.IGNORECASE), log[-2000:]
    survived("a job is killed for its memory", "submitted again with more")


@torture
def test_out_of_time(run, cluster, undisturbed) -> None:
    # Some minutes, beside other tests a quarter of an hour: jobs of one minute until it is done.
    # Each attempt would ask for more memory.
    write_overlay(run.folder, epochs=1200)
    limits = ("train_model:runtime=1", "train_model:mem_mb=2000")
    run.start("--set-resources", *limits, "--retries", "20")
    assert run.finish(2400) == 0, run.messages[-5000:]
    states = [job["JobState"] for job in cluster.jobs("train_model")]
    assert states[-2:] == ["TIMEOUT", "COMPLETED"]
    assert "resumed at epoch" in (run.folder / LOG).read_text()
    alone = run.folder.with_name("alone")
    shutil.copytree(undisturbed, alone, symlinks=True)
    write_overlay(alone, epochs=1200)
    local = SlurmRun(alone, None, SAMPLES)
    local.start()
    assert local.finish() == 0, local.messages[-5000:]
    check_equal(run, alone)
    survived("a training job exceeds its time", "submitted again, goes on from its checkpoint")


@torture
def test_preempted(run, cluster, undisturbed) -> None:
    run.start()
    job = training_job(run, cluster)
    cluster.call("sbatch", "-p", "urgent", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 3")
    until(lambda: cluster.in_state("train_model", "PENDING"), "back in the queue")
    finish_well(run, undisturbed, resumed=True)
    assert cluster.jobs("train_model")[-1]["JobId"] == str(job)
    survived("a job is preempted and queued again", "goes on from its checkpoint")


@torture
def test_sbatch_fails_once(run, cluster, undisturbed, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    real, mark = cluster.folder / "bin/sbatch", tmp_path / "failed"
    script = programs / "sbatch"
    script.write_text(
        f"#!/bin/sh\n[ -e '{mark}' ] && exec {real} \"$@\"\ntouch '{mark}'\n"
        "echo 'sbatch: error: Batch job submission failed: Socket timed out' >&2\nexit 1\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    run.variables["PATH"] = f"{programs}:{run.variables['PATH']}"
    run.start()
    finish_well(run, undisturbed, resumed=False)
    assert mark.exists()
    assert "Socket timed out" in run.messages
    survived("`sbatch` fails once", "its message; submitted again")


@torture
def test_restarted_controller(run, cluster, undisturbed) -> None:
    run.start()
    training_job(run, cluster)
    cluster.stop_controller()
    try:
        with pytest.raises(subprocess.CalledProcessError):
            cluster.call("squeue")
    finally:
        cluster.start_controller()
    finish_well(run, undisturbed, resumed=False)
    survived("`slurmctld` is restarted", "nothing")


@torture
def test_killed_snakemake_has_no_second_writer(run, cluster, undisturbed) -> None:
    """The job of a killed Snakemake lives on; a new one must not train in the same folder."""
    write_overlay(run.folder, epochs=1800)
    process = run.start()
    first = training_job(run, cluster)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    run.start("--unlock")
    assert run.finish() == 0, run.messages[-3000:]
    run.start("--rerun-incomplete", "--retries", "0")
    assert run.finish() != 0
    assert f"Slurm job {first}" in (run.folder / LOG).read_text()
    assert "a living training run holds this checkpoint folder" in (run.folder / LOG).read_text()
    assert str(first) in [job["JobId"] for job in cluster.in_state("train_model", "RUNNING")]
    # What the README says to do.
    cluster.call("scancel", str(first))
    until(lambda: not cluster.in_state("train_model", "RUNNING"), "the old job's end")
    write_overlay(run.folder)
    run.start("--rerun-incomplete")
    finish_well(run, undisturbed, resumed=False)  # other settings: a checkpoint of its own
    survived(
        "Snakemake is killed and started again, its job still runs",
        "one line that names the job that trains there",
    )


@torture
def test_inside_an_allocation(run, cluster, undisturbed) -> None:
    """A user starts Snakemake in a job: the variables of that job must not reach others."""
    script = run.folder / "job.sh"
    lines = [f"export {name}='{value}'" for name, value in run.variables.items()]
    command = " ".join(f"'{word}'" for word in run.command())
    script.write_text("\n".join(["#!/bin/sh", *lines, f"exec {command} >snakemake.log 2>&1\n"]))
    options = ("--parsable", "-p", "cpu", "--mem=1000", "-D", str(run.folder))
    job = cluster.call("sbatch", *options, str(script)).strip()
    until(
        lambda: cluster.call("squeue", "-h", "-t", "all", "-j", job, "-o", "%T") == "COMPLETED\n",
        f"the end of job {job}",
        seconds=400,
    )
    assert "You are running snakemake in a SLURM job context" in run.messages
    check_equal(run, undisturbed)
    assert "node=gpu1" in (run.folder / LOG).read_text()
    survived("Snakemake is started inside a job", "a warning")


@torture
def test_site_that_wants_gres(run, cluster, undisturbed) -> None:
    write_overlay(run.folder, gres='"gpu:1"')
    run.start()
    finish_well(run, undisturbed, resumed=False)
    job = cluster.jobs("train_model")[-1]
    assert job["TresPerNode"] == "gres:gpu:1"
    assert "TresPerJob" not in job
    assert "CUDA_VISIBLE_DEVICES=0" in (run.folder / LOG).read_text()
    survived("a site that wants `--gres`", "nothing: `jobs: {gres: gpu:1}`")


@torture
def test_nodes_without_network_or_home(run, cluster, undisturbed) -> None:
    """Compute nodes that reach nothing, with a HOME on which even root cannot write."""
    if subprocess.run(["unshare", "--net", "true"], check=False).returncode != 0:
        pytest.skip("needs the right to make network namespaces")
    srun = cluster.folder / "bin/srun"
    before = srun.read_text()
    srun.write_text(
        '#!/bin/bash\noptions=()\nwhile [[ $1 == -* ]]; do options+=("$1"); shift; done\n'
        f'SLURM_CONF={cluster.folder}/slurm.conf exec {shutil.which("srun")} "${{options[@]}}" '
        'env HOME=/sys unshare --net "$@"\n'
    )
    try:
        run.start()
        finish_well(run, undisturbed, resumed=False)
    finally:
        srun.write_text(before)
    survived("nodes without network, HOME read-only", "nothing: `XDG_CACHE_HOME` is set")
