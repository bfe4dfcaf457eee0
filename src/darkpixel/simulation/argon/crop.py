"""Crops of liquid-argon images around the charge centroid, as the paper's authors make them.

The rule is that of the authors' `particle_generator` code: the whole-pixel charge centroid must lie
strictly further than half a crop from every edge of the plane, the crop is the slice around it,
and a crop that is nearly empty is refused.
"""

import numpy as np
from numpy.typing import NDArray

from darkpixel.simulation.argon.kernels import kernel


@kernel
def crop_corner(image: NDArray[np.float32], side: int, minimum_filled: float) -> tuple[int, int]:
    """First row and column of the crop of one image, (-1, -1) where the image is refused.

    Args:
        image: (H, W), charge, not negative.
        side: pixels per side of the crop, even; `side` equal to H and W takes the whole image,
            always.
        minimum_filled: smallest share of non-zero pixels of the crop.
    """
    height, width = image.shape
    if side == height and side == width:
        return 0, 0
    charge = 0.0
    row_moment = 0.0
    column_moment = 0.0
    for row in range(height):
        for column in range(width):
            value = float(image[row, column])
            if value > 0:
                charge += value
                row_moment += value * row
                column_moment += value * column
    if charge <= 0:
        return -1, -1
    half = side // 2
    centre_row, centre_column = int(row_moment / charge), int(column_moment / charge)
    if not (half < centre_row < height - half and half < centre_column < width - half):
        return -1, -1
    filled = 0
    for row in range(centre_row - half, centre_row - half + side):
        for column in range(centre_column - half, centre_column - half + side):
            if image[row, column] > 0:
                filled += 1
    if filled < minimum_filled * side * side:
        return -1, -1
    return centre_row - half, centre_column - half
