"""The price of rounding pixels to a grid, and the power that makes it smallest."""

import torch
from torch import Tensor

from darkpixel.models.sarm.likelihoods import Discrete
from darkpixel.models.sarm.settings import POWERS
from darkpixel.models.sarm.sums import RunningSums


def quantisation_table(
    images: Tensor,
    pixel_size: float,
    *,
    levels: int | None = None,
    powers: tuple[float, ...] = POWERS,
    largest: float | None = None,
) -> list[dict[str, float]]:
    """Compare images with their rounded selves, power by power.

    Rounding to 1 GeV (p = 1) alone can cost as much as a whole model's error.

    Args:
        images: (N, H, H), GeV.
        pixel_size: side of a pixel in eta and phi.
        levels: of the grid; None: one per GeV.
        powers: to try.
        largest: value that the grid covers; None: the images' own.

    Returns:
        One row per power: `power`, `levels`, `pt` and `mass` (W1 in GeV between the images and
        the rounded ones), `relative` (the sum of both in units of the standard deviations),
        `zeros` and `zeros_rounded` (fractions of zero pixels), `clipped` (pixels above the grid).
    """
    x = images.flatten(1).float()
    side = images.shape[-1]
    observables = RunningSums(side, pixel_size, torch.arange(side * side), ("pt", "mass"))
    before = observables.of_image(x)
    spread = before.std(0).clamp(min=1e-6)
    rows = []
    for power in powers:
        grid = Discrete(1, levels, power)
        grid.fit(float(x.max()) if largest is None else largest, 1.0)
        rounded = grid.quantise(x)
        after = observables.of_image(rounded)
        # For equally many images W1 is the mean distance between the sorted values.
        distance = (before.sort(0).values - after.sort(0).values).abs().mean(0)
        rows.append(
            {
                "power": power,
                "levels": float(len(grid.grid)),
                "pt": float(distance[0]),
                "mass": float(distance[1]),
                "relative": float((distance / spread).sum()),
                "zeros": float((x == 0).float().mean()),
                "zeros_rounded": float((rounded == 0).float().mean()),
                "clipped": float(grid.clipped(x)),
            }
        )
    return rows


def choose_power(table: list[dict[str, float]]) -> float:
    """The power with the smallest `relative` error."""
    return min(table, key=lambda row: row["relative"])["power"]
