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
_HUGE = 1e6  # such a number says "nothing alike", and its digits nothing


def ranked(rows: pd.DataFrame) -> list[str]:
    """The files, the one that is hardest to tell from the reference first: lowest AUC."""
    areas = rows[rows.observable == "auc"].set_index("model")["value"]
    return list(areas.sort_values(kind="stable").index)


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


def _cell(value: float, error: float) -> str:
    return f"{value:.1e}" if abs(value) >= _HUGE else measured(value, error)


def score_text(rows: pd.DataFrame, about: Mapping[str, Any]) -> str:
    """The table and what it says, for a terminal."""
    header, body = score_cells(rows, about["unit"])
    return f"{score_note(about)}\n\n{markdown_table(header, body)}"


def score_note(about: Mapping[str, Any]) -> str:
    """What was compared."""
    counts = ", ".join(f"{name} {count:,}" for name, count in about["images"].items())
    return (
        f"{about['n']:,} images a side, drawn at random (seed {about['seed']}); images: {counts}. "
        "W1 and its bootstrap error; perfect: what other reference images score. "
        f"Images of kind '{about['dataset']}'."
    )
