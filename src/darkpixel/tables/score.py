"""The table of `darkpixel evaluate`: measures by file, the best file first."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from darkpixel.metrics.features import SCALE
from darkpixel.tables.layout import markdown_table, measured

NAMES = {
    "pt": "W1 of pT", "mass": "W1 of mass", "girth": "W1 of girth", "sum": "W1 of sum",
    "maximum": "W1 of the largest pixel", "nonzero": "W1 of non-zero pixels",
    "length": "W1 of length", "charge_per_length": "W1 of charge per length",
    "axis_ratio": "W1 of axis ratio", "bend": "W1 of bend", "end_asymmetry": "W1 of end asymmetry",
    "opening_angle": "W1 of opening angle", "pieces": "W1 of pieces",
    "isolated_pixels": "W1 of isolated pixels", "isolated_charge": "W1 of isolated charge",
    "centroid_row": "W1 of centroid, row", "centroid_column": "W1 of centroid, column",
    "auc": "AUC, real or generated", "fpd": "FPD", "kpd": "KPD, × 1000", "coverage": "coverage",
    "density": "density", "nearest_ratio": "distance to training images, ratio",
    "close_share": "share close to a training image", "copies": "copies of training images",
}  # fmt: skip
_UNITS = {"length": "cm", "charge_per_length": "MeV/cm", "bend": "°", "opening_angle": "°",
          "isolated_charge": "MeV", "centroid_row": "cm", "centroid_column": "cm"}  # fmt: skip
_IN_THE_FILES_UNIT = ("pt", "mass", "sum", "maximum")
PERFECT = "perfect"
_W1 = (
    "Wasserstein distance between the distributions of one number per image: how far, on average, "
    "generated images must be moved to have the reference's distribution. {0}", "lower"
)  # fmt: skip
OBSERVABLES = {
    "pt": "pT: transverse momentum of the image, each pixel a massless particle.",
    "mass": "Mass: invariant mass of the image, each pixel a massless particle.",
    "girth": "Girth: mean distance of the pixels from the centre, weighted with their values.",
    "sum": "Sum: of all pixels.",
    "maximum": "Largest pixel: of each image.",
    "nonzero": "Non-zero pixels: their number.",
    "length": "Length: of the largest cluster along its axis.",
    "charge_per_length": "Charge per length: of the largest cluster.",
    "axis_ratio": "Axis ratio: width over length of the largest cluster, 0 a line, 1 a disc.",
    "bend": "Bend: angle between the halves of the largest cluster.",
    "end_asymmetry": "End asymmetry: of the charges at the largest cluster's ends, 0 equal.",
    "opening_angle": "Opening angle: between the largest cluster and the way to the next piece.",
    "pieces": "Pieces: clusters of at least 4 pixels.",
    "isolated_pixels": "Isolated pixels: those of smaller clusters.",
    "isolated_charge": "Isolated charge: of the pixels of smaller clusters.",
    "centroid_row": "Centroid, row: of the charge, down from the image's centre.",
    "centroid_column": "Centroid, column: of the charge, to the right of the image's centre.",
}
"""Of which W1 is measured, in words."""
MEANINGS = {
    "auc": (
        "Boosted trees learn to tell generated from reference images by features of each, "
        "such as sums and moments; the area under their ROC curve on images that they have not "
        "seen. 0.5: they guess; 1: they are never wrong.", "lower, down to 0.5",
    ),
    "fpd": (
        "Fréchet physics distance: between the means and covariances of all features, each in "
        "units of its spread in the reference (arXiv:2211.10295).", "lower",
    ),
    "kpd": (
        "Kernel physics distance: maximum mean discrepancy of the features with a polynomial "
        "kernel; it sees more than means and covariances (arXiv:2211.10295).", "lower",
    ),
    "coverage": (
        "Share of the reference images that have a generated image near them, nearer than their "
        "fifth nearest other reference image. Low: kinds of images are missing.", "higher",
    ),
    "density": (
        "How many such neighbourhoods a generated image lies in, on average, over 5. Below "
        "'perfect': images unlike any in the reference; above: too many near common ones.",
        "close to 'perfect'",
    ),
    "nearest_ratio": (
        "Median distance to the nearest training image, over that of the reference images. Well "
        "below 1: training images are known by heart.", "close to 1",
    ),
    "close_share": (
        "Share of generated images closer to a training image than 99% of the reference images.",
        "close to 'perfect'",
    ),
    "copies": ("Generated images equal to a training image, bit for bit.", "close to 'perfect'"),
}  # fmt: skip
"""What each measure is, and which of its values are good."""
_HUGE = 1e6  # such a number says "nothing alike", and its digits nothing


def ranked(rows: pd.DataFrame) -> list[str]:
    """The files, the one that is hardest to tell from the reference first: lowest AUC.

    Too few images have no AUC: then in the order of `rows`, in which they were named.
    """
    areas = rows[rows.observable == "auc"].set_index("model")["value"]
    files = pd.Series(pd.unique(rows["model"]))
    return list(files.sort_values(key=lambda names: names.map(areas), kind="stable"))


def score_cells(rows: pd.DataFrame, unit: str) -> tuple[list[str], list[list[str]]]:
    """Header and body, texts, a line for each measure.

    Args:
        rows: of `darkpixel.studies.scoring.score`.
        unit: of the pixels.
    """
    files = ranked(rows)
    seen = rows["control"].notna().any()
    header = ["", *files, PERFECT, *([f"pixels × {SCALE:g}"] if seen else [])]
    body = []
    for name in dict.fromkeys(rows.observable):
        lines = rows[rows.observable == name].set_index("model")
        factor = 1000.0 if name == "kpd" else 1.0
        first = lines.iloc[0]
        label = NAMES.get(name, name)
        of_unit = unit if name in _IN_THE_FILES_UNIT else _UNITS.get(name, "")
        label += f", {of_unit}" if of_unit else ""
        label += f" ({first.verdict})" if first.verdict else ""
        cells = [
            _cell(factor * lines.at[file, "value"], factor * lines.at[file, "error"])
            for file in files
        ]
        floor = _cell(factor * first.floor, factor * first.floor_error)
        control = _cell(factor * first.control, float("nan"))
        body.append([label, *cells, floor, *([control] if seen else [])])
    return header, body


def meanings(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Name of each measure in `rows`, what it is, and what is better."""
    found = []
    for name in dict.fromkeys(rows.observable):
        if name in OBSERVABLES:
            meant, better = _W1[0].format(OBSERVABLES[name]), _W1[1]
        else:
            meant, better = MEANINGS[name]
        found.append((NAMES[name], meant, better))
    return found


