"""How many levels a grid of pixel values has where the configuration gives no number."""

import math

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Batches

FEWEST = 5
"""Fewer levels change the images, unless their pixels are whole steps."""
MOST = 10_000
"""Of 1 GeV: no particle of the LHC's beams has as much (6,800 GeV)."""


def level_count(largest: float, step: float = 1.0) -> int:
    """Levels of `step` up to the largest pixel, at least one (SARM 2.1: one per GeV)."""
    return max(math.ceil(largest / step), 1)


def levels_up_to(largest: float, batches: Batches, *, step: float = 1.0, remedy: str) -> int:
    """`level_count`, once it is found to suit the images.

    Args:
        largest: pixel of the training images, in their unit.
        batches: passes over the training images, (B, H, W).
        remedy: which key sets another grid, for the message.

    Raises:
        DarkpixelError: they are so few that rounding to them would lose the images, or so many that
            the pixels have another unit than the grid.
    """
    count = level_count(largest, step)
    if count > MOST or (
        count < FEWEST and any(bool((images % step).any()) for images in batches())
    ):
        raise DarkpixelError(
            f"training images: the largest pixel is {largest:g}, so a grid with a level every "
            f"{step:g} (GeV, if your file names no other unit) has {count} level"
            f"{'s' if count > 1 else ''}; if its pixels are in another unit, say so in the file's "
            f"attribute `unit` (MeV, TeV, ...), else {remedy}."
        )
    return count
