"""Species of the particles of a data set, before and after the crop."""

from pathlib import Path

import pandas as pd

from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.species import SPECIES, SpeciesCounts


def species_mix(path: str | Path) -> pd.DataFrame:
    """Particles drawn and accepted by the crop, of all splits together.

    Args:
        path: a prepared image file of single particles; its attributes `drawn_{pdg}` and
            `accepted_{pdg}` hold the numbers of all splits.

    Returns:
        Rows of `species`, `drawn`, `accepted`, `acceptance`, `share_drawn`, `share_accepted`;
        none where the file holds no such numbers.
    """
    with ImageFile(path) as file:
        counts = SpeciesCounts.of(file.attributes)
    rows = [
        {"species": name, "drawn": counts.drawn[code], "accepted": counts.accepted[code]}
        for code, name in SPECIES.items()
        if code in counts.drawn and code in counts.accepted
    ]
    mix = pd.DataFrame(rows, columns=["species", "drawn", "accepted"])
    mix["acceptance"] = mix["accepted"] / mix["drawn"]
    for name in ("drawn", "accepted"):
        mix[f"share_{name}"] = mix[name] / mix[name].sum()
    return mix
