"""Diversity of the samples, as a table."""

from pathlib import Path

import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.order import ordered
from darkpixel.metrics.spread import COLLAPSED, MEASURES
from darkpixel.tables.layout import (
    document,
    late_note,
    measured,
    one_or_range,
    row_name,
    write_table,
)
from darkpixel.tables.names import DATASETS, display_name


def diversity_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Spread of the samples over that of Monte Carlo, by model; the control closes each data set.

    Args:
        rows: `diversity_rows` of all data sets and labels, concatenated; marked, or not, as for
            `wasserstein_table`.
    """
    columns = [(name, label) for name in MEASURES for label in dict.fromkeys(rows["label"])]

    def cells(of_model: pd.DataFrame, value: str, error: str) -> list[str]:
        by_key = of_model.drop_duplicates(["observable", "label"]).set_index(
            ["observable", "label"]
        )
        return [
            measured(by_key.at[key, value], by_key.at[key, error]) if key in by_key.index else "–"
            for key in columns
        ]

    body = []
    for name, of_data in rows.groupby("dataset", sort=False):
        dataset = str(name)
        images = DATASETS.get(dataset, dataset)
        for model in ordered(of_data["model"]):
            of_model = of_data[of_data["model"] == model]
            body.append(
                [
                    row_name(of_model),
                    images,
                    *cells(of_model, "value", "error"),
                    one_or_range(of_model["n"]),
                    one_or_range(of_model["seeds"]),
                ]
            )
        body.append(
            [
                f"*other {display_name(MONTE_CARLO, dataset)}*",
                images,
                *cells(of_data, "floor", "floor_error"),
                one_or_range(of_data["n"]),
                "",
            ]
        )
    measures = [f"{MEASURES[name]}, {label}" for name, label in columns]
    header = ["model", "images", *measures, "n", "seeds"]
    note = (
        "Ratio of the samples' own spread to that of the test images ± bootstrap standard "
        "deviation; 1: as diverse, below: collapsed, above: noisier. Pixels as asinh(pixel) in the "
        "unit of the images (GeV; in liquid argon 0.255 MeV). "
        "Variance: of all pixels together. Distance to the nearest: of an image to the most "
        "similar one of its own sample. Effective dimensions: participation ratio of the "
        "covariance of the pixels. Last row of each data set: other test images in the model's "
        "place."
    )
    note += _collapsed_note(rows) + late_note(rows)
    write_table(rows, stem, document("Diversity of the samples", header, body, note))


def _collapsed_note(rows: pd.DataFrame) -> str:
    """Which models draw images that are all alike; empty where none does."""
    least = rows["observable"].map(COLLAPSED)
    low = rows[rows["value"] < least].drop_duplicates(["model", "dataset", "label"])
    names = [
        f"{display_name(str(model), str(dataset))} ({dataset}, {label})"
        for model, dataset, label in zip(low["model"], low["dataset"], low["label"], strict=True)
    ]
    if not names:
        return ""
    bounds = " or ".join(f"{MEASURES[name]} below {bound:g}" for name, bound in COLLAPSED.items())
    return (
        f" Collapsed, its images all alike ({bounds}): {', '.join(names)}; train with another "
        "seed, a smaller learning_rate or more images."
    )
