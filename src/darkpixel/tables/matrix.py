"""Every model on every data set of a run, as one table."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.metrics.order import base_model, ordered
from darkpixel.tables.layout import document, late_note, measured, millions, row_name, write_table
from darkpixel.tables.names import OBSERVABLES, display_name, plain


def matrix_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """The matrix, one line for each data set and model.

    Args:
        rows: `matrix_rows`.
    """
    names = [list(dict.fromkeys(rows[f"observable_{number}"])) for number in (1, 2)]
    header = ["model", "data set", *(f"W1 / floor, {_observables(pair)}" for pair in names),
              "zero pixels (test), %", "bits per pixel", "parameters",
              "images/s (first label)", "n"]  # fmt: skip
    body = []
    for place, row in enumerate(rows.to_dict("records")):
        truth = 100 * row["zero_fraction_test"]
        zeros = measured(100 * row["zero_fraction"], 100 * row["zero_fraction_error"])
        body.append(
            [
                row_name(rows.iloc[[place]]),
                row["dataset"],
                measured(row["w1_over_floor_1"], row["w1_over_floor_1_error"]),
                measured(row["w1_over_floor_2"], row["w1_over_floor_2_error"]),
                f"{zeros} ({truth:.2f})" if np.isfinite(truth) else zeros,
                "≤ " * bool(row.get("bits_bounded", False))
                + measured(row["bits_per_pixel"], row["bits_per_pixel_error"]),
                millions(row["parameters"]),
                measured(row["speed"], row["speed_error"]),
                str(row["n"]),
            ]
        )
    note = (
        "Means over the labels of a data set. W1 / floor: distance to the test images in units of "
        "what a perfect generator scores on average at this n, ± the distance's bootstrap error. "
        "Zero pixels: of liquid-argon images those at or below threshold. Bits per pixel: -log2 of "
        "the density of test images, less is better; it depends on the unit and cannot be compared "
        "between data sets. Parameters: entries of all weight matrices, with the autoencoder where "
        "there is one. Images/s: of the model of the first label (see the speed tables); a dash "
        "where not measured. A dash under bits per pixel: the model has no likelihood of an image "
    )
    if "bits_bounded" in rows:
        note += (
            "(a GAN; a prior of codes) or does not follow it (selected on pT and mass). ≤: an "
            "upper bound (totals drawn before the pixels; a walk through the pixels)."
        )
    else:
        note += "(a GAN; a prior of codes; totals drawn before the pixels)."
    note += " A dash under W1 or zero pixels: not measured."
    note += late_note(rows) + _left_out(rows)
    write_table(rows, stem, document("Every model on every data set", header, body, note))


def _observables(names: Sequence[str]) -> str:
    return " or ".join(plain(OBSERVABLES[name]) for name in names)


def _left_out(rows: pd.DataFrame) -> str:
    """Which of the run's models, variants aside, a data set does without."""
    bases = {dataset: {base_model(name) or name for name in of_dataset["model"]}
             for dataset, of_dataset in rows.groupby("dataset", sort=False)}  # fmt: skip
    everything = set().union(*bases.values())
    text = ""
    for dataset, of_dataset in bases.items():
        absent = [display_name(name, str(dataset)) for name in ordered(everything - of_dataset)]
        if absent:
            text += f" Not trained on {dataset} in this run: {', '.join(absent)}."
    return text
