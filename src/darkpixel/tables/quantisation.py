"""What rounding images to a grid costs, power by power, as a table (SARM sections 4.1 and 8.6)."""

from pathlib import Path

import pandas as pd

from darkpixel.tables.layout import document, measured, one_or_range, ordered_labels, write_table
from darkpixel.tables.names import OBSERVABLES, plain


def quantisation_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """What rounding alone costs, by power p of the grid.

    Args:
        rows: `darkpixel.studies.quantisation.quantisation_rows` of all labels, concatenated.
    """
    labels = ordered_labels(rows)
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
