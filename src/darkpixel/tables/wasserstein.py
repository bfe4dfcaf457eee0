"""W1 of each model to the Monte Carlo test images, as a table (SARM tables 1, 3 and 5)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.metrics.names import is_derived, is_selected
from darkpixel.tables.layout import (
    document,
    late_note,
    measured,
    one_or_range,
    ordered_labels,
    row_name,
    write_table,
)
from darkpixel.tables.names import OBSERVABLES, UNITS, plain, reference_name

SHAPES = ("nonzero", "girth", "maximum")


def shape_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """W1 of observables that no model draws before the pixels; as `wasserstein_table`."""
    title = "Wasserstein distance of observables that no model draws beforehand"
    wasserstein_table(rows, stem, title, SHAPES)


def wasserstein_table(
    rows: pd.DataFrame,
    stem: str | Path,
    title: str | None = None,
    names: Sequence[str] = ("pt", "mass"),
) -> None:
    """SARM tables 1, 3 and 5: W1 by model; pT then mass, signal then background, GeV.

    A cell is "value ± bootstrap error", and the paper's number in brackets. The last row is the
    noise floor; it is given for each n that occurs.

    Args:
        rows: `darkpixel.metrics.rows.wasserstein_rows` of all labels, concatenated; with a column
            `converged` (`darkpixel.metrics.convergence.mark`) the names say which models had not
            converged.
        title: of the table; None: that of pT and mass.
        names: observables to show; others are left out.
    """
    if title is None:
        title = f"Wasserstein distance of observables of {rows['dataset'].iloc[0]}"
    rows = rows[rows["observable"].isin(names)]
    observables = [name for name in names if name in set(rows["observable"])]
    labels = ordered_labels(rows)
    columns = [(name, label) for name in observables for label in labels]
    header = ["model"]
    for name, label in columns:
        unit = f", {UNITS[name]}" if UNITS[name] else ""
        header.append(f"{plain(OBSERVABLES[name])} {label}{unit}")
    body = []
    for model in dict.fromkeys(rows["model"]):
        of_model = rows[rows["model"] == model]
        cells = [_cell(of_model, name, label) for name, label in columns]
        body.append(
            [
                row_name(of_model),
                *cells,
                one_or_range(of_model["n"]),
                one_or_range(of_model["seeds"]),
            ]
        )
    for n in sorted(set(rows["n"]), reverse=True):
        same = rows[rows["n"] == n].drop_duplicates(["observable", "label"])
        cells = [_cell(same, name, label, "floor") for name, label in columns]
        body.append(["*noise floor*", *cells, str(n), ""])
    reference = reference_name(rows["dataset"].iloc[0])
    note = (
        f"W1 to {reference} test images: value ± bootstrap standard deviation "
        "(published value). Noise floor: the same distance between disjoint halves of the test "
        "images, mean ± standard deviation over random splits: what a perfect generator scores. "
        "n: images a side; values are means over seeds."
    )
    if any(is_selected(model) for model in rows["model"]):
        note += (
            " Selected on pT and mass: a pT and a mass were drawn first, and an image that misses "
            "them was thrown away and drawn anew, up to a number of times: the distances of pT and "
            "mass, and of what goes with them, measure the selection."
        )
    if any(is_derived(model) for model in rows["model"]):
        note += (
            " Quantised rows: other test images rounded to the model's grid, and spread within its "
            "levels where the model's samples are: the score of a perfect generator on that grid. "
            "Reconstructed rows: other test images through an autoencoder: the score of a perfect "
            "prior of its codes."
        )
    note += late_note(rows)
    write_table(rows, stem, document(title, [*header, "n", "seeds"], body, note))


def _cell(rows: pd.DataFrame, name: str, label: str, quantity: str = "value") -> str:
    chosen = rows[(rows["observable"] == name) & (rows["label"] == label)]
    if chosen.empty:
        return "–"
    row = chosen.iloc[0]
    error = "error" if quantity == "value" else "floor_error"
    text = measured(row[quantity], row[error])
    if quantity == "value" and np.isfinite(row["published"]):
        text += f" ({row['published']:.2f})"
    return text
