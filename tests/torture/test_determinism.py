"""The same configuration gives the same bytes, on however many cores and wherever it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from projects import Project, undisturbed_run
from reliability import Row, record, torture
from run_outputs import FIGURES, outputs

pytestmark = torture

TARGETS = (
    "results/test/tables/sarm/table1_jet_wasserstein.csv",
    "results/test/tables/sarm/table3_muon_wasserstein.csv",
    "results/test/tables/lartpc/table4_kl_by_checkpoint.csv",
    "results/test/figures/sarm/fig08_jet_observables.png",
    "results/test/figures/lartpc/fig01_generated_and_training.png",
)
MODEL = "results/test/models/jets/signal/pixelcnnpp/seed1/model.safetensors"
THREADS = "jobs: {{training_threads: {}}}\n"
PYTHONS = os.environ.get("DARKPIXEL_PYTHONS", "").split()
"""Interpreters of other versions, with the lock installed: `make torture PYTHONS=...`."""


def run(folder: Path, *, cores: int = 2, hash_seed: int = 0, python: str = "") -> dict[str, str]:
    """Digests of all that a run leaves, figures too."""
    project = Project(folder)
    project.python = python or project.python
    done = project.snakemake(
        *(*TARGETS, "--cores", str(cores), "--configfile", "config/test.yaml"),
        PYTHONHASHSEED=str(hash_seed),
    )
    assert done.returncode == 0, done.stdout[-3000:]
    found = outputs(folder, FIGURES)
    assert sum(name.endswith(".png") for name in found) >= 2
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return of_targets(undisturbed_run(tmp_path_factory, "all"))


def of_targets(folder: Path) -> dict[str, str]:
    """Of a whole run, digests of what the targets need."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *TARGETS, "--summary", "--nolock",
         "--configfile", "config/test.yaml"],
        cwd=folder, env=os.environ | {"PYTHONPATH": ""}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    needed = {
        line.split("\t")[0].removeprefix("results/test/") for line in done.stdout.splitlines()
    }
    return {
        name: found
        for name, found in outputs(folder, FIGURES).items()
        # a training run leaves snapshots beside the model, which no rule names
        if name in needed or f"{Path(name).parent}/model.safetensors" in needed
    }


def check(what: str, found: dict[str, str], expected: dict[str, str]) -> None:
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []
    record(Row("Same run again", what, len(found), len(found), "files with the same bytes"))


@pytest.mark.parametrize("cores", [1, 4])
def test_other_cores_elsewhere(cores: int, tmp_path: Path, expected: dict[str, str]) -> None:
    """Another folder and another seed of Python's hashes, too."""
    found = run(tmp_path / f"moved, on {cores}", cores=cores, hash_seed=cores)
    check(f"in another folder on {cores} core(s), another PYTHONHASHSEED", found, expected)


def test_a_training_has_its_threads_on_any_cores(tmp_path: Path) -> None:
    """What `jobs.training_threads` promises, of a model whose weights depend on it."""

    def trained(project: Project, cores: int, *options: str) -> bytes:
        done = project.snakemake(
            *(MODEL, "--cores", str(cores), "--configfile", "config/test.yaml", *options)
        )
        assert done.returncode == 0, done.stdout[-3000:]
        return (project.folder / MODEL).read_bytes()

    projects = {cores: Project(tmp_path / f"on {cores}") for cores in (1, 2)}
    for project in projects.values():
        project.edit("config/test.yaml", "run: test\n", f"run: test\n{THREADS.format(2)}")
    on_one, on_two = (trained(project, cores) for cores, project in projects.items())
    assert on_one == on_two
    # With one thread it is another model, so that equal bytes above say something.
    projects[2].edit("config/test.yaml", THREADS.format(2), THREADS.format(1))
    assert trained(projects[2], 2, "--forcerun", "train_model") != on_two
    what = "pixelcnnpp trained with 2 threads, on 1 core and on 2"
    record(Row("Same run again", what, 1, 1, "files with the same bytes"))


@pytest.mark.parametrize("python", PYTHONS)
def test_other_pythons(python: str, tmp_path: Path, expected: dict[str, str]) -> None:
    found = run(tmp_path / "a copy", python=python)
    check(f"with {Path(python).parents[1].name.removeprefix('.venv-')}", found, expected)
