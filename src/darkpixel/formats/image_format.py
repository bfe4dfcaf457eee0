"""The image file's format: what its reader and its writer agree on.

HDF5 with `images` (N, H, W) float32, one dataset of length N per event attribute ("column"),
`pixel_labels` (N, H, W) uint8 where pixel truth exists, and root attributes that say what the
images are. Everything is gzip + shuffle compressed and chunked along images. A user's own file
needs only `images`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = "darkpixel-images"
VERSION = 1

LARGEST_IMAGE = 2**24
"""Pixels: 64 MiB as float32."""
_BATCH_BYTES = 2**27

BACKGROUND, SHOWER, TRACK = 0, 1, 2
"""Values of `pixel_labels`."""

ATTRIBUTES: Mapping[str, type] = {
    "dataset": str,
    "label": str,
    "split": str,
    "pixel_size": float,
    "unit": str,
    "source": str,
    "seed": int,
    "config_digest": str,
    "software": str,
}
"""Root attributes that every file of ours carries, beside `format` and `version`."""


def batch_length(height: int, width: int, wanted: int) -> int:
    """How many images to read at a time: `wanted`, or what has 128 MiB as float32."""
    return max(1, min(wanted, _BATCH_BYTES // (4 * height * width)))


def chunk_length(height: int, width: int) -> int:
    """Images per HDF5 chunk: the power of two that keeps a chunk within 1 MiB of pixels."""
    fit = max(1, 2**20 // (4 * height * width))
    return int(2 ** min(10, fit.bit_length() - 1))


def bad_image(images: NDArray[Any]) -> int | None:
    """Index of the first image (of (n, H, W)) with a NaN, infinite or negative pixel, or None."""
    # Two reductions settle the usual case; NaN fails both comparisons.
    if not images.size or (images.min() >= 0 and images.max() < np.inf):
        return None
    return int(np.argmin(good_pixels(images).all(axis=(1, 2))))


def bad_value(images: NDArray[Any], stored: NDArray[Any] | None = None) -> tuple[int, Any] | None:
    """Index of `bad_image` and the first bad value in it; None if all images are good.

    Args:
        stored: the same images as they were given, if their values were converted since.
    """
    bad = bad_image(images)
    if bad is None:
        return None
    given = images if stored is None else stored
    return bad, given[bad][~good_pixels(images[bad])][0]


def good_pixels(images: NDArray[Any]) -> NDArray[np.bool_]:
    """Where pixels are finite and not negative, in the shape of `images`."""
    good: NDArray[np.bool_] = (images >= 0) & (images < np.inf)
    return good
