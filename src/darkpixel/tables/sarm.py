"""The tables as files: tidy .csv for programs, .md in the papers' layout for people."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.metrics.names import DERIVED
from darkpixel.tables.layout import (
    document,
    late_note,
    measured,
    millions,
    one_or_range,
    row_name,
    write_table,
)
from darkpixel.tables.names import OBSERVABLES, UNITS, display_name, plain

LABELS = ("signal", "background")


def wasserstein_table(
    rows: pd.DataFrame, stem: str | Path, title: str, names: Sequence[str] = ("pt", "mass")
) -> None:
    """SARM tables 1, 3 and 5: W1 by model; pT then mass, signal then background, GeV.

    A cell is "value ± bootstrap error", and the paper's number in brackets. The last row is the
    noise floor; it is given for each n that occurs.

    Args:
        rows: `darkpixel.metrics.rows.wasserstein_rows` of all labels, concatenated; with a column
            `converged` (`darkpixel.metrics.convergence.mark`) the names of models of which some
            training had not levelled off say so.
        names: observables to show; others are left out.
    """
    rows = rows[rows["observable"].isin(names)]
    observables = [name for name in names if name in set(rows["observable"])]
    labels = _labels(rows)
    columns = [(name, label) for name in observables for label in labels]
    header = ["model"]
    for name, label in columns:
        unit = f", {UNITS[name]}" if UNITS[name] else ""
        header.append(f"{plain(OBSERVABLES[name])} {label}{unit}")
    body = []
    for model in dict.fromkeys(rows["model"]):
        own = rows[rows["model"] == model]
        cells = [_cell(own, name, label) for name, label in columns]
        body.append([row_name(own), *cells, one_or_range(own["n"]), one_or_range(own["seeds"])])
    for n in sorted(set(rows["n"]), reverse=True):
        same = rows[rows["n"] == n].drop_duplicates(["observable", "label"])
        cells = [_cell(same, name, label, "floor") for name, label in columns]
        body.append(["*noise floor*", *cells, str(n), ""])
    note = (
        "W1 to Monte Carlo test images: value ± bootstrap standard deviation "
        "(published value). Noise floor: the same distance between disjoint halves of the test "
        "images, mean ± standard deviation over random splits: what a perfect generator scores. "
        "n: images a side; values are means over seeds."
    )
    if any(model.startswith(DERIVED) for model in rows["model"]):
        note += (
            " Quantised rows: other test images rounded to the model's grid: the score of a "
            "perfect generator on that grid. Reconstructed rows: other test images through an "
            "autoencoder: the score of a perfect prior of its codes."
        )
    note += late_note(rows)
    write_table(rows, stem, document(title, [*header, "n", "seeds"], body, note))


def parameters_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """SARM table 6: number of parameters.

    Args:
        rows: `darkpixel.metrics.rows.parameter_rows`.
    """
    body = [
        [
            display_name(row.model, row.dataset),
            millions(row.dense),
            millions(row.free),
            millions(row.published),
        ]
        for row in rows.itertuples()
    ]
    note = (
        "Dense: every entry of every weight matrix, as the paper counts. Free: the entries that "
        "the masks leave, which is what a masked model learns."
    )
    header = ["model", "dense", "free", "published"]
    write_table(rows, stem, document("Number of parameters", header, body, note))


def quantisation_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """What rounding alone costs, by power p of the grid.

    Args:
        rows: `darkpixel.metrics.rows.quantisation_rows` of all labels, concatenated.
    """
    labels = _labels(rows)
    columns = [(name, label) for name in ("pt", "mass", "zero_fraction") for label in labels]
    header = ["p"]
    for name, label in columns:
        unit = "%" if name == "zero_fraction" else "GeV"
        header.append(f"{plain(OBSERVABLES[name])} {label}, {unit}")
    counted = "clipped" in rows  # tables recorded before there was this count lack it
    header += [f"clipped {label}" for label in labels if counted]
    body = []
    for power in sorted(set(rows["power"])):
        cells = [f"{power:g}"]
        for name, label in columns:
            chosen = rows[
                (rows["power"] == power) & (rows["observable"] == name) & (rows["label"] == label)
            ]
            if chosen.empty:
                cells.append("–")
            elif name == "zero_fraction":
                row = chosen.iloc[0]
                cells.append(f"{100 * row['mean']:.2f} → {100 * row['mean_quantised']:.2f}")
            else:
                cells.append(measured(chosen["value"].iloc[0], chosen["error"].iloc[0]))
        same = rows[rows["power"] == power]
        if counted:
            cells += [str(same.loc[same["label"] == label, "clipped"].max()) for label in labels]
        body.append(cells)
    note = (
        "W1 between test images and the same images rounded to the grid g_j = (j/N)^p x_max "
        "(SARM section 4.1), ± bootstrap standard deviation; zeros before and after rounding"
    )
    if counted:
        note += "; pixels above x_max, the largest of the training images, which are clipped"
    note += (
        f". n = {one_or_range(rows['n'])}. No model is involved: this is the least that the D+D "
        "likelihood costs."
    )
    write_table(rows, stem, document("Cost of quantisation", header, body, note))


def statistics_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Zeros, blank images, mean energy and largest pixel of each source.

    Args:
        rows: `darkpixel.metrics.rows.image_statistics` of all labels, concatenated.
    """
    header = ["model", "label", "zero pixels, %", "blank images, %", "mean sum, GeV",
              "largest pixel, GeV", "images"]  # fmt: skip
    body = []
    for (_, label), own in rows.groupby(["model", "label"], sort=False):
        by_name = own.set_index("observable")
        cells = [row_name(own), str(label)]
        for name, scale in (("zero_fraction", 100.0), ("blank_fraction", 100.0), ("sum", 1.0)):
            row = by_name.loc[name]
            cells.append(measured(scale * row["value"], scale * row["error"]))
        largest = by_name.loc["maximum"]
        body.append([*cells, f"{largest['value']:.4g}", str(largest["n"])])
    note = "Means over all images (all seeds) ± standard error." + late_note(rows)
    write_table(rows, stem, document("Image statistics", header, body, note))


def _labels(rows: pd.DataFrame) -> list[str]:
    """Signal, background, then what other labels a user's files have."""
    found = list(dict.fromkeys(rows["label"]))
    return sorted(found, key=lambda label: LABELS.index(label) if label in LABELS else len(LABELS))


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
