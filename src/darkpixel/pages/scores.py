"""How good each model is, at one look: distances to the test images in noise floors."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.names import is_derived, snapshot_epoch
from darkpixel.metrics.order import ordered
from darkpixel.tables.lartpc import FEWEST
from darkpixel.tables.layout import measured
from darkpixel.tables.names import OBSERVABLES, display_name, plain

MEASURES = ("pt", "mass", "girth", "nonzero", "maximum", "track_length", "shower_charge", "length",
            "charge_per_length", "axis_ratio", "pieces")  # fmt: skip
"""Observables of the tables of distances that the first look has a column of, in its order."""

STEPS = ((2.0, "near"), (5.0, "some"), (20.0, "far"), (math.inf, "off"))
"""Largest distance in noise floors, and the class of a cell up to it."""

FEWEST_COLOURED = 200
"""Images a side below which a cell has no colour: the floor is so high that any model passes."""


def key(real: str) -> tuple[tuple[str, str], ...]:
    """Class of a cell to what its colour says.

    Args:
        real: what the images are from that generated ones are compared with.
    """
    return (
        ("near", f"below 2 floors: as good as {real} can tell"),
        ("some", "2 to 5"),
        ("far", "5 to 20"),
        ("off", "above 20"),
    )


class Cell(NamedTuple):
    """One measure of a model."""

    text: str
    error: str = ""
    step: str = ""
    """Class of its colour; empty where it has no floor."""


class Line(NamedTuple):
    """A model."""

    name: str
    converged: bool | None
    """None where nobody has judged it."""
    cells: list[Cell]


class ScoreTable(NamedTuple):
    """Every model of a data set."""

    dataset: str
    header: list[str]
    lines: list[Line]
    n: str
    """Images a side."""
    is_coloured: bool
    """Whether these are enough for all colours."""


def score_tables(tables: Iterable[pd.DataFrame]) -> list[ScoreTable]:
    """One table for each data set of which there are distances.

    Args:
        tables: rows of tables of distances (`darkpixel.metrics.rows`), of two-sample tests and of
            likelihoods; others are of no use, and left out.
    """
    needed = {"model", "dataset", "observable", "value"}
    of_use = [table for table in tables if needed <= set(table)]
    if not of_use:
        return []
    rows = pd.concat(of_use, ignore_index=True)
    for name in ("floor", "error", "species", "kind", "direction", "bound", "verdict"):
        if name not in rows:
            rows[name] = np.nan
    whole = rows["species"].isna() | rows["species"].isin(["", "all"])
    of_models = ~rows["model"].map(_is_no_model)
    rows = rows[whole & of_models & rows["direction"].isna()]
    found = []
    for dataset, chosen in rows.groupby("dataset", sort=False):
        if chosen["observable"].isin(MEASURES).any():
            found.append(_table(str(dataset), chosen))
    return found


def step_of(floors: float) -> str:
    """The class of a distance in noise floors."""
    return next(name for most, name in STEPS if floors < most or math.isinf(most))


def _is_no_model(source: str) -> bool:
    controls = source.startswith(MONTE_CARLO) or is_derived(source)
    return controls or snapshot_epoch(source) is not None


def _table(dataset: str, rows: pd.DataFrame) -> ScoreTable:
    distances = rows[rows["observable"].isin(MEASURES)]
    names = [name for name in MEASURES if name in set(distances["observable"])]
    areas = rows[rows["observable"] == "auc"]
    bits = rows[rows["observable"] == "bits_per_pixel"]
    header = [plain(OBSERVABLES[name]) for name in names]
    header += ["AUC, real or generated"] * (not areas.empty)
    header += ["bits per pixel"] * bool(bits["value"].notna().any())
    lines = []
    for model in ordered(distances["model"]):
        cells = [_floors(_of(distances, model, name)) for name in names]
        if not areas.empty:
            cells.append(_mean(_of(areas, model, "auc")))
        if bits["value"].notna().any():
            cells.append(_mean(_of(bits, model, "bits_per_pixel")))
        lines.append(Line(display_name(model, dataset), _converged(rows, model), cells))
    sizes = distances.loc[distances["n"] >= FEWEST, "n"]
    largest, smallest = sizes.max(), sizes.min()
    n = f"{largest:,.0f}" if largest == smallest else f"{smallest:,.0f} to {largest:,.0f}"
    return ScoreTable(dataset, header, lines, n, bool(smallest >= FEWEST_COLOURED))


def _of(rows: pd.DataFrame, model: str, observable: str) -> pd.DataFrame:
    """Of each label once: the same distance may stand in several tables."""
    found = rows[(rows["model"] == model) & (rows["observable"] == observable)]
    if observable == "auc" and len(found):
        found = found[found["kind"] == found["kind"].iloc[0]]
    return found.drop_duplicates("label")


def _floors(rows: pd.DataFrame) -> Cell:
    if (rows["n"] < FEWEST).any():
        return Cell("–")
    ratio, error = _average(rows["value"] / rows["floor"], rows["error"] / rows["floor"])
    if not math.isfinite(ratio):
        return Cell("–")
    value, _, spread = measured(ratio, error).partition(" ± ")
    return Cell(value, spread, step_of(ratio) if (rows["n"] >= FEWEST_COLOURED).all() else "")


def _mean(rows: pd.DataFrame) -> Cell:
    average, error = _average(rows["value"], rows["error"])
    value, _, spread = measured(average, error).partition(" ± ")
    bounded, weak = (bool((rows[name].fillna("") != "").any()) for name in ("bound", "verdict"))
    return Cell(f"({value})" if weak else f"≤ {value}" if bounded else value, spread)


def _average(values: "pd.Series[float]", errors: "pd.Series[float]") -> tuple[float, float]:
    """Over labels, with its error; NaN without values, or where a label has none."""
    if values.empty:
        return float("nan"), float("nan")
    error = math.sqrt(float(np.square(errors).sum(skipna=False))) / len(errors)
    return float(values.mean(skipna=False)), error


def _converged(rows: pd.DataFrame, model: str) -> bool | None:
    if "converged" not in rows:
        return None
    judged = rows.loc[rows["model"] == model, "converged"].dropna()
    return bool(judged.astype(bool).all()) if len(judged) else None
