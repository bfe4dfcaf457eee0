"""Images generated for a species and a momentum against simulated ones, as a table."""

from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.metrics.momentum_bins import FEWEST, FEWEST_TEST, MOST_BINS, RESPONSES
from darkpixel.metrics.momentum_response import CLEAR, FLOOR, SHUFFLED
from darkpixel.tables.layout import document, measured, one_or_range, write_table
from darkpixel.tables.names import OBSERVABLES, SPECIES_SYMBOLS, display_name

NAMES = {FLOOR: "*noise floor*", SHUFFLED: "*control: momentum shuffled*"}


def momentum_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """chi2 over bins of momentum, largest and mean deviation, by species; floor and control last.

    Args:
        rows: the second table of `darkpixel.metrics.momentum_response.momentum_response`.
    """
    names = [name for name in RESPONSES if name in set(rows["observable"])]
    header = ["model", "particle"]
    for name in names:
        header += [f"{OBSERVABLES[name]}: χ²/ndf", "largest, σ", "mean, %"]
    header += ["bins", "n"]
    body = []
    for species in dict.fromkeys(rows["species"]):
        of_species = rows[rows["species"] == species]
        for model in dict.fromkeys(of_species["model"]):
            by_name = of_species[of_species["model"] == model].set_index("observable")
            cells = [cell for name in names for cell in _cells(by_name.loc[name])]
            counts = [one_or_range(by_name[column]) for column in ("ndf", "n")]
            name = NAMES.get(model) or display_name(model, LARTPC)
            body.append([name, SPECIES_SYMBOLS.get(species, species), *cells, *counts])
    note = (
        "Means of images generated for a species and a momentum, against those of the test images, "
        f"in at most {MOST_BINS} bins of momentum a species. Length: of the main cluster; charge: "
        f"of the whole image. Bins of equal width over the test images' momenta; those with fewer "
        f"than {FEWEST_TEST} test images are joined with the next, and those with fewer than "
        f"{FEWEST} images on a side are left out. χ²/ndf: over the bins, 1 for a perfect "
        "generator; ndf is the number of bins. Largest: the largest of the bins' differences, in "
        "units of the combined error of both means. Mean: generated over simulated, less one, "
        "averaged over the bins, ± its error. All: the bins of all species together. Noise floor: "
        "one half of the test images against the other; momentum shuffled: with the momenta of "
        "each species exchanged in one half, which is a generator that makes every species "
        "right and does not know the momentum. Both are means ± standard deviations over random "
        f"halves. In brackets, where the control's χ²/ndf is not {CLEAR:g} of these deviations "
        "above the floor's: the observable hardly depends on the momentum there, or the images are "
        "too few, and agreement says nothing of what a model knows of it. χ²/ndf and the "
        "largest difference of a model that is not perfect grow with the number of images, the "
        "mean does not. Errors are those of the images and know nothing of another training; n: "
        "images of all seeds."
    )
    title = "Length, charge and pixels by momentum"
    write_table(rows, stem, document(title, header, body, note))


def _cells(row: "pd.Series[float]") -> list[str]:
    """chi2/ndf, largest and mean deviation of one observable."""
    cells = [
        measured(row["chi2_ndf"], row["chi2_ndf_error"]),
        measured(row["largest"], row["largest_error"])
        if row["model"] in NAMES
        else f"{row['largest']:+.1f}",
        measured(100 * row["deviation"], 100 * row["deviation_error"]),
    ]
    if not np.isfinite(row["chi2_ndf"]):
        return ["–"] * len(cells)
    return [f"({cell})" if row["verdict"] else cell for cell in cells]
