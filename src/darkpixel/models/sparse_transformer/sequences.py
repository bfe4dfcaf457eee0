"""The non-zero pixels of images one after the other: what the model draws, step by step."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

_FEW = 16  # images a thread is worth starting for


class Sequences(NamedTuple):
    """The non-zero pixels of B images, in the order in which they are drawn.

    Attributes:
        pixels: (B, L) int64, row * W + column; H * W beyond the end.
        values: (B, L) float32, 0 beyond the end.
        counts: (B,) int64, non-zero pixels.
    """

    pixels: NDArray[np.int64]
    values: NDArray[np.float32]
    counts: NDArray[np.int64]

    def part(self, images: slice) -> "Sequences":
        return Sequences(self.pixels[images], self.values[images], self.counts[images])


def compiled(function: Kernel) -> Kernel:
    """Compile at the first call, without the interpreter's lock; kept on disk where that can be."""
    built: Any
    try:
        built = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder can be written
        built = numba.njit(nogil=True)(function)
    result: Kernel = built
    return result


def in_pieces(
    images: NDArray[np.float32], write: Callable[[slice, Sequences], None], threads: int
) -> Sequences:
    """The sequences of images (B, H, W), shared by threads.

    Args:
        images: contiguous.
        write: fills the sequences of a part of the images, which have their counts.
        threads: at most so many.
    """
    batch, height, width = images.shape
    counts = np.zeros(batch, np.int64)
    pieces = max(1, min(threads, batch // _FEW))
    bounds = np.linspace(0, batch, pieces + 1).astype(int).tolist()
    parts = [slice(start, stop) for start, stop in pairwise(bounds)]
    with ThreadPoolExecutor(pieces) as pool:
        list(pool.map(lambda part: _count(images[part], counts[part]), parts))
        longest = int(counts.max(initial=0))
        found = Sequences(
            np.full((batch, longest), height * width, np.int64),
            np.zeros((batch, longest), np.float32),
            counts,
        )
        list(pool.map(lambda part: write(part, found.part(part)), parts))
    return found


def in_fixed_order(
    images: NDArray[np.float32], order: NDArray[np.int64], threads: int = 1
) -> Sequences:
    """The non-zero pixels of images (B, H, W) in one order of all pixels.

    Args:
        images: not negative; a pixel is drawn if it is above zero.
        order: (H * W,) row * W + column of all pixels.
        threads: to share the images.

    Example:
        >>> image = np.float32([[0, 2], [3, 1]])
        >>> found = in_fixed_order(image[None], np.array([3, 2, 1, 0]))
        >>> found.pixels[0].tolist(), found.values[0].tolist()
        ([3, 2, 1], [1.0, 3.0, 2.0])
    """

    def write(part: slice, into: Sequences) -> None:
        _take_in_order(flat[part], order, into.pixels, into.values)

    images = np.ascontiguousarray(images, np.float32)
    flat = images.reshape(len(images), -1)
    return in_pieces(images, write, threads)


def largest_first(images: NDArray[np.float32], threads: int = 1) -> Sequences:
    """The non-zero pixels of images (B, H, W), the largest first; equal ones row by row.

    Args:
        images: not negative; a pixel is drawn if it is above zero.
        threads: to share the images.

    Example:
        >>> image = np.float32([[0, 2], [3, 1]])
        >>> found = largest_first(image[None])
        >>> found.pixels[0].tolist(), found.values[0].tolist()
        ([2, 1, 3], [3.0, 2.0, 1.0])
    """

    def write(part: slice, into: Sequences) -> None:
        _take_largest_first(flat[part], into.pixels, into.values)

    images = np.ascontiguousarray(images, np.float32)
    flat = images.reshape(len(images), -1)
    return in_pieces(images, write, threads)


@compiled
def _count(images: NDArray[np.float32], counts: NDArray[np.int64]) -> None:
    batch, height, width = images.shape
    for b in range(batch):
        n = 0
        for y in range(height):
            for x in range(width):
                n += images[b, y, x] > 0
        counts[b] = n


@compiled
def _take_in_order(
    images: NDArray[np.float32],
    order: NDArray[np.int64],
    pixels: NDArray[np.int64],
    values: NDArray[np.float32],
) -> None:
    for b in range(len(images)):
        n = 0
        for k in range(len(order)):
            if images[b, order[k]] > 0:
                pixels[b, n], values[b, n] = order[k], images[b, order[k]]
                n += 1


@compiled
def _take_largest_first(
    images: NDArray[np.float32], pixels: NDArray[np.int64], values: NDArray[np.float32]
) -> None:
    for b in range(len(images)):
        lit = np.flatnonzero(images[b] > 0)
        # Merge sort is stable: of equal pixels the first in the image comes first.
        order = lit[np.argsort(-images[b][lit], kind="mergesort")]
        for n in range(len(order)):
            pixels[b, n], values[b, n] = order[n], images[b, order[n]]
