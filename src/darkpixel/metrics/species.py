"""Which particles a data set was made of, before and after the crop."""

from pathlib import Path

import pandas as pd

from darkpixel.data.image_file import ImageFile
from darkpixel.metrics.names import SPECIES, SPECIES_SYMBOLS
from darkpixel.metrics.tables import document, write_table


def species_mix(path: str | Path) -> pd.DataFrame:
    """Particles drawn and accepted by the crop, of all splits together.

    Args:
        path: a prepared image file of single particles; its attributes `drawn_{pdg}` and
            `accepted_{pdg}` hold the numbers of all splits.

    Returns:
        Rows of `species`, `drawn`, `accepted`, `acceptance`, `share_drawn`, `share_accepted`;
        none where the file does not say.
    """
    with ImageFile(path) as file:
        counts = file.attributes
    rows = [
        {"species": name, "drawn": counts[f"drawn_{pdg}"], "accepted": counts[f"accepted_{pdg}"]}
        for pdg, name in SPECIES.items()
        if f"drawn_{pdg}" in counts and f"accepted_{pdg}" in counts
    ]
    mix = pd.DataFrame(rows, columns=["species", "drawn", "accepted"])
    mix["acceptance"] = mix["accepted"] / mix["drawn"]
    for name in ("drawn", "accepted"):
        mix[f"share_{name}"] = mix[name] / mix[name].sum()
    return mix


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
