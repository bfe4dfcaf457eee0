"""What a token sees as numbers: the pixels so far, their running sums, and those just before."""

import math

import torch
from torch import Tensor

from darkpixel.models.sparse_transformer.scale import Scale

RECENT = 8
"""Pixels before the last whose place and level a token sees as numbers."""

FREQUENCIES = 8
"""Sines and cosines of the number of pixels so far, of periods 4 to 2000 steps."""

SCALARS = 15 + 2 * FREQUENCIES + 3 * RECENT
"""Numbers that `scalars` gives."""


def geometry(sums: Tensor, first: tuple[Tensor, Tensor]) -> Tensor:
    """Row and column of the first pixel, and of the charge centroid less these, (..., 4).

    All are 0 at the start, when there is no pixel.

    Args:
        sums, first: as `scalars` takes them.
    """
    weight = sums[..., :1]
    start = torch.stack([part.expand(weight.shape[:-1]) for part in first], -1).float()
    centroid = sums[..., 1:] / weight.clamp(min=1e-30)
    return torch.cat([start, centroid - start], -1) * (weight > 0)


def scalars(
    count: Tensor,
    row: Tensor,
    column: Tensor,
    level: Tensor,
    sums: Tensor,
    first: tuple[Tensor, Tensor],
    recent: Tensor,
    size: tuple[int, int],
    scale: Scale,
) -> Tensor:
    """What a token sees as numbers, (..., SCALARS) float32; all but the count are 0 at the start.

    Args:
        count: (...,) pixels so far.
        row, column, level: (...,) of the last pixel.
        sums: (..., 3) of value, value times row and value times column.
        first: row and column of the first pixel, (...,) or to be broadcast.
        recent: (..., RECENT, 3) row, column and level of the pixels before the last; level 0
            where there is none.
        size: height and width.
    """
    height, width = size
    n = count.float()
    started = n > 0
    charge = sums[..., 0] / scale.mean
    weight = sums[..., 0].clamp(min=1e-30)
    centre_row, centre_column = sums[..., 1] / weight, sums[..., 2] / weight
    from_row, from_column = (first[0] - row) / height, (first[1] - column) / width
    values = torch.stack(
        [
            (n + 1).log() / 3,
            n.clamp(max=20) / 20,
            n.clamp(max=100) / 100,
            n / 400,
            (charge + 1).log() / 4,
            charge.clamp(max=20) / 20,
            charge.clamp(max=200) / 200,
            2 * centre_row / height - started.float(),
            2 * centre_column / width - started.float(),
            4 * (centre_row - row) / height,
            4 * (centre_column - column) / width,
            4 * from_row,
            4 * from_column,
            4 * (from_row**2 + from_column**2).sqrt(),
            level,
        ],
        -1,
    )
    periods = torch.logspace(math.log10(4), math.log10(2000), FREQUENCIES, device=n.device)
    phases = n[..., None] * (2 * math.pi / periods)
    there = recent[..., 2:] > 0
    places = torch.stack([row, column], -1)[..., None, :]
    offsets = (recent[..., :2] - places) * there / 8
    before = torch.cat([offsets, recent[..., 2:]], -1).flatten(-2)
    return torch.cat([values * started[..., None], phases.sin(), phases.cos(), before], -1)
