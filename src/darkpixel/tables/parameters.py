"""Number of parameters of each model, as a table (SARM table 6)."""

from pathlib import Path

import pandas as pd

from darkpixel.tables.layout import document, millions, write_table
from darkpixel.tables.names import display_name


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
