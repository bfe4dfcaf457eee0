"""Means of images in bins of momentum, and how far those of two sets are apart."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

RESPONSES = ("length", "charge", "pixels")
"""Whose means are compared; columns of `darkpixel.metrics.lartpc_shapes.shape_observables`."""
MOST_BINS = 8
FEWEST_TEST = 30
"""Test images from which a bin is one; bins with fewer are joined with the next ones."""
FEWEST = 10
"""Images on either side from which a mean is compared; its error needs some."""


class Means(NamedTuple):
    """Of images in B bins of momentum, each (B, observables) but for `images`."""

    mean: Array
    error: Array
    images: Indices
    """(B,)"""


class Deviations(NamedTuple):
    """Of one side from the other in B bins, each (B, observables); NaN where not compared."""

    pull: Array
    relative: Array
    relative_error: Array

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The bins of several species."""
        return cls(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def summary(self) -> dict[str, Array]:
        """(observables,) each: chi2 over bins, the largest pull, the mean relative deviation."""
        known = np.isfinite(self.pull)
        pulls = np.where(known, self.pull, 0)
        ndf = known.sum(0)
        some = np.where(ndf, ndf, np.nan)
        where = np.abs(pulls).argmax(0)
        largest = np.take_along_axis(pulls, where[None], 0)[0]
        relative = np.where(known, self.relative, 0).sum(0) / some
        squares = np.where(known, self.relative_error**2, 0).sum(0)
        return {
            "chi2_ndf": (pulls**2).sum(0) / some,
            "ndf": ndf,
            "largest": np.where(ndf, largest, np.nan),
            "where": where,
            "deviation": relative,
            "deviation_error": np.sqrt(squares) / some,
        }


def momentum_edges(momenta: Array) -> Array:
    """Edges (bins + 1,) of momenta (n,), n >= 1, of equal width before bins are joined.

    Example:
        >>> momentum_edges(np.linspace(100, 500, 130)).tolist()
        [100.0, 300.0, 500.0]
        >>> momentum_edges(np.linspace(100, 500, 30)).tolist()
        [100.0, 500.0]
    """
    low, high = float(momenta.min()), float(momenta.max())
    if low == high:
        return np.array([low, np.nextafter(high, np.inf)])
    edges = np.linspace(low, high, max(1, min(MOST_BINS, len(momenta) // (2 * FEWEST_TEST))) + 1)
    counts = np.bincount(_bin(momenta, edges), minlength=len(edges))[:-1]
    kept, held = [0], 0
    for number, count in enumerate(counts):
        held += int(count)
        if held >= FEWEST_TEST:
            kept.append(number + 1)
            held = 0
    if kept[-1] != len(counts):  # too few are left for a bin of their own
        kept = [*kept[:-1], len(counts)] if len(kept) > 1 else [0, len(counts)]
    found: Array = edges[kept]
    return found


def _bin(momenta: Array, edges: Array) -> Indices:
    """(n,) number of the bin; that of no bin, `len(edges) - 1`, beyond the edges."""
    last = len(edges) - 1
    number = np.searchsorted(edges, momenta, side="right") - 1
    number = np.where(momenta == edges[-1], last - 1, number)
    return np.where((momenta < edges[0]) | (momenta > edges[-1]), last, number)


def means_in_bins(images: pd.DataFrame, edges: Array, momenta: Array | None = None) -> Means:
    """Means of `RESPONSES` and their standard errors; NaN where there are too few images.

    Args:
        images: with columns `momentum` and `RESPONSES`.
        edges: (bins + 1,), MeV/c; images beyond them are left out.
        momenta: (n,) taken instead of the images' own.
    """
    own = images["momentum"].to_numpy(np.float64) if momenta is None else momenta
    number = _bin(own, edges)
    values = images[list(RESPONSES)].to_numpy(np.float64)
    last = len(edges) - 1
    count = np.bincount(number, minlength=last + 1)

    def sums(some: Array) -> Array:
        columns = [np.bincount(number, column, minlength=last + 1) for column in some.T]
        return np.stack(columns, 1)

    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums(values) / count[:, None]
        variance = sums((values - mean[number]) ** 2) / (count[:, None] - 1)
        error = np.sqrt(variance / count[:, None])
    return Means(mean[:last], error[:last], count[:last])


def deviations_of(made: Means, simulated: Means) -> Deviations:
    """Of one side from the other; NaN where a side has too few images."""
    enough = (np.minimum(made.images, simulated.images) >= FEWEST)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = (made.mean - simulated.mean) / np.hypot(made.error, simulated.error)
        ratio = made.mean / simulated.mean
        error = np.hypot(made.error, ratio * simulated.error) / np.abs(simulated.mean)
    known = enough & np.isfinite(pull) & np.isfinite(error)
    return Deviations(*(np.where(known, values, np.nan) for values in (pull, ratio - 1, error)))
