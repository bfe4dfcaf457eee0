"""Models and data sets are found by name; their settings are read without importing torch."""

import subprocess
import sys

import pytest
from repository import CONFIG

import darkpixel.datasets
import darkpixel.models
from darkpixel.config.discovery import data_names, model_module, model_names, model_settings
from darkpixel.errors import DarkpixelError

SHIPPED = (
    "classifier", "lagan", "pixelcnnpp", "sarm", "sparse_classifier", "ssnet", "vqvae",
    "vqvae_pixelcnn",
)  # fmt: skip
SETTINGS = "from darkpixel.config import base\nclass Settings(base.Settings):\n    width: int = 3\n"


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder in which further models are found; named as the shipped one."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(darkpixel.models, "__path__", [*darkpixel.models.__path__, str(folder)])
    yield folder
    for name in [name for name in sys.modules if name.startswith("darkpixel.models.toy_")]:
        del sys.modules[name]


def width(name: str) -> int:
    found: int = model_settings(name).model_validate({}).model_dump()["width"]
    return found


def message(name: str) -> str:
    with pytest.raises(DarkpixelError) as error:
        model_settings(name)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_shipped_models_are_folders_and_no_custom_data_set_is_shipped():
    assert set(SHIPPED) <= set(model_names())
    assert all(model_module(name) == f"darkpixel.models.{name}.model" for name in SHIPPED)
    assert data_names() == ()


def test_a_folder_and_a_file_are_found_by_name(models):
    (models / "toy_folder").mkdir()
    (models / "toy_folder/settings.py").write_text(SETTINGS)
    (models / "toy_file.py").write_text(SETTINGS.replace("3", "4"))
    (models / "toy_without.py").write_text("class Other:\n    pass\n")
    assert {"toy_folder", "toy_file"} <= set(model_names())
    assert "toy_without" not in model_names()
    assert (width("toy_folder"), width("toy_file")) == (3, 4)
    assert model_module("toy_folder") == "darkpixel.models.toy_folder.model"
    assert model_module("toy_file") == "darkpixel.models.toy_file"


def test_an_edited_file_is_read_again(models):
    path = models / "toy_file.py"
    path.write_text(SETTINGS)
    assert width("toy_file") == 3
    path.write_text(SETTINGS.replace("3", "44"))
    assert width("toy_file") == 44


def test_a_name_that_no_file_has_is_a_key_error():
    for function in (model_settings, model_module):
        with pytest.raises(KeyError):
            function("toy_nothing")


@pytest.mark.parametrize("path", ["toy_broken.py", "toy_broken/settings.py"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_that_name\n" + SETTINGS, "ModuleNotFoundError: No module named"),
        (SETTINGS.replace("int = 3", "Nonsense = 3"), "NameError"),
        ("class Settings:\n    pass\n", "must be a subclass of darkpixel.config.base.Settings"),
    ],
)
def test_a_broken_file_ends_in_one_line(models, path, text, words):
    (models / path).parent.mkdir(exist_ok=True)
    (models / path).write_text(text)
    assert message("toy_broken").startswith(f"{models / path}: ")
    assert words in message("toy_broken")


def test_a_settings_file_without_the_class_ends_in_one_line(models):
    (models / "toy_empty").mkdir()
    (models / "toy_empty/settings.py").write_text("")
    assert "class Settings must be" in message("toy_empty")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"class Settings(:\n", "line 1: "), (b"\xff\xfe", "cannot be read as Python")],
)
def test_a_file_that_is_not_python_ends_in_one_line(models, content, words):
    (models / "toy_broken.py").write_bytes(content)
    with pytest.raises(DarkpixelError, match=words) as error:
        model_names()
    assert str(models / "toy_broken.py") in str(error.value)
    assert "\n" not in str(error.value)


def test_a_run_is_loaded_without_torch():
    """In a fresh process: names, every model's settings, and each shipped configuration."""
    program = f"""
import sys
from pathlib import Path
from darkpixel.config.discovery import data_names, model_names, model_settings
from darkpixel.config.loading import load_run, read_yaml

data_names()
for name in model_names():
    model_settings(name)
base = Path({str(CONFIG)!r}) / "config.yaml"
for overlay in ("study", "paper", "test"):
    files = [base, base.with_name(overlay + ".yaml")]
    load_run(read_yaml(*files), files)
assert "torch" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
