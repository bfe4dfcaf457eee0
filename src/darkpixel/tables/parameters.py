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
    published = rows["published"].notna().any()  # of a user's own files there is nothing
    body = [
        [
            display_name(row.model, row.dataset),
            millions(row.dense),
            millions(row.free),
            *([millions(row.published)] if published else ()),
        ]
        for row in rows.itertuples()
    ]
    note = (
        f"Dense: every entry of every weight matrix{', as the paper counts' if published else ''}. "
        "Free: the entries that the masks leave, which is what a masked model learns."
    )
    header = ["model", "dense", "free", *(["published"] if published else ())]
    write_table(rows, stem, document("Number of parameters", header, body, note))
