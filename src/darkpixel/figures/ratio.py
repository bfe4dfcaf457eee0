"""Histograms of several models over a Monte Carlo reference, with a panel of their ratios."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mplhep
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import ColorType

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.style import line_style
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import display_name

Array = npt.NDArray[np.float64]
# Ratios to bins with fewer than about eight Monte Carlo entries would only show noise.
LARGEST_RELATIVE_ERROR = 0.35


@dataclass(frozen=True)
class Histogram:
    """Heights and statistical errors, (bins,), in any one normalisation."""

    heights: Array
    errors: Array
    note: str = ""
    """Added to the legend entry."""


def density(values: Array, edges: Array) -> Histogram:
    """Share of all `values` per bin and unit of the axis, with Poisson errors.

    Values outside the edges count in the normalisation, so a model's lost tail stays visible.
    """
    counts = np.histogram(values, edges)[0].astype(np.float64)
    scale = len(values) * np.diff(edges)
    return Histogram(counts / scale, np.sqrt(counts) / scale)


def draw_with_ratio(
    main: Axes,
    ratio: Axes,
    edges: Array,
    histograms: Mapping[str, Histogram],
    *,
    dataset: str,
    ratio_range: tuple[float, float] = (0.5, 1.5),
) -> None:
    """Monte Carlo as a grey area, models as lines; below, model over Monte Carlo.

    Bands are one standard deviation: grey the Monte Carlo's own, coloured each model's. Bins
    where the Monte Carlo's relative error exceeds 0.35 have no ratio.

    Args:
        edges: (bins + 1,).
        histograms: model -> histogram; must hold `monte_carlo`.
    """
    # By hand because mplhep's comparisons take one model at a time, draw the reference's band anew
    # for each, and show a ratio in every bin (docs/dependencies.md).
    reference = histograms[MONTE_CARLO]
    main.stairs(reference.heights, edges, fill=True, color="0.85")
    band(main, edges, reference.heights, reference.errors, "0.5", 0.35)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = reference.errors / reference.heights
    filled = relative < LARGEST_RELATIVE_ERROR  # false for the NaN of an empty bin
    relative = np.where(filled, relative, np.nan)
    band(ratio, edges, np.ones_like(relative), relative, "0.5", 0.35)
    ratio.axhline(1.0, color="0.3", linewidth=0.7)
    for model in ordered(histograms):
        histogram = histograms[model]
        style = line_style(model)
        label = display_name(model, dataset) + (f" {histogram.note}" if histogram.note else "")
        mplhep.histplot(
            histogram.heights, edges, ax=main, histtype="step", yerr=False, label=label,
            **style,
        )  # fmt: skip
        if model == MONTE_CARLO:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = np.where(filled, histogram.heights / reference.heights, np.nan)
            errors = np.where(filled, histogram.errors / reference.heights, np.nan)
        mplhep.histplot(heights, edges, ax=ratio, histtype="step", yerr=False, edges=False, **style)
        band(ratio, edges, heights, errors, style["color"], 0.15)
    main.set_xlim(edges[0], edges[-1])
    main.tick_params(labelbottom=False)
    ratio.set_xlim(edges[0], edges[-1])
    ratio.set_ylim(*ratio_range)
    ratio.yaxis.set_major_locator(MaxNLocator(4, prune="both"))


def mark_overflow(axes: Axes, edges: Array, *, above: bool = False, below: bool = False) -> None:
    """Mark the first and last bin of edges (bins + 1,) as those of all values beyond."""
    for wanted, start, end, text in ((below, 0, 1, "less"), (above, -2, -1, "more")):
        if wanted:
            axes.axvspan(edges[start], edges[end], color="0.93", zorder=0)
            middle = (edges[start] + edges[end]) / 2
            style: dict[str, Any] = {"ha": "center", "va": "bottom", "rotation": 90}
            axes.text(
                middle,
                0.02,
                text,
                fontsize=6.5,
                color="0.3",
                transform=axes.get_xaxis_transform(),
                **style,
            )


def band(
    axes: Axes, edges: Array, centre: Array, half: Array, colour: ColorType, alpha: float
) -> None:
    """Shade centre ± half, (bins,), as steps."""
    axes.stairs(
        centre + half,
        edges,
        baseline=centre - half,
        fill=True,
        color=colour,
        alpha=alpha,
        linewidth=0,
    )
