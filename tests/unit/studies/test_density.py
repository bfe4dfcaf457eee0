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
from darkpixel.tables.likelihood import likelihood_table


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
    assert set(rows["draws"]) == {0}
    assert set(rows["bound"]) == {""}


@pytest.mark.parametrize("dropout", [0.3, 0.0])
def test_of_a_walk_an_upper_bound_of_the_bits_is_known(tmp_path: Path, dropout: float) -> None:
    model = small_model(order="walk", conditions=["momentum"], condition_dropout=dropout)
    model.fit_to_columns({"momentum": torch.rand(64)})
    save_model(model, tmp_path / "model", images={"label": "all"})
    images = toy_images(30, seed=4)
    path = str(write_images(tmp_path / "test.h5", images))
    rows = density_rows(
        [("mine", "all", path, path, [str(tmp_path / "model")])],
        dataset="lartpc", images=30, draws=4, seed=1, device=torch.device("cpu"),
    )  # fmt: skip
    [row] = rows.to_dict("records")
    if not dropout:  # what was never withheld in training cannot be left out
        assert math.isnan(row["value"])
        assert row["bound"] == ""
        return
    bits = -float(model.sequence_log_density(images).double().mean()) / math.log(2) / 100
    assert row["value"] == pytest.approx(bits, rel=1e-6)
    assert (row["bound"], row["draws"]) == ("order", 0)
    likelihood_table(rows, tmp_path / "table")
    cells = (tmp_path / "table.md").read_text()
    assert "≤ " in cells
    assert "the image's own walk" in cells
