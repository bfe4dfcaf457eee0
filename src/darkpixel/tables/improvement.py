"""The paper's improvement percentages beside ours, as a table (SARM abstract, 6.1.2, 6.2.2)."""

from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.tables.layout import document, measured, one_or_range, write_table
from darkpixel.tables.names import DATASETS, display_name


def improvement_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """The paper's percentages, recomputed from its tables and from ours.

    Args:
        rows: `improvement_rows`.
    """
    header = ["claim", "data set", "model", "ours, %", "published, %", "from the paper's tables, %",
              "n", "remarks"]  # fmt: skip
    body = []
    for row in rows.to_dict("records"):
        dataset = row["dataset"]
        remarks = [
            f"{text}: {', '.join(display_name(name, dataset) for name in row[key].split(','))}"
            for key, text in (("missing", "not in this run"), ("not_converged", "not converged"))
            if row[key]
        ]
        body.append(
            [
                row["claim"],
                DATASETS.get(dataset, dataset),
                display_name(row["model"], dataset),
                measured(row["value"], row["error"]),
                _number(row["published"]),
                _number(row["recomputed_from_published"]),
                str(row["n"]),
                "; ".join(remarks),
            ]
        )
    seeds = one_or_range(rows["seeds"]) if len(rows) else "–"
    note = (
        "100 (1 - W1 / W1 of the better rival), rivals: LAGAN and PixelCNN++ for jets, PixelCNN++ "
        "for muons; means over the labels (6.1.2) or over pT and mass (6.2.2); negative where the "
        "rival is better. Errors: bootstrap of images and spread over seeds, distances taken as "
        f"independent. Seeds: {seeds}. A distance cannot fall below its noise floor, so that even "
        "a perfect generator stays below 100%. Our rivals' score belongs to our training of them: "
        "where it had not converged, the percentage says little."
    )
    write_table(rows, stem, document("Improvement over the other models", header, body, note))


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "–"
