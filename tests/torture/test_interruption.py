"""A run whose jobs are killed at random moments ends as one that is left alone."""

from pathlib import Path

import pytest
from interruption import KilledRun, durations
from projects import Project, undisturbed_run
from reliability import Row, is_whole, record
from run_outputs import FIGURES, left_behind, outputs

KILLS = 100 if is_whole() else 12
OF_SNAKEMAKE = 3  # of these
TARGETS = ["all"] if is_whole() else ["results/test/metrics/jets_signal_wasserstein.parquet"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run that is left alone."""
    return undisturbed_run(tmp_path_factory, *TARGETS)


def test_a_run_that_is_killed_again_and_again_ends_alike(tmp_path: Path, undisturbed: Path) -> None:
    project = Project(tmp_path / "a copy")
    folder = project.folder
    jobs = project.planned_jobs(*TARGETS)
    run = KilledRun(
        folder, TARGETS, KILLS - OF_SNAKEMAKE, jobs=jobs, durations=durations(undisturbed)
    )
    status = run.run()
    story = run.story
    print(f"{story.kills} kills, of {len(story.rules)} of {len(run.rules)} rules: {story}")
    assert status == 0, story.output[-3000:]
    assert story.snakemakes.total() == OF_SNAKEMAKE, "a run ended before it was to be killed"
    assert story.kills >= KILLS, "the run ended before it was killed often enough"
    assert len(run.rules) >= (60 if is_whole() else 5)
    assert run.durations.keys() == jobs.keys()
    assert story.rules == run.rules
    assert story.after_checkpoint, "no training run was killed after its first checkpoint"
    assert story.resumed & set(story.after_checkpoint), "none went on from its checkpoint"
    assert not story.orphans
    assert left_behind(folder / "results") == []
    # Snakemake and torch make folders of their own there, which stay empty.
    assert [path for path in run.temporary.rglob("*") if path.is_file()] == []
    assert list(run.temporary.glob(".darkpixel*")) == []
    for part in ("locks", "incomplete"):
        assert list((folder / ".snakemake").glob(f"{part}/*")) == []
    found, expected = outputs(folder, FIGURES), outputs(undisturbed, FIGURES)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []
    record(
        Row(
            "Killed at a random moment",
            "a job of every rule (TERM, INT, KILL), or Snakemake with all of them",
            story.kills,
            story.kills,
            "the same outputs, once it is started again; logs say what was resumed",
        )
    )
