"""Compiled code of the simulator: kept where it can be, and renewed when a file changes."""

import shutil
from pathlib import Path

import pytest

from darkpixel.simulation.argon import kernels as argon_kernels


def test_compiled_code_is_kept_where_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = argon_kernels._cache_folder.__wrapped__
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "chosen"))
    chosen = folder()
    assert chosen is not None
    assert chosen.parent == tmp_path / "chosen"
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert folder() is None


@pytest.mark.parametrize("changed", ["physics.py", "hadrons.py", "record.py"])
def test_compiled_code_is_renewed_when_any_file_of_the_simulator_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    sources = Path(argon_kernels.__file__).parent
    copy = tmp_path / "argon"
    shutil.copytree(sources, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "compiled"))
    monkeypatch.setattr(argon_kernels, "__file__", str(copy / "kernels.py"))
    folder = argon_kernels._cache_folder.__wrapped__
    before = folder()
    assert folder() == before
    with (copy / changed).open("a") as file:
        file.write("# another physics\n")
    assert folder() != before
