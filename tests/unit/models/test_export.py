"""Exported networks give the numbers of the models, without darkpixel."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sarm_toys import make_sarm
from typed_models import build

from darkpixel.cli import main
from darkpixel.models.classifier.model import Classifier
from darkpixel.models.folder import save_model
from darkpixel.models.ssnet.model import SSNet

ABOUT = {"dataset": "lartpc", "label": "all", "pixel_size": 0.5, "unit": "0.255 MeV"}
READER = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy, torch
model = torch.jit.load(sys.argv[1])
numpy.save(sys.argv[3], model(torch.from_numpy(numpy.load(sys.argv[2]))).detach().numpy())
assert "darkpixel" not in sys.modules
"""


@pytest.mark.parametrize("name", ["ssnet", "classifier"])
def test_another_process_gets_the_same_numbers(tmp_path: Path, capsys: Any, name: str) -> None:
    images = torch.rand(7, 8, 8) * (torch.rand(7, 8, 8) < 0.3)
    if name == "ssnet":
        ssnet = build(SSNet, {"model": "ssnet", "filters": 2, "depth": 1}, (8, 8), seed=1).eval()
        save_model(ssnet, tmp_path / "model", images=ABOUT)
        expected = ssnet.scores(images)
    else:
        settings = {"model": "classifier", "filters": 3, "units": 5}
        classifier = build(Classifier, settings, (8, 8), seed=1).eval()
        save_model(classifier, tmp_path / "model", images=ABOUT)
        expected = classifier(images)
    assert main(["export", str(tmp_path / "model"), str(tmp_path / "x.pt")]) == 0
    assert "images (N, H, W) float32 -> " in capsys.readouterr().out
    np.save(tmp_path / "images.npy", images.numpy())
    paths = [str(tmp_path / part) for part in ("x.pt", "images.npy", "found.npy")]
    subprocess.run([sys.executable, "-c", READER, *paths], check=True)
    found = np.load(tmp_path / "found.npy")
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_a_generative_model_is_refused_in_one_line(tmp_path: Path, capsys: Any) -> None:
    save_model(make_sarm(6), tmp_path / "model", images=ABOUT, digest="0")
    assert main(["export", str(tmp_path / "model"), str(tmp_path / "x.pt")]) == 1
    error = capsys.readouterr().err
    assert "a model 'sarm' is not one pass of a network" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "x.pt").exists()
