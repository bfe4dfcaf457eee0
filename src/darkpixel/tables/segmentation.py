"""Accuracy of the track and shower labels, as a table (LArTPC A.5)."""

from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.metrics.segmentation_rows import OBSERVABLES
from darkpixel.tables.layout import document, write_table


def accuracy_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Accuracies by data set and species, per cent, the paper's in brackets.

    Args:
        rows: from `accuracy_rows`.
    """
    header = ["data set", "images of", "non-zero pixels", "all pixels", "true shower",
              "true track", "images"]  # fmt: skip
    body = []
    for (dataset, label), same in rows.groupby(["dataset", "label"], sort=False):
        by_name = same.set_index("observable")
        cells = [_percent(by_name.loc[name]) for name in OBSERVABLES]
        body.append([str(dataset), str(label), *cells, str(same["n"].iloc[0])])
    note = (
        "Accuracy of SSNet's labels, % ± standard error (images as the units drawn); in brackets "
        "the paper's. Over non-zero pixels, the paper's measure; over all pixels, those without "
        "charge counting as background; over non-zero pixels of each true label. "
        f"Training runs: {rows['seeds'].max()}."
    )
    title = "Accuracy of the track and shower labels"
    write_table(rows, stem, document(title, header, body, note))


def _percent(row: "pd.Series[float]") -> str:
    if not np.isfinite(row["value"]):
        return "–"
    text = f"{100 * row['value']:.2f}"
    if np.isfinite(row["error"]):
        text += f" ± {100 * row['error']:.2f}"
    if np.isfinite(row["published"]):
        text += f" ({100 * row['published']:.1f})"
    return text
