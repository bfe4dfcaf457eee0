"""The axis of a histogram: where its bins end, and the bins that hold all values beyond."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator

Array = npt.NDArray[np.float64]
OUTER = 0.06
"""Width of a bin of all values beyond, as a share of the axis: wide enough to be seen and named."""
CROWDED = 0.5
"""A linear axis whose first bin holds more than this share of the reference becomes logarithmic."""


@dataclass(frozen=True)
class Histogram:
    """Heights and statistical errors, (bins,): the share of all images, or pixels, in each bin."""

    heights: Array
    errors: Array


@dataclass(frozen=True)
class Axis:
    """The bins of an axis. Every value lies in one of them: the marked ones have no end."""

    edges: Array
    """(bins + 1,), those of the marked bins included."""
    below: bool = False
    """Whether the first bin is marked, and holds all that is less."""
    above: bool = False
    """Whether the last bin is marked, and holds all that is more."""
    logarithmic: bool = False
    whole: bool = False
    """Whether values are whole numbers."""

    @property
    def inner(self) -> slice:
        """The bins that are not marked."""
        return slice(int(self.below), len(self.edges) - 1 - int(self.above))

    def counts(self, values: npt.ArrayLike) -> Array:
        """Number of `values` in each bin, (bins,); NaN are in none.

        Raises:
            ValueError: a value lies beyond an end that no bin is marked for.
        """
        given = np.asarray(values, dtype=np.float64)
        present = given[~np.isnan(given)]
        low, high = self.edges[[0, -1]]
        if present.size and (
            (present.min() < low and not self.below) or (present.max() > high and not self.above)
        ):
            raise ValueError(f"values beyond an axis from {low:g} to {high:g} would not be shown")
        found: Array = np.histogram(np.clip(present, low, high), self.edges)[0].astype(np.float64)
        return found

    def shares(self, values: npt.ArrayLike) -> Histogram:
        """Share of all `values` in each bin, with Poisson errors; NaN count as values too."""
        counts, size = self.counts(values), max(np.size(np.asarray(values)), 1)
        return Histogram(counts / size, np.sqrt(counts) / size)

    def draw(self, axes: Axes, *, names: bool = True) -> None:
        """Scale, limits and ticks of `axes`; the marked bins are shaded and, if wished, named."""
        axes.set_xscale("log" if self.logarithmic else "linear")
        axes.set_xlim(self.edges[0], self.edges[-1])
        start, end = self.edges[[self.inner.start, self.inner.stop]]
        axes.xaxis.set_major_locator(FixedLocator(_within(self._ticks(start, end), start, end)))
        axes.xaxis.set_minor_locator(FixedLocator(_within(self._small(start, end), start, end)))
        for marked, bin_, text in ((self.below, 0, "less"), (self.above, -2, "more")):
            if not marked:
                continue
            left, right = self.edges[bin_], self.edges[bin_ + 1]
            axes.axvspan(left, right, color="0.92", zorder=0)
            if names:
                middle = (left * right) ** 0.5 if self.logarithmic else (left + right) / 2
                style: dict[str, Any] = {"ha": "center", "va": "bottom", "rotation": 90}
                axes.text(
                    middle, 0.03, text, fontsize=6.5, color="0.25", zorder=5,
                    transform=axes.get_xaxis_transform(),
                    **style,
                )  # fmt: skip

    def _ticks(self, start: float, end: float) -> Array:
        if self.logarithmic:
            return np.asarray(LogLocator().tick_values(start, end))
        locator = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], integer=self.whole)
        return np.asarray(locator.tick_values(start, end))

    def _small(self, start: float, end: float) -> Array:
        if self.logarithmic:
            return np.asarray(LogLocator(subs=range(2, 10)).tick_values(start, end))
        large = self._ticks(start, end)
        step = (large[1] - large[0]) / 5
        if self.whole and step < 1:
            return large
        return np.arange(large[0] - 5 * step, large[-1] + 5 * step, step)


def axis_of(
    reference: npt.ArrayLike,
    others: Iterable[npt.ArrayLike] = (),
    *,
    bins: int,
    beyond: float = 0.002,
    whole: bool = False,
) -> Axis:
    """An axis that shows the reference; a bin is marked at an end where any value lies beyond it.

    It reaches from quantile to quantile of the reference, widened by a tenth, and begins at 0
    where nothing is negative and 0 is near. An axis from 0 whose first bin would hold most of the
    reference is logarithmic instead.

    Args:
        reference: values, any shape; NaN are ignored.
        others: values of whatever else is drawn on the axis.
        bins: that are not marked, at most.
        beyond: share of the reference that may lie beyond either end.
        whole: values are whole numbers: no bin holds a part of one, and the axis is linear.
    """
    shown = _present(reference)
    every = np.concatenate([shown, *(_present(some) for some in others)])
    lowest, highest = (every.min(), every.max()) if every.size else (0.0, 1.0)
    low, high = np.quantile(shown, [beyond, 1 - beyond]) if shown.size else (lowest, highest)
    margin = 0.1 * (high - low) or 0.5
    start, end = low - margin, high + margin
    if shown.size and shown.min() >= 0 and start < (end - start) / bins:
        start = 0.0
    if whole:
        first = np.floor(max(start, 0.0) if lowest >= 0 else start)
        width = max(1.0, np.ceil((end - first) / bins))
        inner = first - 0.5 + width * np.arange(np.ceil((end + 0.5 - first) / width) + 1)
    else:
        inner = np.linspace(start, end, bins + 1)
        positive = shown[shown > 0]
        if start == 0 and positive.size and (shown < inner[1]).mean() > CROWDED:
            return _logarithmic(positive, end, lowest, highest, bins, beyond)
    outer = OUTER * (inner[-1] - inner[0])
    below, above = bool(lowest < inner[0]), bool(highest > inner[-1])
    edges = np.concatenate(
        [[inner[0] - outer] * below, inner, [inner[-1] + outer] * above]
    )  # fmt: skip
    return Axis(edges, below, above, whole=whole)


def _logarithmic(
    positive: Array, end: float, lowest: float, highest: float, bins: int, beyond: float
) -> Axis:
    start = min(float(np.quantile(positive, beyond)), end / 2)
    inner = np.geomspace(start, end, bins + 1)
    outer = (end / start) ** OUTER
    below, above = bool(lowest < start), bool(highest > end)
    edges = np.concatenate([[start / outer] * below, inner, [end * outer] * above])
    return Axis(edges, below, above, logarithmic=True)


def _present(values: npt.ArrayLike) -> Array:
    given = np.asarray(values, dtype=np.float64).ravel()
    return given[~np.isnan(given)]


def _within(ticks: npt.ArrayLike, start: float, end: float) -> list[float]:
    room = 1e-9 * (end - start)
    return [float(tick) + 0.0 for tick in np.asarray(ticks) if start - room <= tick <= end + room]
