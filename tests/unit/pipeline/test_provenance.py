"""Digests: what changes them and what must not."""

import shutil
import subprocess
import sys

import pytest

from darkpixel.formats.digests import settings_digest
from darkpixel.pipeline import provenance
from darkpixel.pipeline.provenance import import_closure, script_closure, script_digest


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A copy of the library whose files a test may edit."""
    copy = tmp_path / "darkpixel"
    shutil.copytree(provenance.SOURCE, copy)
    monkeypatch.setattr(provenance, "SOURCE", copy)
    provenance.forget()
    yield copy
    provenance.forget()


@pytest.fixture
def script(tmp_path):
    """A script that imports one module of the library, and one for type checkers alone."""
    path = tmp_path / "measure_this.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "from darkpixel.metrics.rows import wasserstein_rows\n"
        "if TYPE_CHECKING:\n    from darkpixel.figures.style import look\n"
    )
    return path


def write(path, text):
    """Edit a module as if between two runs of Snakemake: nothing is remembered."""
    path.write_text(text)
    provenance.forget()


def test_closure_follows_imports():
    closure = import_closure("metrics.rows")
    assert {"metrics.rows", "metrics.wasserstein", "metrics.uncertainty"} <= closure
    assert "training.loop" not in closure
    assert "simulation.jets.simulation" not in closure


def test_closure_holds_all_that_python_imports():
    """Against Python itself: what is loaded after the import, but for what is neutral."""
    modules = ("studies.simulation_speed", "figures.sarm.roc", "datasets.lartpc")
    for module in modules:
        code = f"import darkpixel.{module}, sys; print(*sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        loaded = {name for name in done.stdout.split() if name.startswith("darkpixel.")}
        loaded = {name.removeprefix("darkpixel.") for name in loaded}
        assert {name for name in loaded if provenance._counts(name)} == import_closure(module)


def test_closure_leaves_out_what_cannot_change_a_result():
    closure = import_closure("training.loop", "simulation.jets.simulation", "models.sarm.model")
    assert not [name for name in closure if name.startswith("config") or name == "formats.files"]


def test_a_scripts_closure_leaves_out_what_only_type_checkers_read(script):
    assert script_closure(script) == import_closure("metrics.rows")


def test_modules_found_by_name_count_with_what_they_import(script):
    named = script_closure(script, "models.sarm.model")
    assert named == import_closure("metrics.rows", "models.sarm.model")
    assert script_digest(script) != script_digest(script, "models.sarm.model")


def test_simulation_does_not_depend_on_models_or_measures():
    assert not [
        name
        for name in import_closure("simulation.jets.simulation")
        if name.startswith(("models", "metrics", "training"))
    ]


def test_statement_in_an_imported_module_changes_the_digest(library, script):
    before = script_digest(script)
    path = library / "metrics" / "wasserstein.py"
    write(path, path.read_text() + "\nEXTRA = 1\n")
    assert script_digest(script) != before


def test_statement_in_another_module_does_not(library, script):
    before = script_digest(script)
    path = library / "figures" / "style.py"
    write(path, path.read_text() + "\nEXTRA = 1\n")
    assert script_digest(script) == before


def test_statement_in_the_script_changes_the_digest(script):
    before = script_digest(script)
    write(script, script.read_text() + "EXTRA = 1\n")
    assert script_digest(script) != before


def test_code_in_a_folders_init_counts(library, script):
    before = script_digest(script)
    write(library / "metrics" / "__init__.py", "EXTRA = 1\n")
    assert script_digest(script) != before


def test_comments_docstrings_and_formatting_do_not_count(library, script):
    before = script_digest(script)
    path = library / "metrics" / "kinematics.py"
    text = path.read_text().replace('"""Transverse momentum', '"""Another opening. Transverse')
    assert text != path.read_text()
    write(path, text + "\n\n# a comment\n")
    assert script_digest(script) == before


def test_the_description_of_a_setting_does_not_count_but_its_default_does(library, script):
    path = library / "models" / "sarm" / "settings.py"
    text = path.read_text()
    before = script_digest(script, "models.sarm.model")
    write(path, text.replace('description="generate the centre first', 'description="first of all'))
    assert path.read_text() != text
    assert script_digest(script, "models.sarm.model") == before
    write(path, text.replace("centre_first: bool = Field(True", "centre_first: bool = Field(False"))
    assert path.read_text() != text
    assert script_digest(script, "models.sarm.model") != before


def test_where_the_checkout_lies_does_not_count(script, tmp_path):
    other = tmp_path / "elsewhere" / script.name
    other.parent.mkdir()
    shutil.copy(script, other)
    assert script_digest(other) == script_digest(script)


def test_unknown_module_is_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"metrics\.nothing"):
        import_closure("metrics.nothing")


def test_settings_digest_ignores_the_order_of_keys():
    assert settings_digest({"a": 1, "b": [1, 2]}) == settings_digest({"b": [1, 2], "a": 1})
    assert settings_digest({"a": 1}) != settings_digest({"a": 2})
