"""Label files: what they hold, and that an image's labels depend on that image alone."""

import h5py
import numpy as np
import pytest
import torch
from segmentation_toys import IMAGES, SIDE, lines_and_blobs, write_toys
from torch import nn
from typed_models import build

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.segmentation import accuracy, confusion_counts
from darkpixel.models.build import build_model
from darkpixel.models.ssnet import labelling
from darkpixel.models.ssnet.labelling import label_file, label_images
from darkpixel.models.ssnet.model import SSNet
from darkpixel.training.monitors.segmentation import ssnet_monitor

COUNT = 30


@pytest.fixture(scope="module")
def model():
    """Untrained, but half of the charged pixels are shower and half track."""
    torch.set_num_threads(1)
    keys = {"model": "ssnet", "filters": 4, "depth": 2}
    model = build(SSNet, keys, (SIDE, SIDE), seed=1).eval()
    images = torch.from_numpy(lines_and_blobs(COUNT)[0])
    with torch.no_grad():
        _, shower, track = model.logits(images).movedim(1, 0)
        last = model.network.last[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        last.bias[2] += (shower - track)[images > 0].median()
    return model


@pytest.fixture
def source(tmp_path):
    return write_toys(
        tmp_path / "source.h5",
        COUNT,
        species=np.arange(COUNT, dtype=np.int32),
        momentum=np.linspace(0, 1, COUNT, dtype=np.float32),
        other=np.zeros(COUNT),
    )


def read(path):
    with ImageFile(path) as file:
        columns = {name: file.column(name) for name in file.columns}
        return file.read(), columns, file.attributes


def labelled(model, source, path, **options):
    label_file(model, source, path, images=IMAGES, **options)
    return read(path)


def test_labels_and_counts(model, source, tmp_path):
    images, columns, attributes = labelled(model, source, tmp_path / "out.h5", threshold=1.5)
    original, truth, _ = read(source)
    assert np.array_equal(images, original)
    with torch.no_grad():
        scores = model.scores(torch.from_numpy(images)).numpy()
    expected = np.where(scores[:, 2] > scores[:, 1], 2, 1) * (images > 1.5)
    assert np.array_equal(columns["pixel_labels"], expected)
    assert set(np.unique(expected)) == {0, 1, 2}
    for name, label in (("shower", 1), ("track", 2)):
        assert columns[f"{name}_pixels"].tolist() == (expected == label).sum((1, 2)).tolist()
        histograms = columns[f"{name}_scores"]
        assert histograms.shape == (COUNT, 50)
        assert histograms.dtype == np.uint16
        one = scores[3, label][images[3] > 1.5]
        assert histograms[3].tolist() == np.histogram(one, 50, (0, 1))[0].tolist()
        assert histograms.sum(1).tolist() == (images > 1.5).sum((1, 2)).tolist()
    assert np.array_equal(columns["momentum"], truth["momentum"])
    assert np.array_equal(columns["species"], truth["species"])
    assert "other" not in columns
    assert attributes["threshold"] == 1.5
    assert {name: attributes[name] for name in IMAGES} == IMAGES
    assert (attributes["split"], attributes["seed"]) == ("test", 7)


def test_scores_at_the_edges_fall_into_the_outer_bins():
    scores = np.array([[[0.0, 1.0]], [[0.999, 0.5]]], np.float32)
    found = labelling._histograms(scores, np.array([[[True, True]], [[True, False]]]), 4)
    assert found.tolist() == [[1, 0, 0, 1], [0, 0, 0, 1]]


def test_each_image_on_its_own_has_the_same_bytes(model, source, tmp_path, monkeypatch):
    monkeypatch.setattr(labelling, "_PIXELS", 7 * SIDE * SIDE)
    _, whole, _ = labelled(model, source, tmp_path / "whole.h5")
    images, labels = lines_and_blobs(COUNT)
    part = write_toys(tmp_path / "part.h5", 0, images=images[11:14], labels=labels[11:14])
    _, parts, _ = labelled(model, part, tmp_path / "part_out.h5")
    for name, column in parts.items():
        assert np.array_equal(column, whole[name][11:14]), name
    together = label_images(model, images[:7], 0.2)[1]
    alone = np.concatenate([label_images(model, image[None], 0.2)[1] for image in images[:7]])
    assert np.array_equal(alone, together)


def test_same_file_twice(model, source, tmp_path):
    model.train()  # labelling puts it into evaluation mode
    label_file(model, source, tmp_path / "a.h5", images=IMAGES)
    label_file(model, source, tmp_path / "b.h5", images=IMAGES)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_threshold_is_on_the_networks_scale(source, tmp_path):
    model = build_model(
        {"model": "ssnet", "filters": 2, "depth": 1, "normalise": "maximum"}, (SIDE, SIDE), seed=1
    )
    images, columns, _ = labelled(model, source, tmp_path / "out.h5", threshold=5.0)
    largest = images.max((1, 2), keepdims=True)
    assert np.array_equal(columns["pixel_labels"] > 0, images * 10 > 5 * largest)


def test_a_bare_file_takes_the_units_of_the_training_images(model, tmp_path):
    with h5py.File(tmp_path / "bare.h5", "w") as file:
        file["images"] = np.ones((2, 12, 20))
    images, columns, attributes = labelled(model, tmp_path / "bare.h5", tmp_path / "out.h5")
    assert images.shape == columns["pixel_labels"].shape == (2, 12, 20)
    assert (attributes["unit"], attributes["pixel_size"]) == ("0.255 MeV", 0.5)


def test_images_of_another_unit_are_refused(model, source, tmp_path):
    raw = {**IMAGES, "unit": "0.01 MeV"}
    with pytest.raises(DarkpixelError, match=r"source.h5: unit is '0.255 MeV', but SSNet was"):
        label_file(model, source, tmp_path / "out.h5", images=raw)
    assert not (tmp_path / "out.h5").exists()


def test_large_images_have_counters_that_hold_them(model, tmp_path):
    with h5py.File(tmp_path / "full.h5", "w") as file:
        file["images"] = np.ones((1, 256, 256), np.float32)
    _, columns, _ = labelled(model, tmp_path / "full.h5", tmp_path / "out.h5", bins=1)
    assert columns["track_scores"].tolist() == [[2**16]]  # one more than 16 bits hold


def test_monitor_measures_the_first_images_at_threshold_zero(model, source, tmp_path):
    other = write_toys(tmp_path / "other.h5", 5, seed=9)
    found = ssnet_monitor(source, other, 8)(model, 1)
    images, labels = lines_and_blobs(8)
    counts = confusion_counts(labels, label_images(model, images, 0.0)[0])
    assert found["train_accuracy"] == accuracy(counts, "accuracy_nonzero")[0]
    images, labels = lines_and_blobs(5, seed=9)
    counts = confusion_counts(labels, label_images(model, images, 0.0)[0])
    assert found["validation_accuracy"] == accuracy(counts, "accuracy_nonzero")[0]
    assert found["validation_accuracy_all"] == accuracy(counts, "accuracy_all")[0]
