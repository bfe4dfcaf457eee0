"""`darkpixel label`."""

import json

import numpy as np
import pytest
from image_files import write_images
from sarm_toys import make_sarm

from darkpixel.cli import main
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.build import build_model
from darkpixel.models.folder import save_model
from darkpixel.models.ssnet.labelling import THRESHOLD

ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


@pytest.fixture
def images(tmp_path):
    values = np.random.default_rng(1).exponential(size=(60, 6, 6)).astype(np.float32)
    return str(write_images(tmp_path / "images.h5", values))


@pytest.fixture
def folder(tmp_path):
    """A model that is no SSNet."""
    save_model(make_sarm(6), tmp_path / "model", images=ABOUT, digest="0")
    return str(tmp_path / "model")


def test_label(images, tmp_path, capsys):
    judge = build_model({"model": "ssnet", "filters": 2, "depth": 1}, (6, 6), seed=1)
    save_model(judge, tmp_path / "ssnet", images=ABOUT)
    out = str(tmp_path / "labels.h5")
    arguments = ["label", str(tmp_path / "ssnet"), images, out]
    assert main([*arguments, "--threshold", "0.5"]) == 0
    with ImageFile(images) as source, ImageFile(out) as labels:
        lit = labels.column("pixel_labels") > 0
        assert np.array_equal(lit, source.read() > 0.5)
        assert labels.attributes["threshold"] == 0.5
    assert main(arguments) == 0
    with ImageFile(out) as labels:
        assert labels.attributes["threshold"] == THRESHOLD
        expected = labels.column("pixel_labels")
    array = str(tmp_path / "images.npy")
    with ImageFile(images) as source:
        np.save(array, source.read())
    capsys.readouterr()
    assert main(["label", str(tmp_path / "ssnet"), array, out, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["file"], printed["images"], printed["replaced"]) == (out, 60, True)
    with ImageFile(out) as labels:
        assert np.array_equal(labels.column("pixel_labels"), expected)
        assert labels.attributes["source"] == array
    assert {path.name for path in tmp_path.iterdir()} == {
        "images.h5", "images.npy", "labels.h5", "ssnet",
    }  # fmt: skip


def test_labels_do_not_replace_their_images(folder, images, tmp_path, capsys):
    (tmp_path / "link.h5").symlink_to(images)
    for output in (images, str(tmp_path / "link.h5")):
        assert main(["label", folder, images, output]) == 1
        assert "the file of the images itself" in capsys.readouterr().err


def test_only_an_ssnet_labels(folder, images, tmp_path, capsys):
    assert main(["label", folder, images, str(tmp_path / "labels.h5")]) == 1
    assert "model is 'sarm', not 'ssnet'" in capsys.readouterr().err
