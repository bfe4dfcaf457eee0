"""The margin of a crop: what lies just beyond it, so that its event may be mirrored after the crop.

A liquid-argon crop begins `side // 2` pixels before the whole-pixel charge centroid, so the
centroid lies in the pixel after the crop's centre. A crop of the mirrored event, made by the same
rule, is not the mirrored crop but that of the `WIDTH` rows or columns further on. The column
`margin` holds these: of the crop with `WIDTH` more rows below and `WIDTH` more columns to the
right, first the rows, whole, then what is left of the columns, WIDTH (2 side + WIDTH) values.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MARGIN = "margin"
"""Column (n, M) of the image file, in the unit of the images."""
LABEL_MARGIN = "pixel_label_margin"
"""Column (n, M) uint8: the same of `pixel_labels`."""
MARGINS = (MARGIN, LABEL_MARGIN)
WIDTH = 2


def margins(images: NDArray[Any], corners: NDArray[np.integer[Any]], side: int) -> NDArray[Any]:
    """The margins (n, M) of crops; beyond the whole image lie zeros.

    Args:
        images: (n, H, W), not cropped.
        corners: (n, 2), first row and column of each crop.
        side: of the crops, pixels.
    """
    found = np.zeros((len(images), size_of_margin(side)), images.dtype)
    rows = np.zeros((WIDTH, side + WIDTH), images.dtype)
    columns = np.zeros((side, WIDTH), images.dtype)
    for image, (row, column), margin in zip(images, corners, found, strict=True):
        rows[:], columns[:] = 0, 0
        below = image[row + side : row + side + WIDTH, column : column + side + WIDTH]
        right = image[row : row + side, column + side : column + side + WIDTH]
        rows[: below.shape[0], : below.shape[1]] = below
        columns[:, : right.shape[1]] = right
        margin[: rows.size], margin[rows.size :] = rows.ravel(), columns.ravel()
    return found


def size_of_margin(side: int) -> int:
    """M, the values of a margin."""
    return WIDTH * (2 * side + WIDTH)
