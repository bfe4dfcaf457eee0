"""The axes of pixel values, which reach over decades, from image files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from darkpixel.figures.axis import CROWDED, OUTER, Axis
from darkpixel.metrics.images import ImageSummary, summarise_images

Array = npt.NDArray[np.float64]
BEYOND = 5
"""Pixels of the reference that may lie beyond an end of the axis."""
_FINE = 2000


class _Reach(NamedTuple):
    smallest: float
    largest: float
    end: float
    crowded: bool
    """Whether the first bin of a linear axis would hold most of the pixels."""


def pixel_value_axes(files: Mapping[str, Sequence[str | Path]], bins: int) -> dict[str, Axis]:
    """An axis for the non-zero pixels of each label: as many bins, and marked ones for all beyond.

    It ends a tenth beyond the value that at most `BEYOND` pixels exceed. If then the first bin of
    one label held most of its pixels, all are logarithmic, and begin where at most as many pixels
    are smaller.

    Args:
        files: label -> image files.
    """
    found = {label: _reach(list(paths), bins) for label, paths in files.items()}
    logarithmic = any(reach.crowded for reach in found.values())
    return {
        label: _logarithmic(list(paths), found[label], bins)
        if logarithmic and found[label].smallest < found[label].end
        else _linear(found[label].end, bins)
        for label, paths in files.items()
    }


def summary_on(axis: Axis, paths: Sequence[str | Path], centre: int = 3) -> ImageSummary:
    """The images of `paths`, whose pixels are counted in the bins of `axis`, each in one."""
    edges = np.append(0.0, axis.edges[1:]) if axis.below else axis.edges
    return summarise_images(list(paths), edges, centre)


def _reach(paths: list[str | Path], bins: int) -> _Reach:
    found = summarise_images(paths, [0.0, 1.0])
    largest = found.largest or 1.0
    fine = np.linspace(0.0, largest, _FINE + 1)
    counts = summarise_images(paths, fine).counts["all"]
    above = counts[::-1].cumsum()[::-1]  # pixels in this bin or a higher one
    end = 1.1 * float(fine[max(1, int(np.count_nonzero(above > BEYOND)))])
    first = int(np.searchsorted(fine, end / bins))
    crowded = bool(counts[:first].sum() > CROWDED * counts.sum())
    return _Reach(found.smallest if found.largest else largest, largest, end, crowded)


def _linear(end: float, bins: int) -> Axis:
    return Axis(np.append(np.linspace(0.0, end, bins + 1), end * (1 + OUTER)), above=True)


def _logarithmic(paths: list[str | Path], reach: _Reach, bins: int) -> Axis:
    fine = np.geomspace(reach.smallest / 1.001, 1.001 * reach.largest, _FINE + 1)
    below = summarise_images(paths, fine).counts["all"].cumsum()  # in this bin or a lower one
    place = min(int(np.count_nonzero(below <= BEYOND)), _FINE)
    start = min(float(fine[place]), reach.end / 10)
    inner, outer = np.geomspace(start, reach.end, bins + 1), (reach.end / start) ** OUTER
    return Axis(np.concatenate([[start / outer], inner, [reach.end * outer]]), True, True, True)
