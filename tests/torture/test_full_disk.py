"""A disk that is full at one write after another, that cannot be written, that is another one."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import Project, undisturbed_run
from reliability import Row, is_whole, record, torture
from run_outputs import left_behind, outputs
from small_disk import SmallDisk

# In a part, one data set of jets; in whole every kind of file that a job writes.
_ONE = "results/test/metrics/jets_signal_wasserstein.parquet"
_MORE = (
    "results/test/tables/lartpc/table4_kl_by_checkpoint.csv",
    "results/test/figures/lartpc/fig01_generated_and_training.png",
)
TARGETS = [_ONE, *_MORE] if is_whole() else [_ONE]
FULL = 12 if is_whole() else 2
"""How often the disk is to be full, at least about: temporary files need space, too."""
_MOST = 3 * FULL


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.unmount()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project whose disk was large enough."""
    return undisturbed_run(tmp_path_factory, *TARGETS)


def test_a_disk_that_is_full_again_and_again(
    tmp_path: Path, disk: SmallDisk, undisturbed: Path
) -> None:
    """Each time it is given a little more, the run goes on from what is whole."""
    expected = outputs(undisturbed)
    needed = sum(path.stat().st_blocks for path in (undisturbed / "results").rglob("*")) // 2
    chance = random.Random(0)
    project = Project(tmp_path / "a copy")
    size = needed // FULL  # KiB
    disk.mount(size)
    (project.folder / "results").symlink_to(disk.folder)
    failures = 0
    while (done := project.run(*TARGETS, "--rerun-incomplete")).returncode != 0:
        failures += 1
        assert failures <= _MOST, done.stdout[-3000:]
        story = f"{size} KiB: {done.stdout[-3000:]}"
        assert "disk full" in done.stdout or "No space left on device" in done.stdout, story
        assert "Traceback" not in done.stdout, story
        found = outputs(project.folder)
        assert {name: found[name] for name in found} == {name: expected[name] for name in found}
        hidden = [name for name in left_behind(disk.folder) if "checkpoints" not in name]
        assert hidden == [], story
        size += int(needed / FULL * chance.uniform(0.5, 1.5))
        disk.remount(f"size={size}k")
    assert failures >= FULL // 2
    assert outputs(project.folder) == expected
    assert left_behind(disk.folder) == []
    record(
        Row(
            "Disk",
            "full in the middle of a run",
            failures,
            failures,
            "one line; the run goes on once there is space",
        )
    )


@torture
def test_results_that_cannot_be_written(tmp_path: Path, disk: SmallDisk, undisturbed: Path) -> None:
    """A disk that is mounted read-only: even root cannot write there."""
    disk.mount(1000000)
    shutil.copytree(undisturbed / "results", disk.folder, dirs_exist_ok=True)
    before = outputs(undisturbed)
    project = Project(tmp_path / "a copy")
    (project.folder / "results").symlink_to(disk.folder)
    for part in ("models/jets/signal/sarm2_dd", "samples/jets/signal/sarm2_dd"):
        shutil.rmtree(disk.folder / "test" / part)
    for rows in (disk.folder / "test/metrics").glob("jets_signal_*"):
        rows.unlink()
    disk.remount("ro")
    done = project.run(*TARGETS)
    assert done.returncode != 0
    # A line of the operating system's, of ours, or of Snakemake's where a file is there already.
    told = ("Read-only file system", "cannot be written", "Write-protected output files")
    assert any(line in done.stdout for line in told), done.stdout[-3000:]
    assert "Traceback" not in done.stdout, done.stdout[-3000:]
    disk.remount("rw")
    done = project.run(*TARGETS, "--rerun-incomplete")
    assert done.returncode == 0, done.stdout[-3000:]
    assert outputs(project.folder) == before
    record(Row("Disk", "mounted read-only", 1, 1, "one line"))


@torture
def test_home_and_temporary_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Even root cannot write in /sys; caches go where XDG_CACHE_HOME says, as the README does."""
    project = Project(tmp_path / "a copy")
    variables = {"HOME": "/sys", "TMPDIR": "/sys", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = project.run("results/test/tables/sarm/quantisation.csv", **variables)
    assert done.returncode == 0, done.stdout[-3000:]
    seen = "nothing, if `XDG_CACHE_HOME` is set, as `make` does"
    record(Row("Disk", "HOME and TMPDIR cannot be written", 1, 1, seen))


@torture
def test_two_snakemakes_at_once(tmp_path: Path) -> None:
    project = Project(tmp_path / "a copy")
    target = "results/test/data/jets/signal/train.h5"
    arguments = ["--cores", "1", "--configfile", "config/test.yaml", "--", target]
    first = subprocess.Popen(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert first.stdout is not None
        for line in first.stdout:
            if line.startswith(("rule simulate_jets", "localrule")):
                break
        second = project.snakemake(*arguments)
    finally:
        rest, _ = first.communicate(timeout=120)
    assert first.returncode == 0, rest
    assert second.returncode != 0
    assert "Traceback" not in second.stdout
    assert "lock" in second.stdout.lower()
    record(Row("Snakemake", "two at once in a folder", 1, 1, "its line about the lock"))
