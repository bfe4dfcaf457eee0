"""A run whose jobs are killed at random moments ends as one that is left alone."""

from pathlib import Path

import pytest
from interruption import KilledRun, left_behind, outputs
from projects import Project, undisturbed_run
from reliability import Row, is_whole, record

KILLS = 100 if is_whole() else 9
TARGETS = ["all"] if is_whole() else ["results/test/metrics/jets_signal_wasserstein.parquet"]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Outputs of the run that is left alone."""
    return outputs(undisturbed_run(tmp_path_factory, *TARGETS))


def test_a_run_that_is_killed_again_and_again_ends_alike(
    tmp_path: Path, expected: dict[str, str]
) -> None:
    folder = Project(tmp_path / "a copy").folder
    arguments = [*TARGETS, "--cores", "2", "--configfile", "config/test.yaml"]
    run = KilledRun(folder, arguments, KILLS, share=0.9)
    status = run.run()
    story = run.story
    scripts = {script for script, _ in story.jobs}
    print(f"{story.kills} kills, of {len(scripts)} scripts: {story.jobs}, {story.snakemakes}")
    assert status == 0, story.output[-3000:]
    assert story.kills >= 0.9 * KILLS, "the run ended before it was killed often enough"
    assert not story.orphans
    assert left_behind(folder / "results") == []
    found = outputs(folder)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []
    record(
        Row(
            "Killed at a random moment",
            "a job (TERM, INT, KILL), or Snakemake with all of them",
            story.kills,
            story.kills,
            "the same outputs, once it is started again",
        )
    )
