"""Likelihoods as they are tabulated: of a model of all labels, given the label of the images."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import write_images
from sparse_transformer_toys import small_model, toy_images

from darkpixel.models.folder import save_model
from darkpixel.studies.density import density_rows


def test_images_of_a_label_are_given_their_label(tmp_path: Path) -> None:
    model = small_model(order="spiral_out", values="shares", conditions=["class"])
    model.fit_to_columns({"class": torch.arange(64) % 2})
    folder = tmp_path / "joint"
    save_model(model, folder, images={"label": "joint", "classes": ["signal", "background"]})
    images = toy_images(30, seed=4)
    path = write_images(tmp_path / "test.h5", images)
    labels = ("signal", "background")
    rows = density_rows(
        [("mine", label, str(path), str(path), [str(folder)]) for label in labels],
        dataset="jets",
        images=30,
        draws=4,
        seed=1,
        device=torch.device("cpu"),
    )
    found = dict(zip(rows["label"], rows["value"], strict=True))
    for place, label in enumerate(labels):
        nats = model.log_density(images, **{"class": torch.full((30,), place)})
        assert nats is not None
        bits = float(np.mean(-nats.double().numpy())) / math.log(2) / 100
        assert found[label] == pytest.approx(bits, rel=1e-6)
    assert found["signal"] != pytest.approx(found["background"], rel=1e-4)
    assert set(rows["draws"]) == {0}  # exact
