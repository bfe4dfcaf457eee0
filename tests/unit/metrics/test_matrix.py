"""One row for each model of each data set, from the rows of the other tables."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from darkpixel.metrics.convergence import COLUMNS as CONVERGENCE_COLUMNS
from darkpixel.metrics.matrix import matrix_rows
from darkpixel.studies.density import COLUMNS as DENSITY_COLUMNS
from darkpixel.studies.speed import COLUMNS as SPEED_COLUMNS
from darkpixel.tables.matrix import matrix_table

CONFIG: dict[str, Any] = {
    "parameters": {"dense": 1_000_000, "free": 500_000},
    "image_size": [10, 10],
}


def distance(model, dataset, label, name, value, **more):
    return {
        "model": model, "dataset": dataset, "label": label, "observable": name, "value": value,
        "error": 0.2, "floor": 0.5, "n": 100, "seeds": 1, **more,
    }  # fmt: skip


def inputs():
    distances = [
        distance("sarm2_dd", "jets", "signal", "pt", 1.0),
        distance("sarm2_dd", "jets", "background", "pt", 2.0),
        distance("sarm2_dd", "jets", "signal", "mass", 0.5),
        distance("sarm2_dd", "jets", "background", "mass", 0.5),
        distance("lagan", "jets", "signal", "pt", 5.0),
        distance("lagan", "jets", "background", "pt", 5.0),
        *(
            distance("vqvae_pixelcnn", "lartpc", "all", name, 1.0, species=species, mean=20.0,
                     mean_error=1.0, test_mean=25.0)
            for name in ("track_length", "shower_charge", "pixels")
            for species in ("all", "e-")
        ),
    ]  # fmt: skip
    statistics = [
        {"model": model, "dataset": "jets", "label": label, "observable": "zero_fraction",
         "value": value, "error": 0.001, "n": 100, "seeds": 1}
        for label in ("signal", "background")
        for model, value in (("monte_carlo", 0.94), ("sarm2_dd", 0.93), ("lagan", 0.99))
    ]  # fmt: skip
    likelihoods = [
        {"model": model, "dataset": "jets", "label": label, "value": value, "error": 0.03, "n": 9}
        for label, shift in (("signal", 0.0), ("background", 0.2))
        for model, value in (("sarm2_dd", 0.3 + shift), ("lagan", np.nan))
    ]
    speeds = [{"model": "sarm2_dd", "dataset": "jets", "label": "signal", "value": 900.0,
               "error": 5.0, "hardware": "a machine"}]  # fmt: skip
    late = [
        {
            "model": "lagan",
            "dataset": "jets",
            "label": "joint",
            "seed": 1,
            "autoencoder": "",
            "converged": False,
        }
    ]
    return {
        "configs": {
            "jets": {"sarm2_dd": CONFIG, "lagan": CONFIG},
            "lartpc": {
                "vqvae_pixelcnn": {
                    **CONFIG, "parameters": {**CONFIG["parameters"], "autoencoder": 20_000},
                },
            },
        },
        "distances": pd.DataFrame(distances),
        "statistics": pd.DataFrame(statistics),
        "likelihoods": pd.DataFrame(likelihoods, columns=DENSITY_COLUMNS),
        "speeds": pd.DataFrame(speeds, columns=SPEED_COLUMNS),
        "statuses": pd.DataFrame(late, columns=CONVERGENCE_COLUMNS),
    }  # fmt: skip


def test_measures_are_means_over_labels():
    rows = matrix_rows(**inputs()).set_index("model")
    assert list(rows.index) == ["lagan", "sarm2_dd", "vqvae_pixelcnn"]
    sarm = rows.loc["sarm2_dd"]
    assert sarm["w1_over_floor_1"] == pytest.approx((1.0 + 2.0) / 0.5 / 2)
    assert sarm["w1_over_floor_1_error"] == pytest.approx(0.4 / 2**0.5)
    assert sarm["bits_per_pixel"] == pytest.approx(0.4)
    assert sarm["zero_fraction"] == pytest.approx(0.93)
    assert sarm["zero_fraction_test"] == pytest.approx(0.94)
    assert sarm["speed"] == 900
    assert sarm["label"] == "signal,background"


def test_what_does_not_exist_is_missing():
    rows = matrix_rows(**inputs()).set_index("model")
    lagan, argon = rows.loc["lagan"], rows.loc["vqvae_pixelcnn"]
    assert np.isnan([lagan["bits_per_pixel"], lagan["speed"], lagan["w1_over_floor_2"]]).all()
    assert lagan["converged"] is False or not lagan["converged"]
    assert np.isnan(argon["bits_per_pixel"])
    assert argon["converged"] is pd.NA
    assert argon["parameters"] == 1_020_000


def test_liquid_argon_takes_all_images_and_pixels_below_threshold():
    argon = matrix_rows(**inputs()).set_index("model").loc["vqvae_pixelcnn"]
    assert argon["observable_1"] == "track_length"
    assert argon["w1_over_floor_1"] == 2
    assert argon["w1_over_floor_1_error"] == pytest.approx(0.4)  # one row, not one a species
    assert argon["zero_fraction"] == pytest.approx(0.80)
    assert argon["zero_fraction_error"] == pytest.approx(0.01)
    assert argon["zero_fraction_test"] == pytest.approx(0.75)


def test_the_table_shows_dashes_and_says_why(tmp_path):
    matrix_table(matrix_rows(**inputs()), tmp_path / "m")
    text = (tmp_path / "m.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "LAGAN (not converged)" in line)
    assert "–" in line
    assert "99.00" in line
    assert "W1 / floor, pT or track length" in text
    assert "Not trained on lartpc in this run: LAGAN, SARM-2 (D+D)." in text
    assert "no likelihood of an image" in text
