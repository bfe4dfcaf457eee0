"""Histograms of several models over a Monte Carlo reference, with a panel of their ratios."""

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import ColorType

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.axis import Axis, Histogram
from darkpixel.figures.style import line_styles, source_name
from darkpixel.metrics.order import ordered

Array = npt.NDArray[np.float64]
# Ratios to bins with fewer than about eight Monte Carlo entries would only show noise.
LARGEST_RELATIVE_ERROR = 0.35
TALLEST = 2.5
"""Height of a linear axis in units of Monte Carlo's highest bin: a model may have a spike."""
_ARROW = 3.0  # points
_ABOVE, _BELOW = "^", "v"


def draw_with_ratio(
    main: Axes,
    ratio: Axes,
    axis: Axis,
    histograms: Mapping[str, Histogram],
    *,
    dataset: str,
    late: Collection[str] = (),
    ratio_range: tuple[float, float] = (0.5, 1.5),
    covered: float = 0.06,
    logarithmic: bool = False,
) -> None:
    """Monte Carlo as a grey area, models as lines; below, model over Monte Carlo.

    Bands are one standard deviation: grey the Monte Carlo's own, coloured each model's. Bins
    where the Monte Carlo's relative error exceeds 0.35 have no ratio. What lies outside a panel is
    marked at its edge by an arrow in the model's colour; in a bin of all values beyond, by the
    share that it holds.

    Args:
        histograms: model -> histogram; must hold `monte_carlo`.
        late: models that the legend shall call not converged.
        covered: share of the upper panel, at its top, that is kept free for text.
        logarithmic: heights.
    """
    # By hand because the comparisons of mplhep take one model at a time, draw the reference's band
    # anew for each, and show a ratio in every bin (docs/dependencies.md).
    edges, reference = axis.edges, histograms[MONTE_CARLO]
    main.stairs(reference.heights, edges, fill=True, color="0.85")
    band(main, edges, reference.heights, reference.errors, "0.5", 0.35)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = reference.errors / reference.heights
    filled = relative < LARGEST_RELATIVE_ERROR  # false for the NaN of an empty bin
    relative = np.where(filled, relative, np.nan)
    band(ratio, edges, np.ones_like(relative), relative, "0.5", 0.35)
    ratio.axhline(1.0, color="0.3", linewidth=0.7)
    _heights(main, axis, histograms, covered, logarithmic)
    ratio.set_ylim(*ratio_range)
    axis.draw(main)
    axis.draw(ratio, names=False)
    styles = line_styles(histograms)
    for slot, model in enumerate(ordered(histograms)):
        histogram, style = histograms[model], styles[model]
        label = source_name(model, dataset, late)
        main.stairs(histogram.heights, edges, label=label, **style)
        mark_taller(main, axis, histogram.heights, style["color"], slot)
        if model == MONTE_CARLO:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = np.where(filled, histogram.heights / reference.heights, np.nan)
            errors = np.where(filled, histogram.errors / reference.heights, np.nan)
        ratio.stairs(heights, edges, baseline=None, **style)
        band(ratio, edges, heights, errors, style["color"], 0.15)
        mark_outside(ratio, _centres(axis), heights, style["color"], slot - 1)
    for axes in (main, ratio):
        axes.set_xlim(edges[0], edges[-1])
    main.tick_params(labelbottom=False)
    ratio.yaxis.set_major_locator(MaxNLocator(4, prune="both"))


def mark_outside(axes: Axes, x: Array, y: Array, colour: ColorType, slot: int) -> None:
    """An arrow at the panel's edge for each point (n,) of a curve that lies beyond it.

    Args:
        slot: place among the curves of the panel, each of which has its own height for arrows.
    """
    low, high = axes.get_ylim()
    figure = axes.get_figure(root=True)
    assert figure is not None
    inches = axes.get_position().height * figure.get_size_inches()[1]
    step = 1.25 * _ARROW / 72 / inches
    for marker, beyond, from_edge in ((_ABOVE, y > high, False), (_BELOW, y < low, True)):
        if not beyond.any():
            continue
        height = (slot + 0.6) * step
        axes.plot(
            x[beyond], np.full(int(beyond.sum()), height if from_edge else 1 - height), marker,
            color=colour, markersize=_ARROW, markeredgewidth=0, zorder=4,
            transform=axes.get_xaxis_transform(),
        )  # fmt: skip


def mark_taller(axes: Axes, axis: Axis, heights: Array, colour: ColorType, slot: int) -> None:
    """Mark the bins (bins,) of a curve that end above the panel; see `draw_with_ratio`."""
    _, high = axes.get_ylim()
    seen = np.maximum(heights, axes.get_ylim()[0])  # an empty bin needs no mark on a log scale
    mark_outside(axes, _centres(axis)[axis.inner], seen[axis.inner], colour, slot)
    for marked, bin_ in ((axis.below, 0), (axis.above, -1)):
        if marked and heights[bin_] > high:
            axes.text(
                _centres(axis)[bin_], 0.98 - 0.16 * slot, f"{100 * heights[bin_]:.0f}%",
                color=colour, fontsize=6, rotation=90, ha="center", va="top", zorder=5,
                transform=axes.get_xaxis_transform(),
                bbox={"facecolor": "white", "alpha": 0.7, "pad": 0.3, "linewidth": 0},
            )  # fmt: skip


def _centres(axis: Axis) -> Array:
    left, right = axis.edges[:-1], axis.edges[1:]
    return np.sqrt(left * right) if axis.logarithmic else (left + right) / 2


def _heights(
    main: Axes, axis: Axis, histograms: Mapping[str, Histogram], covered: float, logarithmic: bool
) -> None:
    """Scale and limits: a linear scale ends at most `TALLEST` times above Monte Carlo.

    It leaves out of account the bins of all values beyond, whose shares are written.
    """
    if logarithmic:
        every = np.concatenate([histogram.heights for histogram in histograms.values()])
        filled = every[every > 0]
        low, high = (filled.min() / 2, 2 * filled.max()) if filled.size else (0.1, 1.0)
        main.set_yscale("log")
        main.set_ylim(low, low * (high / low) ** (1 / (1 - covered)))
        return
    inner = axis.inner
    tops = [float((h.heights + h.errors)[inner].max(initial=0.0)) for h in histograms.values()]
    limit = TALLEST * float(histograms[MONTE_CARLO].heights[inner].max(initial=0.0))
    main.set_ylim(0, (min(max(tops), limit or np.inf) or 1.0) / (1 - covered))


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
