"""Zeros, blank images and intensities of each source of images, as a table."""

from pathlib import Path

import pandas as pd

from darkpixel.tables.layout import document, late_note, measured, row_name, write_table


def statistics_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Zeros, blank images, mean energy and largest pixel of each source.

    Args:
        rows: `darkpixel.metrics.rows.image_statistics` of all labels, concatenated.
    """
    header = ["model", "label", "zero pixels, %", "blank images, %", "mean sum, GeV",
              "largest pixel, GeV", "images"]  # fmt: skip
    body = []
    for (_, label), of_source in rows.groupby(["model", "label"], sort=False):
        by_name = of_source.set_index("observable")
        cells = [row_name(of_source), str(label)]
        for name, scale in (("zero_fraction", 100.0), ("blank_fraction", 100.0), ("sum", 1.0)):
            row = by_name.loc[name]
            cells.append(measured(scale * row["value"], scale * row["error"]))
        largest = by_name.loc["maximum"]
        body.append([*cells, f"{largest['value']:.4g}", str(largest["n"])])
    note = "Means over all images (all seeds) ± standard error." + late_note(rows)
    write_table(rows, stem, document("Image statistics", header, body, note))