def _cell(value: float, error: float) -> str:
    return f"{value:.1e}" if abs(value) >= _HUGE else measured(value, error)


def score_text(rows: pd.DataFrame, about: Mapping[str, Any]) -> str:
    """The table and what it says, for a terminal."""
    header, body = score_cells(rows, about["unit"])
    return f"{score_note(rows, about)}\n\n{markdown_table(header, body)}"


def score_note(rows: pd.DataFrame, about: Mapping[str, Any]) -> str:
    """What was compared, and in which order the files stand."""
    counts = ", ".join(f"{name} {count:,}" for name, count in about["images"].items())
    return (
        f"{about['n']:,} images a side, drawn at random (seed {about['seed']}); images: {counts}. "
        "W1 and its bootstrap error; perfect: what other reference images score, "
        "the best that a generator can do. "
        f"Images of kind '{about['dataset']}'.{_order_note(rows)}"
    )


def _order_note(rows: pd.DataFrame) -> str:
    if rows["model"].nunique() < 2:
        return ""
    verdicts = rows.loc[rows.observable == "auc", "verdict"]
    if verdicts.empty:
        return " Files in the order in which they were named."
    doubt = f", which is {verdicts.iloc[0]} here: so is the order" if verdicts.iloc[0] else ""
    return f" Files: best first, by AUC{doubt}."
