"""Pythia's data are found wherever the package is, and where they are not it says so."""

import os
import shutil
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.simulation import pythia

DATA = "PYTHIA8DATA"
RECIPE = ["Print:quiet = on", "ProcessLevel:all = off"]


def start() -> object:
    return pythia.start(import_module("pythia8mc"), "muons", RECIPE, [], 1, "it does not start")


def test_the_data_are_those_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA, raising=False)
    start()
    assert (Path(os.environ[DATA]) / "Index.xml").is_file()


def test_data_of_another_pythia_are_not_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(DATA, str(tmp_path))
    start()
    assert (Path(os.environ[DATA]) / "Index.xml").is_file()


def test_a_package_without_data_takes_those_that_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pythia, "_installed_data", lambda module: None)
    monkeypatch.setenv(DATA, str(tmp_path))
    with pytest.raises(DarkpixelError) as error:
        start()
    assert os.environ[DATA] == str(tmp_path)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("muons: Pythia 8 does not find its data")
    assert f"{DATA} at {tmp_path}; set it to" in message


def test_data_beside_the_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = SimpleNamespace(__file__=str(tmp_path / "pythia8mc.so"))

    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", absent)
    assert pythia._installed_data(module) is None
    index = tmp_path / "share" / "Pythia8" / "xmldoc" / "Index.xml"
    index.parent.mkdir(parents=True)
    index.touch()
    assert pythia._installed_data(module) == index.parent.resolve()


def test_a_package_in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `pip install --target` leaves it, for an interpreter that knows no other one."""
    monkeypatch.delenv(DATA, raising=False)
    module = Path(str(import_module("pythia8mc").__file__))
    shutil.copy(module, tmp_path / module.name)
    data = pythia._installed_data(import_module("pythia8mc"))
    assert data is not None
    (tmp_path / "share").symlink_to(data.parents[1])
    source = Path(pythia.__file__).parents[2]
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(source)!r}]\n"
        "import pythia8mc\n"
        "from darkpixel.simulation import pythia\n"
        f"pythia.start(pythia8mc, 'muons', {RECIPE}, [], 1, '')\n"
    )
    # Not the interpreter of the virtual environment: in its folder Pythia looks by itself.
    command = [os.path.realpath(sys.executable), "-I", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stdout
