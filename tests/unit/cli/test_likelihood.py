"""`darkpixel likelihood`: the numbers of the models themselves, and what stands beside them."""

import json
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from image_files import write_images
from sarm_toys import make_sarm
from sarm_toys import toy_images as jets
from sparse_transformer_toys import small_model, toy_images

import darkpixel
from darkpixel.cli import main
from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.folder import save_model
from darkpixel.studies.density import bits_per_pixel
from darkpixel.studies.file_likelihood import likelihood_of_file

ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


def run(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main(["likelihood", *map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def error(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["likelihood", *map(str, words)]) == 1
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    return text


@pytest.fixture
def sarm(tmp_path: Path) -> Path:
    save_model(make_sarm(6), tmp_path / "sarm", images=ABOUT, digest="0")
    write_images(tmp_path / "test.h5", jets(40, 6, seed=1))
    return tmp_path / "sarm"


def test_numbers_are_those_of_the_model(sarm: Path, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "test.h5"
    found = run(capsys, sarm, path)
    images = jets(40, 6, seed=1)
    nats = darkpixel.load(sarm).log_density(images)
    assert found["nats"] == pytest.approx(nats.mean(), rel=1e-6)
    assert found["nats_error"] == pytest.approx(nats.std(ddof=1) / math.sqrt(40), rel=1e-6)
    assert found["bits_per_pixel"] == pytest.approx(-nats.mean() / math.log(2) / 36, rel=1e-6)
    assert (found["images"], found["bound"], found["unit"]) == (40, "", "GeV")
    # The block size is nothing but a matter of memory; training images count what is rounded.
    again = likelihood_of_file(sarm, path, batch=7, training=path)
    counted = bits_per_pixel(make_sarm(6), path, 40, path)
    assert counted is not None
    assert again.bits_per_pixel == pytest.approx(counted.of_images.mean(), rel=1e-6)
    assert again.rounded_to_zero == found["rounded_to_zero"]
    assert again.bits_per_pixel > found["bits_per_pixel"]


def test_values_of_each_image_in_a_file(sarm: Path, tmp_path: Path, capsys: Any) -> None:
    expected = darkpixel.load(sarm).log_density(jets(40, 6, seed=1))
    for name in ("x.h5", "x.npy", "x.csv"):
        run(capsys, sarm, tmp_path / "test.h5", "--output", tmp_path / name)
    with h5py.File(tmp_path / "x.h5") as file:
        np.testing.assert_allclose(file["nats"][:], expected, rtol=1e-5)
        np.testing.assert_allclose(
            file["bits_per_pixel"][:], -expected / math.log(2) / 36, rtol=1e-5
        )
        assert file.attrs["unit"] == "GeV"
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), expected, rtol=1e-5)
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines[0] == "image,nats,bits_per_pixel"
    assert [int(line.split(",")[0]) for line in lines[1:]] == list(range(40))
    assert float(lines[40].split(",")[1]) == pytest.approx(expected[39], rel=1e-5)


def test_arrays_and_other_units(sarm: Path, tmp_path: Path, capsys: Any) -> None:
    found = run(capsys, sarm, tmp_path / "test.h5")
    np.save(tmp_path / "x.npy", jets(40, 6, seed=1).numpy())
    assert run(capsys, sarm, tmp_path / "x.npy")["nats"] == pytest.approx(found["nats"])
    with h5py.File(tmp_path / "test.h5", "a") as file:
        file["images"][:] *= 1000
        file.attrs["unit"] = "MeV"
    assert run(capsys, sarm, tmp_path / "test.h5")["nats"] == pytest.approx(found["nats"], rel=1e-5)


def test_a_label_and_conditions_are_the_file_s(tmp_path: Path, capsys: Any) -> None:
    model = small_model(order="spiral_out", values="shares", conditions=["class", "momentum"])
    model.fit_to_columns({"class": torch.arange(64) % 2, "momentum": torch.rand(64)})
    folder = tmp_path / "joint"
    about = {**ABOUT, "label": "joint", "classes": ["signal", "background"]}
    save_model(model, folder, images=about)
    images, momentum = toy_images(30, seed=4), torch.linspace(0, 1, 30)
    path = write_images(tmp_path / "x.h5", images, label="background")
    with h5py.File(path, "a") as file:
        file["momentum"] = momentum.numpy()
    ones = torch.ones(30, dtype=torch.int64)
    expected = model.log_density(images, **{"class": ones, "momentum": momentum})
    assert expected is not None
    found = run(capsys, folder, path)
    assert found["nats"] == pytest.approx(float(expected.double().mean()), rel=1e-5)
    assert (found["given"], found["label"]) == (["class", "momentum"], "background")
    of_both = darkpixel.load(folder, label="background").log_density(images, momentum=momentum)
    np.testing.assert_allclose(of_both, expected.numpy(), rtol=1e-4)
    other = run(capsys, folder, path, "--label", "signal", "--condition", "momentum=0.5")
    assert other["nats"] != pytest.approx(found["nats"], rel=1e-4)
    unknown = run(capsys, folder, path, "--ignore-columns")
    assert unknown["withheld"] == ["momentum"]
    expected = model.log_density(images, **{"class": ones})
    assert expected is not None
    assert unknown["nats"] == pytest.approx(float(expected.double().mean()), rel=1e-5)
    # A file of images of all labels says which each of them has.
    with h5py.File(path, "a") as file:
        file["class"], file.attrs["label"] = ones.numpy(), "joint"
    assert run(capsys, folder, path)["nats"] == pytest.approx(found["nats"], rel=1e-5)
    assert "trained on the labels signal, background" in error(
        capsys, folder, path, "--label", "pions"
    )


@pytest.mark.parametrize(
    ("settings", "bound"),
    [
        ({"order": "walk", "values": "shares"}, "order"),
        ({"order": "spiral_out", "values": "shares", "mass_first": True}, "totals"),
    ],
)
def test_a_bound_says_so(tmp_path: Path, capsys: Any, settings: dict[str, Any], bound: str) -> None:
    save_model(small_model(**settings), tmp_path / "model", images=ABOUT)
    path = write_images(tmp_path / "x.h5", toy_images(20, seed=4))
    found = run(capsys, tmp_path / "model", path, "--draws", 8)
    assert found["bound"] == bound
    assert found["draws"] == (8 if bound == "totals" else 0)
    assert main(["likelihood", str(tmp_path / "model"), str(path), "--draws", "8"]) == 0
    text = capsys.readouterr().out
    assert "≥ " in text
    assert "≤ " in text
    assert "a bound: " in text
    model = darkpixel.load(tmp_path / "model")
    with pytest.raises(DarkpixelError, match="bound"):
        model.log_density(toy_images(2))
    lower = model.log_density(toy_images(20, seed=4), bound=True, draws=8)
    assert lower.mean() == pytest.approx(found["nats"], rel=1e-4)


def test_what_has_no_density_is_one_line(sarm: Path, tmp_path: Path, capsys: Any) -> None:
    encoder = {"model": "vqvae", "codes": 8, "dimension": 4}
    keys = {"model": "vqvae_pixelcnn", "filters": 4, "blocks": 1, "autoencoder": encoder}
    model = build_model({**keys, "condition": "species", "species": [11, 13]}, (8, 8), seed=1)
    save_model(model, tmp_path / "prior", images=ABOUT)
    path = write_images(tmp_path / "x.h5", np.ones((3, 8, 8)))
    text = error(capsys, tmp_path / "prior", path, "--output", tmp_path / "out.h5")
    assert "a model 'vqvae_pixelcnn' has no density of images" in text
    assert not (tmp_path / "out.h5").exists()
    assert "images of 8 x 8 pixels; the model's have 6 x 6" in error(capsys, sarm, path)
    assert "condition 'species': the model takes none" in error(
        capsys, sarm, tmp_path / "test.h5", "--species", "13"
    )
    assert main(["likelihood", str(sarm), str(path), "-o", str(tmp_path)]) == 1
    assert "is a folder" in capsys.readouterr().err
