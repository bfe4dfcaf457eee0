"""Likelihood of pixels that a grid rounds to zero: bits to add before grids are compared.

`GenerativeModel.log_density` puts images on the model's grid first. A pixel of 0.3 GeV on a grid of
whole GeV is scored as a zero, which costs next to nothing: the coarser the grid, the better it
would seem. Here the lowest level is shared out as the others are, over the values that are rounded
to it: an exact zero with probability pi, else uniform between zero and the end c of the level.
What results is a density of the images themselves, whatever the grid.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from darkpixel.formats.image_file import ImageFile

_HALVINGS = 40  # of the interval that holds c: finer than float32


class ZeroLevel(NamedTuple):
    """How the lowest level of a grid is shared out."""

    zeros: float
    """pi: share of exact zeros among the pixels of the level."""
    end: float
    """c: values below it are rounded to zero, GeV."""

    def bits(self, images: Tensor, rounded: Tensor) -> Tensor:
        """Bits to add to those of each image, (B,) float64.

        Args:
            images: (B, H, W), as they are.
            rounded: the same on the grid.
        """
        lost = ((images > 0) & (rounded == 0)).flatten(1).sum(1).double()
        exact = (images == 0).flatten(1).sum(1).double()
        return -exact * math.log2(self.zeros) - lost * math.log2((1 - self.zeros) / self.end)


Quantise = Callable[[Tensor], Tensor]
"""Images (B, H, W) to those on a grid; rises with each pixel."""


@torch.inference_mode()
def zero_level(
    quantise: Quantise, path: str | Path, device: torch.device, *, batch: int = 1024
) -> ZeroLevel | None:
    """Pi from the images of a file, c from the grid; None if nothing is rounded to zero."""
    exact = lost = 0
    largest = 0.0
    with ImageFile(path) as file:
        _, height, width = file.shape
        for block in file.batches(batch):
            images = torch.from_numpy(block["images"]).to(device)
            exact += int((images == 0).sum())
            lost += int(((images > 0) & (quantise(images) == 0)).sum())
            largest = max(largest, float(images.max()))
    low, high = 0.0, largest
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        probe = torch.full((1, height, width), middle, device=device)
        low, high = (middle, high) if float(quantise(probe).max()) == 0 else (low, middle)
    if low == 0.0:
        return None
    # One count more of each, so that neither is impossible on other images.
    return ZeroLevel((exact + 1) / (exact + lost + 2), low)
