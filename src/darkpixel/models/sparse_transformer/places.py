"""Where far places lie as seen from the pixels drawn so far, and their weighted sum."""

from typing import Any

import torch
from torch import Tensor

PLACE_NUMBERS = 6
"""Numbers of a place that `place_numbers` gives."""

_BEHIND = 0.25  # pixels: the running centroid is not quite the one by which pixels were sorted


def place_numbers(row: Tensor, column: Tensor, geometry: Tensor, size: tuple[int, int]) -> Tensor:
    """Where each place lies as seen from the last pixel and the axis, (N, numbers, H * W).

    The axis goes from the first pixel to the charge centroid; single pixels are sorted along it
    (see `walk`), so that one behind the last pixel hardly ever comes next.

    Args:
        row, column: (N,) of the last pixel.
        geometry: (N, 4), as in `Tokens`.
        size: height and width.
    """
    device = geometry.device
    rows = torch.arange(size[0], device=device, dtype=torch.float32)[:, None]
    columns = torch.arange(size[1], device=device, dtype=torch.float32)
    first_row, first_column, axis_row, axis_column = geometry[:, :, None, None].unbind(1)
    # After one pixel the axis is rounding alone; it must not be blown up.
    length = (axis_row**2 + axis_column**2).sqrt().clamp(min=0.1)
    axis_row, axis_column = axis_row / length, axis_column / length
    last_row, last_column = row[:, None, None], column[:, None, None]
    along = (rows - first_row) * axis_row + (columns - first_column) * axis_column
    beyond = along - (
        (last_row - first_row) * axis_row + (last_column - first_column) * axis_column
    )
    aside = ((rows - first_row) * axis_column - (columns - first_column) * axis_row).abs()
    away = ((rows - last_row) ** 2 + (columns - last_column) ** 2).sqrt()
    numbers = [
        (beyond < -_BEHIND).float(),
        beyond.clamp(max=0) / 8,
        beyond.clamp(min=0).log1p(),
        aside.log1p(),
        (aside / (along.clamp(min=0) + 4)).clamp(max=4),
        away.log1p(),
    ]
    return torch.stack(numbers, 1).flatten(2)


class _WeightedSum(torch.autograd.Function):
    """The gradient of a batched product would multiply matrices of one row: slow on a GPU."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, numbers: Tensor) -> Tensor:
        ctx.save_for_backward(numbers)
        return torch.bmm(weights[:, None], numbers)[:, 0]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (numbers,) = ctx.saved_tensors
        return (gradients[0][:, None] * numbers).sum(-1), None


def weighted_sum(weights: Tensor, numbers: Tensor) -> Tensor:
    """sum_k weights (N, K) numbers (N, K, P) -> (N, P); the numbers get no gradient."""
    total: Tensor = _WeightedSum.apply(weights, numbers)  # type: ignore[no-untyped-call]
    return total
