"""The axis of pixel values, which reach over decades, from image files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from darkpixel.figures.axis import CROWDED, OUTER, Axis
from darkpixel.metrics.images import ImageSummary, summarise_images

Array = npt.NDArray[np.float64]
BEYOND = 5
"""Pixels of the reference that may lie beyond an end of the axis."""
_FINE = 2000


def pixel_value_axis(paths: Sequence[str | Path], bins: int) -> Axis:
    """An axis for the non-zero pixels of `paths`, as many bins, and marked ones for all beyond.

    It ends a tenth beyond the value that at most `BEYOND` pixels exceed. If then the first bin held
    most of the pixels, it is logarithmic, and begins where at most as many pixels are smaller.
    """
    found = summarise_images(list(paths), [0.0, 1.0])
    largest = found.largest or 1.0
    smallest = found.smallest if found.largest else largest / 10
    fine = np.linspace(0.0, largest, _FINE + 1)
    counts = summarise_images(list(paths), fine).counts["all"]
    above = counts[::-1].cumsum()[::-1]  # pixels in this bin or a higher one
    end = 1.1 * float(fine[max(1, int(np.count_nonzero(above > BEYOND)))])
    inner = np.linspace(0.0, end, bins + 1)
    crowded = counts[: int(np.searchsorted(fine, inner[1]))].sum() > CROWDED * counts.sum()
    if not crowded or smallest >= end:
        return Axis(np.append(inner, end * (1 + OUTER)), above=True)
    fine = np.geomspace(smallest / 1.001, 1.001 * largest, _FINE + 1)
    below = summarise_images(list(paths), fine).counts["all"].cumsum()  # in this bin or a lower one
    start = min(float(fine[int(np.count_nonzero(below <= BEYOND))]), end / 10)
    inner, outer = np.geomspace(start, end, bins + 1), (end / start) ** OUTER
    return Axis(np.concatenate([[start / outer], inner, [end * outer]]), True, True, True)


def summary_on(axis: Axis, paths: Sequence[str | Path], centre: int = 3) -> ImageSummary:
    """The images of `paths`, whose pixels are counted in the bins of `axis`, each in one."""
    edges = np.append(0.0, axis.edges[1:]) if axis.below else axis.edges
    return summarise_images(list(paths), edges, centre)
