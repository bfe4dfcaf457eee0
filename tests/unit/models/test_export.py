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
from darkpixel.models.lagan.model import LAGAN
from darkpixel.models.ssnet.model import SSNet

ABOUT = {"dataset": "lartpc", "label": "all", "pixel_size": 0.5, "unit": "0.255 MeV"}
READER = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy, torch
model = torch.jit.load(sys.argv[1])
given = [torch.from_numpy(numpy.load(path)) for path in sys.argv[3:]]
numpy.save(sys.argv[2], model(*given).detach().numpy())
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
    found = elsewhere(tmp_path, images)
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def elsewhere(folder: Path, *given: torch.Tensor) -> Any:
    """What another process, without darkpixel, gets from `x.pt`."""
    names = [f"given{number}.npy" for number in range(len(given))]
    for name, tensor in zip(names, given, strict=True):
        np.save(folder / name, tensor.numpy())
    paths = [str(folder / name) for name in ("x.pt", "found.npy", *names)]
    subprocess.run([sys.executable, "-c", READER, *paths], check=True)
    return np.load(folder / "found.npy")


def test_lagans_generator_makes_the_images_that_it_samples(tmp_path: Path, capsys: Any) -> None:
    """Of the random numbers that `sample` draws."""
    settings = {"model": "lagan", "latent": 5, "generator_filters": 2, "discriminator_filters": 2}
    lagan = build(LAGAN, settings, (12, 12), seed=1).eval()
    save_model(lagan, tmp_path / "model", images=ABOUT)
    assert main(["export", str(tmp_path / "model"), str(tmp_path / "x.pt")]) == 0
    assert "standard normal numbers (N, 5) float32, classes (N,) int64" in capsys.readouterr().out
    classes = torch.tensor([0, 1, 1, 0, 1, 0, 0])
    latent = torch.randn((7, 5), generator=torch.Generator().manual_seed(3))
    expected, _ = lagan.sample_events(
        7, generator=torch.Generator().manual_seed(3), conditions={"class": classes}
    )
    assert expected.any()
    found = elsewhere(tmp_path, latent, classes)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-6)


def test_a_generative_model_is_refused_in_one_line(tmp_path: Path, capsys: Any) -> None:
    save_model(make_sarm(6), tmp_path / "model", images=ABOUT, digest="0")
    assert main(["export", str(tmp_path / "model"), str(tmp_path / "x.pt")]) == 1
    error = capsys.readouterr().err
    assert "a model 'sarm' is not exported (ssnet," in error
    assert error.count("\n") == 1
    assert not (tmp_path / "x.pt").exists()
