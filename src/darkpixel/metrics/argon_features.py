"""Features of liquid-argon images that need no segmentation network: charge, shape, clusters."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from darkpixel.metrics.lartpc_observables import track_shapes

Array = npt.NDArray[np.float64]

ARGON_FEATURES = (
    "pixels", "charge", "maximum", "second", "effective", "log_mean", "log_width", "row",
    "column", "major", "minor", "cluster_length", "cluster_width", "charge_per_length", "clusters",
    "isolated",
)  # fmt: skip
"""Names of the columns of `argon_features`, in their order."""

_NEIGHBOURS = np.ones((1, 3, 3), dtype=bool)
_WITHIN_AN_IMAGE = np.concatenate([0 * _NEIGHBOURS, _NEIGHBOURS, 0 * _NEIGHBOURS])


def argon_features(images: npt.NDArray[np.floating], threshold: float) -> Array:
    """Sixteen features of each image, finite for blank ones.

    With Q the charge of a pixel, in units of the threshold, <x> = sum Q x / sum Q (0 for a blank
    image), and positions in pixels from the image's centre, rows downwards. Charges are taken as
    log(1 + Q): a few dense images, far out, would otherwise decide FPD (at 1000 images its error
    is 0.08 so, and 0.19 without).

    - `pixels`: above the threshold; `charge`: sum Q, of all pixels;
    - `maximum`, `second`: the two largest pixels;
    - `effective`: sum Q / sqrt(sum Q^2), the root of how many pixels share the charge;
    - `log_mean`, `log_width`: mean and standard deviation of log Q of the pixels above the
      threshold: where the peak of the energy loss lies, and how wide it is;
    - `row`, `column`: centroid; `major`, `minor`: root mean square extents along and across the
      principal axis of the charge;
    - `cluster_length`, `cluster_width`: extent of the largest cluster of pixels above the
      threshold (`darkpixel.metrics.lartpc_observables.track_shapes`);
    - `charge_per_length`: charge over that length plus one pixel, which a single pixel has;
    - `clusters`: of pixels above the threshold that touch, corners included; `isolated`: those
      that touch no other.

    Args:
        images: (N, H, W), any unit of charge.
        threshold: in that unit, above zero: what counts as a pixel with charge.

    Returns:
        (N, 16) float64, columns as in `ARGON_FEATURES`.
    """
    count, height, width = images.shape
    rows = np.repeat(np.arange(height) - (height - 1) / 2, width)
    columns = np.tile(np.arange(width) - (width - 1) / 2, height)
    above = images > threshold
    pixels = images.reshape(count, -1) / np.float64(threshold)
    total = pixels.sum(axis=1)
    moments = pixels @ np.stack([rows, columns, rows**2, columns**2, rows * columns], axis=1)

    def over(values: Array, sums: Array) -> Array:
        result: Array = np.divide(values, sums, out=np.zeros(count), where=sums > 0)
        return result

    row, column, row_square, column_square, mixed = (over(m, total) for m in moments.T)
    axes = _principal(row_square - row**2, column_square - column**2, mixed - row * column)
    filled = above.sum(axis=(1, 2)).astype(np.float64)
    logarithms = np.log(pixels, out=np.zeros(pixels.shape), where=above.reshape(count, -1))
    log_mean = over(logarithms.sum(axis=1), filled)
    log_square = over(np.einsum("ij,ij->i", logarithms, logarithms), filled)
    length, spread = track_shapes(above, 1.0)
    largest = np.partition(pixels, -2, axis=1)[:, -2:]
    clusters, isolated = _clusters(above)
    found = {
        "pixels": filled,
        "charge": np.log1p(total),
        "maximum": np.log1p(largest[:, 1]),
        "second": np.log1p(largest[:, 0]),
        "effective": over(total, np.sqrt(np.einsum("ij,ij->i", pixels, pixels))),
        "log_mean": log_mean,
        # rounding can leave the variance of a single pixel below zero
        "log_width": np.sqrt(np.maximum(log_square - log_mean**2, 0)),
        "row": row,
        "column": column,
        "major": axes[0],
        "minor": axes[1],
        "cluster_length": length,
        "cluster_width": spread,
        "charge_per_length": np.log1p(total / (length + 1)),
        "clusters": clusters,
        "isolated": isolated,
    }
    return np.stack([found[name] for name in ARGON_FEATURES], axis=1)


def _principal(a: Array, b: Array, c: Array) -> tuple[Array, Array]:
    """Roots of the larger and smaller eigenvalue of ((a, c), (c, b)), (N,) each."""
    middle, half = (a + b) / 2, np.hypot((a - b) / 2, c)
    larger: Array = np.sqrt(np.maximum(middle + half, 0))
    smaller: Array = np.sqrt(np.maximum(middle - half, 0))
    return larger, smaller


def _clusters(above: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Number of clusters of touching pixels of each image, and how many are a single pixel, (N,).

    Args:
        above: (N, H, W).
    """
    labels, number = ndimage.label(above, structure=_WITHIN_AN_IMAGE)
    image = np.nonzero(above)[0]
    cluster = labels[above]
    sizes = np.bincount(cluster, minlength=number + 1)
    owner = np.zeros(number + 1, dtype=np.intp)
    owner[cluster] = image
    count = len(above)
    # Label 0 is the background.
    every = np.bincount(owner[1:], minlength=count)
    single = np.bincount(owner[1:][sizes[1:] == 1], minlength=count)
    return every.astype(np.float64), single.astype(np.float64)
