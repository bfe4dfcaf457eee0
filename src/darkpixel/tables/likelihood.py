"""Likelihood of test images in bits per pixel, as a table (`darkpixel.studies.density`)."""

from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.metrics.order import ordered
from darkpixel.tables.layout import document, late_note, measured, row_name, write_table


def likelihood_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Bits per pixel of the test images by model and label; a dash where a model has none.

    Args:
        rows: of `density_row`, of any data sets; marked, or not, as for `wasserstein_table`.
            Tables recorded before there were bounds lack their columns.
    """
    bounds = "draws" in rows
    header = ["model", "data set", "label", "bits per pixel", "rounded to zero, %", "n", "seeds"]
    header += ["draws", "with half of them"] if bounds else []
    body = []
    for dataset, of_dataset in rows.groupby("dataset", sort=False):
        for model in ordered(of_dataset["model"]):
            chosen = of_dataset[of_dataset["model"] == model]
            for row in chosen.to_dict("records"):
                lost = row["rounded_to_zero"]
                # Rows that were recorded before there were bounds have none.
                draws = int(row["draws"]) if bounds and row["draws"] > 0 else 0
                bounded = bool(row.get("bound", draws))
                body.append(
                    [
                        row_name(chosen[chosen["label"] == row["label"]]),
                        str(dataset),
                        row["label"],
                        "≤ " * bounded + measured(row["value"], row["error"]),
                        f"{100 * lost:.2f}" if np.isfinite(lost) else "–",
                        str(row["n"]) if row["n"] else "–",
                        str(row["seeds"]),
                    ]
                )
                if bounds:
                    more = f"{row['more_with_half']:+.4f}" if draws else "–"
                    body[-1] += [str(draws) if draws else "–", more]
    note = (
        "-log2 p of test images per pixel, mean ± standard error over images; less is better. The "
        "density has a point mass at zero and the unit of the images (GeV; MeV for liquid argon) "
        "elsewhere: it depends on the unit and may be negative. A model on a grid spreads the "
        "probability of a level evenly over the values that are rounded to it, and that of its "
        "lowest level over zero and the values below its end as the training images have them. "
        "Rounded to zero: share of the non-zero pixels that the grid takes to zero. A dash: the "
        "model has no likelihood of an image (LAGAN; a prior of codes; "
    )
    note += "" if bounds else "totals drawn before the pixels; "
    note += "a first pixel from the data)."
    if bounds:
        note += (
            " ≤: an upper bound. The model draws totals before the pixels, and the integral over "
            "them is estimated from so many draws an image, near the image's own totals: the "
            "importance-weighted bound (arXiv:1509.00519), which falls with the number of draws "
            "towards the bits themselves. With half of them: how much larger it is. ≤ without "
            "draws: a walk through the pixels, of which the probability of the image's own walk is "
            "counted and that of other orders of the same pixels is not."
        )
    note += late_note(rows)
    write_table(rows, stem, document("Likelihood of test images", header, body, note))
