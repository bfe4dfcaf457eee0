"""Clusters of pixels of liquid-argon images, and the axis along which each one lies."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

# Neighbours in row, column and diagonal of one image; no neighbours in other images.
_NEIGHBOURS = np.zeros((3, 3, 3), dtype=bool)
_NEIGHBOURS[1] = True


class Pixels(NamedTuple):
    """The chosen pixels (P,) of N images, in the order of images, rows and columns."""

    image: Indices
    row: Indices
    column: Indices
    cluster: Indices
    """Number of the pixel's cluster; clusters of no two images have one number."""


def clustered(mask: Mask, *, across_gaps: bool = False) -> Pixels:
    """The pixels of each image, and which of them belong together.

    Args:
        mask: (N, H, W), true where a pixel counts.
        across_gaps: pixels also belong together if at most two empty pixels lie between them (in
            row, column or diagonal); else only where they touch, at least with their corners.
    """
    found, _ = ndimage.label(_dilated(mask) if across_gaps else mask, structure=_NEIGHBOURS)
    image, row, column = np.nonzero(mask)
    return Pixels(image, row, column, found[image, row, column])


class Axes(NamedTuple):
    """The principal axes of one group of pixels of each image; see `principal_axes`."""

    along: Array
    """(P,) place of each pixel along the axis, from the group's centre, pixels."""
    across: Array
    """(P,) distance from the axis, with its sign."""
    centre: Array
    """(N, 2) mean row and column of the group's pixels; 0 without any."""
    direction: Array
    """(N, 2) of the axis, in rows and columns: a unit vector."""
    first: Array
    """(N,) smallest of `along`; 0 without pixels."""
    last: Array
    """(N,) largest of `along`; 0 without pixels."""
    spread: Array
    """(N, 2) root mean square of `along` and of `across`."""


def principal_axes(image: Indices, row: Indices, column: Indices, count: int) -> Axes:
    """The axis of the covariance of pixels' positions, each pixel counted once.

    Args:
        image: (P,) number of each pixel's image, ascending.
        row, column: (P,) its place.
        count: N, images.
    """
    pixels = np.bincount(image, minlength=count)

    def mean(values: Array) -> Array:
        """(N,) over the pixels of each image."""
        result: Array = np.bincount(image, values, count) / np.maximum(pixels, 1)
        return result

    y, x = row.astype(np.float64), column.astype(np.float64)
    centre = np.stack([mean(y), mean(x)], axis=1)
    y, x = y - centre[image, 0], x - centre[image, 1]
    angle = 0.5 * np.arctan2(2 * mean(x * y), mean(x * x) - mean(y * y))
    direction = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    sine, cosine = direction[image].T
    along, across = x * cosine + y * sine, y * cosine - x * sine
    first, last = np.zeros(count), np.zeros(count)
    if len(image):
        filled, start = np.unique(image, return_index=True)
        first[filled] = np.minimum.reduceat(along, start)
        last[filled] = np.maximum.reduceat(along, start)
    spread = np.sqrt(np.stack([mean(along**2), mean(across**2)], axis=1))
    return Axes(along, across, centre, direction, first, last, spread)


def _dilated(mask: Mask) -> Mask:
    """`mask` (N, H, W), grown by one pixel in all eight directions of each image."""
    for axis in (1, 2):
        grown = mask.copy()
        ahead = [slice(None)] * 3
        behind = [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        grown[tuple(ahead)] |= mask[tuple(behind)]
        grown[tuple(behind)] |= mask[tuple(ahead)]
        mask = grown
    return mask
