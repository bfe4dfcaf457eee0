"""A clock that is set back or forward between two runs of a folder, a day each way.

Nobody can set the clock under one run alone; what a run sees of it are the dates of files. So the
files of a first run, which stopped halfway, are dated anew, and a second run goes on from them.
"""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from projects import Project
from reliability import Row, record, torture
from run_outputs import outputs

pytestmark = torture

IMAGES = "results/test/data/muons/signal/train.h5"
WEIGHTS = "results/test/models/muons/signal/sarm2_dd/seed1/model.safetensors"
DAY = 86400.0


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    alone = Project(tmp_path_factory.mktemp("clock") / "alone")
    assert alone.run(WEIGHTS).returncode == 0
    return outputs(alone.folder)


def halfway(folder: Path, moved: float) -> Project:
    """A project with images, whose clock has been moved by so many seconds since."""
    project = Project(folder / "a copy")
    assert project.run(IMAGES).returncode == 0
    then = time.time() - moved
    for path in (project.folder / "results").rglob("*"):
        os.utime(path, (then, then))
    return project


def test_a_clock_that_is_set_back_by_a_day(tmp_path: Path, expected: dict[str, str]) -> None:
    """What is there is then of tomorrow; the message says what to do, and that is enough."""
    project = halfway(tmp_path, -DAY)
    before = outputs(project.folder)
    done = project.run(WEIGHTS)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    assert not (project.folder / WEIGHTS).exists()
    assert outputs(project.folder) == before
    (remedy,) = re.findall(r"date them anew: (find .*)", done.stdout)
    subprocess.run(remedy, shell=True, check=True, cwd=project.folder)
    done = project.run(WEIGHTS)
    assert done.returncode == 0, done.stdout[-3000:]
    assert outputs(project.folder) == expected
    record(
        Row("Clock", "set back by a day", 1, 1, "one line with what to do, before the first job")
    )


def test_a_clock_that_is_set_forward_by_a_day(tmp_path: Path, expected: dict[str, str]) -> None:
    """What is there is of yesterday, which is nothing special: it is not made again."""
    project = halfway(tmp_path, DAY)
    made = (project.folder / IMAGES).stat().st_mtime
    done = project.run(WEIGHTS)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (project.folder / IMAGES).stat().st_mtime == made
    assert outputs(project.folder) == expected
    record(Row("Clock", "set forward by a day", 1, 1, "nothing"))
