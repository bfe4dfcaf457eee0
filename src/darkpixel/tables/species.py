"""Particles before and after the crop, as a table."""

from pathlib import Path

import pandas as pd

from darkpixel.tables.layout import document, write_table
from darkpixel.tables.names import SPECIES_SYMBOLS


def species_table(mix: pd.DataFrame, stem: str | Path) -> None:
    """The mix as a table.

    Args:
        mix: from `species_mix`.
    """
    header = ["species", "drawn", "accepted", "acceptance, %", "share before, %", "share after, %"]
    body = [
        [
            SPECIES_SYMBOLS[row.species],
            str(row.drawn),
            str(row.accepted),
            f"{100 * row.acceptance:.1f}",
            f"{100 * row.share_drawn:.1f}",
            f"{100 * row.share_accepted:.1f}",
        ]
        for row in mix.itertuples()
    ]
    note = (
        "Accepted: the integer charge centroid lies far enough from the rim for the crop, and the "
        "crop is filled enough. Drawn events all have the least number of pixels in each "
        "projection."
    )
    write_table(mix, stem, document("Species before and after the crop", header, body, note))
