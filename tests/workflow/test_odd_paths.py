"""A checkout and a user's file may be called as users call them: quotes, `$`, `#`, accents."""

import h5py
import numpy as np
import pytest
import yaml
from odd_names import EVERY_ODDITY, ODD_NAMES
from plans import make_plan
from projects import Project

from darkpixel.errors import DarkpixelError

JOINT = "results/test/data/jets/joint/train.h5"


def test_a_run_in_a_folder_that_is_called_oddly(tmp_path):
    project = Project(tmp_path / EVERY_ODDITY)
    own = project.folder / f"{EVERY_ODDITY}.h5"
    images = np.random.default_rng(1).exponential(size=(400, 12, 12))
    with h5py.File(own, "w") as file:
        file["images"] = images
    overlay = project.folder / f"{EVERY_ODDITY}.yaml"
    data = {"source": "file", "file": {"signal": own.name, "background": str(own)}}
    overlay.write_text(yaml.safe_dump({"run": "test", "datasets": {"jets": data}}))
    done = project.snakemake(
        JOINT, "--cores", "2", "--configfile", "config/test.yaml", overlay.name
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Traceback" not in done.stdout
    with h5py.File(project.folder / JOINT) as file:
        kept = file["images"][:].reshape(320, -1)
    known = {image.tobytes() for image in images.astype(np.float32).reshape(400, -1)}
    assert {image.tobytes() for image in kept} <= known


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_that_is_called_oddly_is_planned(tmp_path, name):
    files = {"signal": str(tmp_path / name), "background": str(tmp_path / name / "b.h5")}
    with pytest.raises(DarkpixelError, match=r"signal: no file .*; correct the path$"):
        make_plan(datasets={"jets": {"source": "file", "file": files}})
    (tmp_path / name).touch()
    with pytest.raises(DarkpixelError, match="background: no file "):
        make_plan(datasets={"jets": {"source": "file", "file": files}})


def test_a_folder_that_no_log_could_show_is_refused(tmp_path):
    project = Project(tmp_path / "two\nlines")
    done = project.run("-n", JOINT)
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if "rename the folder" in line]
    assert len(lines) == 1
    assert r"darkpixel: folder of the project: " in lines[0]
    assert r"two\nlines has the character '\n'" in lines[0]
