"""Which pixels each of SARM's stages generates, and in which order.

With several stages the central square comes before the rest (SARM section 4.2).
"""

import itertools

import numpy as np

from darkpixel.errors import DarkpixelError
from darkpixel.models.orders import Indices


def stage_pixels(
    side: int, centres: list[int], order: Indices, centre_first: bool = True
) -> list[Indices]:
    """The pixels of each stage in the order of generation.

    Args:
        side: pixels per side of the image.
        centres: sides of nested central squares, increasing; [] is SARM-1, [3] SARM-2.
        order: raster indices of all pixels in the order of generation.
        centre_first: the innermost square is generated first (SARM section 4.2), or last.

    Returns:
        One array of raster indices per stage, together a permutation of all pixels.

    Raises:
        DarkpixelError: the squares do not increase or do not fit into the image.

    Example:
        SARM-2 with a centre of one pixel:

        >>> stage_pixels(3, [1], np.arange(9))
        [array([4]), array([0, 1, 2, 3, 5, 6, 7, 8])]
    """
    sizes = [*centres, side]
    if centres and (min(centres) < 1 or any(a >= b for a, b in itertools.pairwise(sizes))):
        raise DarkpixelError(
            f"centres: {centres} must increase, from 1 to less than the image's side, {side}."
        )
    stage_of = np.zeros((side, side), dtype=np.int64)
    for stage, size in reversed(list(enumerate(sizes))):
        # The spiral's first pixel is row and column (side - 1) // 2; even squares grow down-right.
        first = (side - 1) // 2 - (size - 1) // 2
        stage_of[first : first + size, first : first + size] = stage
    stages = [order[stage_of.reshape(-1)[order] == stage] for stage in range(len(sizes))]
    return stages if centre_first else stages[::-1]
