"""The table of bits per pixel (`darkpixel.metrics.density`)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from darkpixel.metrics.names import ordered
from darkpixel.metrics.tables import document, late_note, measured, row_name, write_table

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "seed_spread", "floor", "n",
    "seeds", "rounded_to_zero", "published", "hardware",
]  # fmt: skip


def density_row(
    seeds: Sequence[tuple[np.ndarray, float] | None],
    *,
    model: str,
    dataset: str,
    label: str,
    hardware: str = "",
) -> dict[str, Any]:
    """One row of the likelihood table.

    Args:
        seeds: `bits_per_pixel` of each training of the model.

    Returns:
        Keys `COLUMNS`. `value`: mean over images and seeds, NaN where the model has no density;
        `error`: standard error over images of one seed (root mean square over seeds);
        `seed_spread`: standard deviation of the means over seeds, NaN for one.
    """
    known = [seed for seed in seeds if seed is not None]
    value = error = spread = lost = float("nan")
    if known:
        means = [bits.mean() for bits, _ in known]
        errors = [bits.std(ddof=1) / len(bits) ** 0.5 for bits, _ in known]
        value, error = float(np.mean(means)), float(np.sqrt(np.mean(np.square(errors))))
        lost = float(np.mean([share for _, share in known]))
        spread = float(np.std(means, ddof=1)) if len(means) > 1 else spread
    return {
        "model": model,
        "dataset": dataset,
        "label": label,
        "observable": "bits_per_pixel",
        "value": value,
        "error": error,
        "seed_spread": spread,
        "floor": float("nan"),
        "n": len(known[0][0]) if known else 0,
        "seeds": len(seeds),
        "rounded_to_zero": lost,
        "published": float("nan"),
        "hardware": hardware,
    }


def likelihood_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Bits per pixel of the test images by model and label; a dash where a model has none.

    Args:
        rows: of `density_row`, of any data sets; marked, or not, as for `wasserstein_table`.
    """
    header = ["model", "data set", "label", "bits per pixel", "rounded to zero, %", "n", "seeds"]
    body = []
    for dataset, own in rows.groupby("dataset", sort=False):
        for model in ordered(own["model"]):
            chosen = own[own["model"] == model]
            for row in chosen.to_dict("records"):
                lost = row["rounded_to_zero"]
                body.append(
                    [
                        row_name(chosen[chosen["label"] == row["label"]]),
                        str(dataset),
                        row["label"],
                        measured(row["value"], row["error"]),
                        f"{100 * lost:.2f}" if np.isfinite(lost) else "–",
                        str(row["n"]) if row["n"] else "–",
                        str(row["seeds"]),
                    ]
                )
    note = (
        "-log2 p of test images per pixel, mean ± standard error over images; less is better. The "
        "density has a point mass at zero and the unit of the images (GeV; MeV for liquid argon) "
        "elsewhere: it depends on the unit and may be negative. A model on a grid spreads the "
        "probability of a level evenly over the values that are rounded to it, and that of its "
        "lowest level over zero and the values below its end as the training images have them. "
        "Rounded to zero: share of the non-zero pixels that the grid takes to zero. A dash: the "
        "model has no likelihood of an image (LAGAN; a prior of codes; totals drawn before the "
        "pixels; a first pixel from the data)."
    )
    note += late_note(rows)
    write_table(rows, stem, document("Likelihood of test images", header, body, note))
