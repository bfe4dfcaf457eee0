"""The command `darkpixel`."""

from pathlib import Path

import numpy as np
import pytest
import torch

from darkpixel.cli import main
from darkpixel.data.image_file import ImageFile, ImageWriter
from darkpixel.models.base import build_model, save_model

CONFIG = Path(__file__).resolve().parents[2] / "config"
ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


def write_images(path, count=60, seed=1):
    images = np.random.default_rng(seed).exponential(size=(count, 6, 6)).astype(np.float32)
    with ImageWriter(
        path, height=6, width=6, split="test", source="test", seed=0, config_digest="0", **ABOUT
    ) as writer:
        writer.append(images)
    return str(path)


@pytest.fixture
def folder(tmp_path):
    model = build_model({"model": "sarm", "layers": 1, "units": 16}, (6, 6), seed=1)
    model.fit_to_data(lambda: iter([torch.rand(64, 6, 6) * 9]))
    save_model(model, tmp_path / "model", images=ABOUT, digest="0")
    return str(tmp_path / "model")


def test_check(capsys):
    assert main(["check", str(CONFIG / "config.yaml")]) == 0
    assert "run 'demo': jets" in capsys.readouterr().out


def test_sample_then_evaluate_then_show(folder, tmp_path, capsys):
    made = str(tmp_path / "made.h5")
    assert main(["sample", folder, made, "-n", "40", "--seed", "3"]) == 0
    with ImageFile(made) as file:
        assert file.shape == (40, 6, 6)
        assert file.attributes["pixel_size"] == 0.1
    assert main(["evaluate", made, write_images(tmp_path / "test.h5")]) == 0
    out = capsys.readouterr().out
    assert "pt" in out
    assert "floor" in out
    assert main(["show", made]) == 0
    assert "40 images of 6 x 6 pixels" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["check", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["show", "nowhere.h5"], "nowhere.h5"),
        (["sample", "nowhere", "out.h5"], "nowhere/config.yaml: not found"),
    ],
)
def test_bad_input_is_one_line(arguments, expected, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1
