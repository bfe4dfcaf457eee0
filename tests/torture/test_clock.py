"""A clock that is set back in the middle of a run."""

import os
import re
import subprocess
import time
from pathlib import Path

from projects import Project
from reliability import Row, record, torture
from run_outputs import outputs

pytestmark = torture

IMAGES = "results/test/data/muons/signal/train.h5"
WEIGHTS = "results/test/models/muons/signal/sarm2_dd/seed1/model.safetensors"


def test_a_clock_that_is_set_back_by_a_day(tmp_path: Path) -> None:
    """What is there is then of tomorrow; the message says what to do, and that is enough."""
    alone, project = Project(tmp_path / "alone"), Project(tmp_path / "a copy")
    assert alone.run(WEIGHTS).returncode == 0
    assert project.run(IMAGES).returncode == 0
    tomorrow = time.time() + 86400
    for path in (project.folder / "results").rglob("*"):
        os.utime(path, (tomorrow, tomorrow))
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
    assert outputs(project.folder) == outputs(alone.folder)
    record(
        Row("Clock", "set back by a day", 1, 1, "one line with what to do, before the first job")
    )
