"""Histograms of generated images of any origin beside the reference: `darkpixel evaluate`."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.style import legend_of_all_axes, look
from darkpixel.tables.score import NAMES

_COLOURS = ("#D55E00", "#0072B2", "#117733", "#CC79A7", "#E69F00", "#56B4E9")
_BINS, _COLUMNS = 40, 3
_BEYOND = 0.001
"""Share of the reference beyond each end of an axis; what lies there counts in the last bin."""


def score_histograms(
    observables: pd.DataFrame, files: Sequence[str], names: Sequence[str], unit: str
) -> bytes:
    """One panel an observable, as a PNG.

    Args:
        observables: of every image, by `model`.
        files: the models to be drawn, at most six.
        names: columns.
        unit: of the pixels, for the axes.
    """
    rows = -(-len(names) // _COLUMNS)
    reference = observables[observables.model == MONTE_CARLO]
    with look():
        figure = Figure(figsize=(3.2 * _COLUMNS, 2.5 * rows + 0.4), layout="constrained")
        grid = figure.subplots(rows, _COLUMNS, squeeze=False)
        for axes, name in zip(grid.flat, names, strict=False):
            edges = _edges(reference[name].to_numpy(float))
            for file, style in [(MONTE_CARLO, {"color": "black"}), *_styles(files)]:
                values = observables[observables.model == file][name].to_numpy(float)
                inside = np.clip(values, edges[0], np.nextafter(edges[-1], edges[0]))
                shares = np.histogram(inside, edges)[0] / max(len(values), 1)
                label = "reference" if file == MONTE_CARLO else file
                axes.stairs(shares, edges, label=label, **style)
            of_unit = f" [{unit}]" if unit and name in ("pt", "mass", "sum", "maximum") else ""
            called = NAMES[name].removeprefix("W1 of ")
            axes.set_xlabel(f"{called}{of_unit}, outermost bins: and beyond")
            axes.set_yscale("log")
            axes.set_ylabel("share of images / bin")
        for axes in grid.flat[len(names) :]:
            axes.remove()
        legend_of_all_axes(figure, loc="outside upper center")
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _styles(files: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    return [(file, {"color": colour}) for file, colour in zip(files, _COLOURS, strict=False)]


def _edges(values: np.ndarray) -> np.ndarray:
    low, high = np.quantile(values, [_BEYOND, 1 - _BEYOND])
    whole = bool(np.all(values == np.round(values)))
    if whole and high - low < _BINS:
        return np.arange(low - 0.5, high + 1.5)
    return np.linspace(low, high if high > low else low + 1, _BINS + 1)
