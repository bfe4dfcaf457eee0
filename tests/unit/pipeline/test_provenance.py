"""Digests: what changes them and what must not."""

import shutil

import pytest

from darkpixel.formats.digests import settings_digest
from darkpixel.pipeline import provenance
from darkpixel.pipeline.provenance import code_digest, import_closure


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A copy of the library whose files a test may edit."""
    copy = tmp_path / "darkpixel"
    shutil.copytree(provenance.SOURCE, copy)
    monkeypatch.setattr(provenance, "SOURCE", copy)
    return copy


def write(path, text):
    """Edit a module as if between two runs of Snakemake: nothing is remembered."""
    path.write_text(text)
    provenance._module_digest.cache_clear()
    provenance._imports.cache_clear()


def test_closure_follows_imports():
    closure = import_closure("metrics.rows")
    assert {"metrics.rows", "metrics.wasserstein", "metrics.uncertainty"} <= closure
    assert "training.loop" not in closure
    assert "simulation.jets.simulation" not in closure


def test_closure_leaves_out_what_cannot_change_a_result():
    closure = import_closure("training.loop", "simulation.jets.simulation", "models.sarm.model")
    assert not [name for name in closure if name.startswith("config") or name == "formats.files"]


def test_training_depends_on_neither_tables_nor_names():
    closure = import_closure("training.loop", "models.sarm.model", "training.monitors.observables")
    assert not closure & {"metrics.names", "metrics.rows", "metrics.observables"}


def test_what_trains_or_times_knows_no_published_number_and_no_layout():
    names = ("classifiers", "density", "search", "simulation_speed", "speed", "widths")
    closure = import_closure(*(f"studies.{name}" for name in (*names, "two_sample_network")))
    assert "metrics.published" not in closure
    assert not [name for name in closure if name.startswith(("tables", "figures"))]


def test_simulation_does_not_depend_on_models_or_measures():
    assert not [
        n
        for n in import_closure("simulation.jets.simulation")
        if n.startswith(("models", "metrics", "nn"))
    ]


def test_statement_in_an_imported_module_changes_the_digest(library):
    before = code_digest("metrics.rows"), code_digest("simulation.jets.simulation")
    path = library / "metrics" / "wasserstein.py"
    write(path, path.read_text() + "\nEXTRA = 1\n")
    after = code_digest("metrics.rows"), code_digest("simulation.jets.simulation")
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_comments_docstrings_and_formatting_do_not(library):
    before = code_digest("metrics.kinematics")
    path = library / "metrics" / "kinematics.py"
    text = path.read_text().replace('"""Transverse momentum', '"""Another opening. Transverse')
    write(path, text + "\n\n# a comment\n")
    assert code_digest("metrics.kinematics") == before


def test_unknown_module_is_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"metrics\.nothing"):
        code_digest("metrics.nothing")


def test_settings_digest_ignores_the_order_of_keys():
    assert settings_digest({"a": 1, "b": [1, 2]}) == settings_digest({"b": [1, 2], "a": 1})
    assert settings_digest({"a": 1}) != settings_digest({"a": 2})
