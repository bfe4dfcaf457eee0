"""Main measures of every model on every data set, as rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.convergence import mark
from darkpixel.metrics.order import ordered

MAIN_OBSERVABLES = ("pt", "mass")
LARTPC_OBSERVABLES = ("track_length", "shower_charge")
"""The two observables that a data set is judged by; in the same two columns of the table."""

COLUMNS = [
    "model", "dataset", "label", "observable_1", "w1_over_floor_1", "w1_over_floor_1_error",
    "observable_2", "w1_over_floor_2", "w1_over_floor_2_error", "zero_fraction",
    "zero_fraction_error", "zero_fraction_test", "bits_per_pixel", "bits_per_pixel_error",
    "bits_bounded", "parameters", "speed", "speed_error", "n", "seeds", "hardware", "converged",
]  # fmt: skip

Config = Mapping[str, Any]
"""A model folder's `config.yaml`."""


def matrix_rows(
    configs: Mapping[str, Mapping[str, Config]],
    distances: pd.DataFrame,
    statistics: pd.DataFrame,
    likelihoods: pd.DataFrame,
    speeds: pd.DataFrame,
    statuses: pd.DataFrame,
) -> pd.DataFrame:
    """One row for each model of each data set, measures averaged over labels.

    Args:
        configs: data set -> model -> `config.yaml` of one of its training runs.
        distances: rows of `darkpixel.metrics.rows.wasserstein_rows` (jets, muons) and
            `darkpixel.metrics.lartpc_rows.lartpc_rows`.
        statistics: rows of `darkpixel.metrics.rows.image_statistics`.
        likelihoods: rows of `darkpixel.studies.density.density_row`.
        speeds: `darkpixel.studies.speed.speed_rows`.
        statuses: `darkpixel.metrics.convergence.convergence_rows`.

    Returns:
        Columns `COLUMNS`. W1 in units of the noise floor, 1 being a perfect generator's mean.
        Errors: of the mean over labels, from the errors of each. Zero fractions of liquid-argon
        images count the pixels at or below the threshold of the evaluation. NaN where a measure
        does not exist. `bits_bounded`: bits per pixel are an upper bound.
    """
    if "species" in distances:
        distances = distances[distances["species"].isna() | (distances["species"] == "all")]
    rows = []
    for dataset, models in configs.items():
        for model in ordered(models):
            of_model = _of(distances, dataset, model)
            row: dict[str, Any] = {"model": model, "dataset": dataset}
            names = LARTPC_OBSERVABLES if dataset == "lartpc" else MAIN_OBSERVABLES
            for number, name in enumerate(names, 1):
                chosen = of_model[of_model["observable"] == name]
                ratio = _mean(chosen["value"] / chosen["floor"], chosen["error"] / chosen["floor"])
                row[f"observable_{number}"] = name
                row[f"w1_over_floor_{number}"], row[f"w1_over_floor_{number}_error"] = ratio
            row |= _zeros(of_model, statistics, dataset, model, models[model])
            bits = _of(likelihoods, dataset, model)
            row["bits_per_pixel"], row["bits_per_pixel_error"] = _mean(bits["value"], bits["error"])
            row["bits_bounded"] = "bound" in bits and bool((bits["bound"] != "").any())
            counts = models[model]["parameters"]
            row["parameters"] = counts["dense"] + counts.get("autoencoder", 0)
            speed = _of(speeds, dataset, model)
            row["speed"], row["speed_error"] = _mean(speed["value"], speed["error"])
            row["hardware"] = "; ".join(dict.fromkeys(speed["hardware"]))
            labels = list(dict.fromkeys(of_model["label"]))
            row |= {"n": of_model["n"].min() if len(of_model) else 0, "label": ",".join(labels)}
            row["seeds"] = of_model["seeds"].min() if len(of_model) else 0
            marks = mark(of_model[["model", "dataset", "label"]], statuses)["converged"].dropna()
            row["converged"] = bool(marks.all()) if len(marks) else pd.NA
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"converged": "boolean"})


def _of(rows: pd.DataFrame, dataset: str, model: str) -> pd.DataFrame:
    return rows[(rows["dataset"] == dataset) & (rows["model"] == model)]


def _mean(values: "pd.Series[float]", errors: "pd.Series[float]") -> tuple[float, float]:
    """Mean over labels and its error; NaN without values, and where a label has none."""
    if values.empty:
        return float("nan"), float("nan")
    error = np.sqrt(np.square(errors).sum(skipna=False)) / len(errors)
    return float(values.mean(skipna=False)), float(error)


def _zeros(
    distances: pd.DataFrame, statistics: pd.DataFrame, dataset: str, model: str, config: Config
) -> dict[str, float]:
    """Mean zero fractions of the model's and the test images."""
    zeros = statistics[statistics["observable"] == "zero_fraction"]
    generated, test = _of(zeros, dataset, model), _of(zeros, dataset, MONTE_CARLO)
    value, error = _mean(generated["value"], generated["error"])
    truth = _mean(test["value"], test["error"])[0]
    counted = distances[distances["observable"] == "pixels"]
    if generated.empty and "test_mean" in distances and len(counted):
        size = config["image_size"][0] * config["image_size"][1]
        charged, charged_error = _mean(counted["mean"], counted["mean_error"])
        value, error = 1 - charged / size, charged_error / size
        truth = 1 - float(counted["test_mean"].mean()) / size
    return {"zero_fraction": value, "zero_fraction_error": error, "zero_fraction_test": truth}
