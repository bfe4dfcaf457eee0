"""Histograms of generated images of any origin beside the reference: `darkpixel evaluate`."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.axis import axis_of
from darkpixel.figures.curves import MOST_MODELS
from darkpixel.figures.style import look, palette
from darkpixel.figures.written import as_written
from darkpixel.tables.score import NAMES

_BINS, _COLUMNS = 40, 3
_BEYOND = 0.001
"""Share of the reference beyond each end of an axis; what lies there is in a marked bin."""
_ROW, _HEAD = 2.5, 0.4  # inches


def score_histograms(
    observables: pd.DataFrame, files: Sequence[str], names: Sequence[str], unit: str
) -> bytes:
    """One panel an observable, as a PNG; with many files a block of panels for a few of them.

    Args:
        observables: of every image, by `model`.
        files: the models to be drawn; after six, colours come again.
        names: columns.
        unit: of the pixels, for the axes.
    """
    blocks = [files[start : start + MOST_MODELS] for start in range(0, len(files), MOST_MODELS)]
    rows = -(-len(names) // _COLUMNS)
    with look():
        tall = (_ROW * rows + _HEAD) * len(blocks)
        figure = Figure(figsize=(3.2 * _COLUMNS, tall), layout="constrained")
        parts = figure.subfigures(len(blocks), 1, squeeze=False)
        for number, (part, block) in enumerate(zip(parts[:, 0], blocks, strict=True)):
            colours = {MONTE_CARLO: "black"}
            for place, file in enumerate(block):
                colours[file] = palette(number * MOST_MODELS + place)
            grid = part.subplots(rows, _COLUMNS, squeeze=False)
            for axes, name in zip(grid.flat, names, strict=False):
                values = {
                    file: observables.loc[observables["model"] == file, name].to_numpy(float)
                    for file in colours
                }
                _draw(axes, values, colours)
                of_unit = f" [{unit}]" if unit and name in ("pt", "mass", "sum", "maximum") else ""
                axes.set_xlabel(f"{NAMES[name].removeprefix('W1 of ')}{of_unit}")
                axes.set_ylabel("share of images / bin")
            for axes in grid.flat[len(names) :]:
                axes.remove()
            handles, labels = grid[0, 0].get_legend_handles_labels()
            across = max(1, min(len(labels), int(150 / (8 + max(map(len, labels))))))
            part.legend(handles, labels, ncols=across, loc="outside upper center")
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _draw(axes: Axes, values: dict[str, np.ndarray], colours: dict[str, str]) -> None:
    reference = values[MONTE_CARLO]
    present = reference[~np.isnan(reference)]
    whole = bool(np.all(present == np.round(present)))
    axis = axis_of(reference, values.values(), bins=_BINS, beyond=_BEYOND, whole=whole)
    axis.draw(axes)
    for file, some in values.items():
        called, height = ("reference", 3) if file == MONTE_CARLO else (as_written(file), 2)
        axes.stairs(
            axis.shares(some).heights, axis.edges, label=called, color=colours[file], zorder=height
        )
    axes.set_yscale("log")
