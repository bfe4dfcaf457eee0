"""Rounding test images to the grids of D+D, power by power (SARM section 4.1)."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from darkpixel.models.sarm.likelihoods import Discrete

Images = npt.NDArray[np.float32]


def quantiser(largest: float) -> Callable[[Images, float], tuple[Images, int]]:
    """Round images (N, H, W) to the grid of a power; also the number of pixels above it.

    The grid has one level per GeV.

    Args:
        largest: pixel of the training images, which the grid covers, GeV.
    """

    def quantise(images: Images, power: float) -> tuple[Images, int]:
        grid = Discrete(1, None, power)
        grid.fit(largest, 1.0)
        pixels = torch.from_numpy(images)
        return grid.quantise(pixels).numpy(), grid.clipped(pixels)

    return quantise
