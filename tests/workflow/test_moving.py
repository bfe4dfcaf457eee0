"""Results stay valid when the checkout moves, and when its sources are fetched anew."""

import os
import shutil
import time

import pytest
from planning import planned

HOUR = 3600.0


@pytest.fixture(scope="module")
def done(tmp_path_factory, copy_project):
    """A project whose jobs Snakemake takes for done: their results are there, empty."""
    project = copy_project(tmp_path_factory.mktemp("done") / "here")
    then = time.time() - HOUR
    for job in planned(folder=project.folder).jobs:
        for output in job.outputs:
            path = project.folder / output
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (then, then))
    touched = project.run("all", "--touch", "--forceall")
    assert touched.returncode == 0, touched.stdout[-3000:]
    return project


def test_a_finished_run_has_nothing_to_do(done):
    assert done.planned_rules() == set()


def test_a_changed_key_is_seen_in_a_finished_run(done):
    """The test above could not fail if nothing were recorded."""
    done.edit("config/test.yaml", "  floor_splits: 4", "  floor_splits: 5")
    planned_now = done.planned_rules()
    done.edit("config/test.yaml", "  floor_splits: 5", "  floor_splits: 4")
    assert {"measure_samples", "tabulate_wasserstein"} <= planned_now
    assert not {"measure_two_sample", "train_model", "measure_distances"} & planned_now


def test_a_moved_checkout_has_nothing_to_do(done, tmp_path, copy_project):
    """The sources as a fresh clone has them, younger than the results."""
    moved = copy_project(tmp_path / "elsewhere")
    for part in ("results", ".snakemake"):
        shutil.copytree(done.folder / part, moved.folder / part)
    for path in moved.folder.glob("workflow/scripts/*.py"):
        path.touch()
    assert moved.planned_rules() == set()
