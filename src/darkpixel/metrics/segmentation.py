"""Accuracy of pixel labels: confusion counts, and shares of pixels with standard errors.

Everything starts from confusion counts (N, 3, 3): pixels of each image by true label (first axis)
and predicted label (second axis), 0 background, 1 shower, 2 track. A pixel is predicted
background if and only if it does not exceed the threshold, so "non-zero pixels", over which the
paper counts its accuracy, are the last two columns.
"""

import numpy as np
from numpy.typing import NDArray

from darkpixel.formats.image_format import BACKGROUND, SHOWER, TRACK

LABEL_NAMES = {BACKGROUND: "background", SHOWER: "shower", TRACK: "track"}
"""As in the names of confusion counts; what figures show is in `darkpixel.tables.names`."""

Counts = NDArray[np.int64]


def confusion_counts(true: NDArray[np.uint8], predicted: NDArray[np.uint8]) -> Counts:
    """Pixels by true and predicted label, (n, 3, 3), of two label maps (n, H, W)."""
    n = len(true)
    cells = 3 * true.reshape(n, -1).astype(np.int64) + predicted.reshape(n, -1)
    cells += 9 * np.arange(n)[:, None]
    return np.bincount(cells.ravel(), minlength=9 * n).reshape(n, 3, 3)


def accuracy(counts: Counts, observable: str) -> tuple[float, float]:
    """A share of pixels and its standard error.

    Pixels of one image are not independent, so the error is that of a ratio of sums over images
    (linearised), with the images as the units that are drawn. It is NaN for one image.

    Args:
        counts: confusion counts (N, 3, 3).
        observable: `accuracy_nonzero`: of pixels above threshold, those labelled rightly (the
            paper's); `accuracy_all`: of all pixels, background where there is no charge;
            `accuracy_shower`, `accuracy_track`: of the pixels above threshold with that true
            label. NaN if there is no such pixel.
    """
    right, total = _right_and_total(counts, observable)
    n = len(counts)
    pixels = total.sum()
    if pixels == 0:
        return float("nan"), float("nan")
    share = right.sum() / pixels
    if n < 2:
        return float(share), float("nan")
    residuals = right - share * total
    error = np.sqrt(n / (n - 1) * np.sum(residuals**2)) / pixels
    return float(share), float(error)


def confusion_name(true: int, predicted: int) -> str:
    """The observable of a confusion count: `shower_as_track`."""
    return f"{LABEL_NAMES[true]}_as_{LABEL_NAMES[predicted]}"


def _right_and_total(counts: Counts, observable: str) -> tuple[Counts, Counts]:
    """Pixels with the right label, and all pixels in question, (N,) each."""
    diagonal = np.diagonal(counts, axis1=1, axis2=2)
    charged = counts[:, :, SHOWER:]  # predicted shower or track: above threshold
    if observable == "accuracy_all":
        return diagonal.sum(1), counts.sum((1, 2))
    if observable == "accuracy_nonzero":
        return diagonal[:, SHOWER:].sum(1), charged.sum((1, 2))
    label = {"accuracy_shower": SHOWER, "accuracy_track": TRACK}[observable]
    return diagonal[:, label], charged[:, label].sum(1)
