"""From walks to what the network sees of them: the steps of a batch as one flat list of tokens.

Token t of an image comes after t pixels. It sees the last pixel, what was drawn around it, running
sums, and the pixels just before; from it the network predicts the next move and its charge. An
image of n pixels has n + 1 tokens, the last of which ends it.

Images are sorted by length and padded in a few groups; all layers but the attention work on the
flat list of all groups' tokens, and the attention on each group as (images, steps).

The sampler, which goes on step by step, uses the same functions `scalars` and `window`.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from darkpixel.models.sparse_transformer.layout import Layout
from darkpixel.models.sparse_transformer.walk import Walks

RECENT = 8
"""Pixels before the last whose place and charge a token sees as numbers."""

FREQUENCIES = 8
"""Sines and cosines of the number of pixels so far, of periods 4 to 2000 steps."""

SCALARS = 15 + 2 * FREQUENCIES + 3 * RECENT
"""Numbers that `scalars` gives."""

OUTSIDE = -1.0
"""Level of a place outside of the image; an empty place has 0, a pixel more."""


class Moves(NamedTuple):
    """Codes of moves: window places (row-major, `reach` up and left first), then far, then end."""

    reach: int

    @property
    def side(self) -> int:
        return 2 * self.reach + 1

    @property
    def far(self) -> int:
        return self.side**2

    @property
    def end(self) -> int:
        """Also stands for "no move" before the first pixel."""
        return self.side**2 + 1

    @property
    def codes(self) -> int:
        return self.side**2 + 2


class Charges(NamedTuple):
    """The scale of charges: natural logarithm of the smallest and largest, mean charge."""

    low: Tensor
    high: Tensor
    mean: Tensor

    def level(self, charge: Tensor) -> Tensor:
        """Logarithm of charges as a number from 0.1 to 1.1, which is the network's input."""
        share = (charge.log() - self.low) / (self.high - self.low)
        return share.clamp(0.0, 1.0) + 0.1

    def bin(self, charge: Tensor, bins: int) -> Tensor:
        """The bin of charges, int64; those out of range count to the outermost."""
        share = (charge.log() - self.low) / (self.high - self.low)
        return (share * bins).long().clamp(0, bins - 1)


class Tokens(NamedTuple):
    """N tokens on the device; targets of padding tokens are `end`.

    Attributes:
        groups: as in `Layout`.
        image, step, far: as in `Layout`, as tensors.
        valid: (N,) bool, not padding.
        row, column: (N,) int64 of the last pixel; the image's height and width at the start.
        bin: (N,) int64, bin of its charge; the number of bins at the start.
        last_move: (N,) int64, the move that led to it.
        scalars: (N, SCALARS) float32, see `scalars`.
        geometry: (N, 4) float32, see `geometry`.
        window: (N, side, side) float32, levels around it, see `window`.
        move: (N,) int64, the next move.
        next_row, next_column, next_bin: (N,) int64 of the next pixel, 0 where there is none.
        next_log_charge: (N,) float32, natural logarithm, 0 where there is none.
        next_window: (N, near side, near side) float32, levels around the next pixel.
        when: (B, H * W) int32, step at which each place is drawn; LATE if never.
        drawn: (N,) bool, a pixel comes next.
    """

    groups: list[tuple[int, int]]
    image: Tensor
    step: Tensor
    valid: Tensor
    far: Tensor
    row: Tensor
    column: Tensor
    bin: Tensor
    last_move: Tensor
    scalars: Tensor
    geometry: Tensor
    window: Tensor
    move: Tensor
    next_row: Tensor
    next_column: Tensor
    next_bin: Tensor
    next_log_charge: Tensor
    next_window: Tensor
    when: Tensor
    drawn: Tensor


LATE = 2**31 - 1
"""Step of a place that is never drawn."""


def turned(
    rows: Tensor, columns: Tensor, symmetry: Tensor, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Rows and columns (B, L) under symmetries (B,) of the image: 0 to 7, 0 leaves it.

    The bits turn it upside down, swap left and right, and swap rows and columns (of squares).
    """
    code = symmetry[:, None]
    rows = torch.where((code & 1) > 0, size[0] - 1 - rows, rows)
    columns = torch.where((code & 2) > 0, size[1] - 1 - columns, columns)
    swapped = (code & 4) > 0
    return torch.where(swapped, columns, rows), torch.where(swapped, rows, columns)


def tokens(
    walks: Walks,
    layout: Layout,
    size: tuple[int, int],
    moves: Moves,
    near: int,
    bins: int,
    scale: Charges,
    symmetry: NDArray[np.int64] | None = None,
) -> Tokens:
    """The tokens of a batch on the device of `scale`.

    Args:
        size: height and width of the images.
        near: half side of the window around the next pixel.
        bins: of the charge.
        symmetry: (B,) of each image, see `turned`; None: as they are.
    """
    device = scale.low.device
    height, width = size
    pixels, charges = on_device(walks.pixels, device), on_device(walks.charges, device)
    counts = on_device(walks.counts, device)
    image, step = on_device(layout.image, device), on_device(layout.step, device)
    far = on_device(layout.far, device)
    valid = step <= counts[image]
    batch, longest = pixels.shape
    exists = torch.arange(longest, device=device) < counts[:, None]
    level = torch.where(exists, scale.level(charges.clamp(min=1e-30)), 0.0)
    rows, columns = pixels.div(width, rounding_mode="floor"), pixels % width
    if symmetry is not None:
        rows, columns = turned(rows, columns, on_device(symmetry, device), size)
    pixels = torch.where(exists, rows * width + columns, height * width)
    rows, columns = rows * exists, columns * exists

    # One place more takes what lies beyond the ends of the walks.
    when = torch.full((batch, height * width + 1), LATE, dtype=torch.int32, device=device)
    index = torch.arange(longest, dtype=torch.int32, device=device).expand(batch, -1)
    when = when.scatter(1, pixels, index)[:, :-1]
    levels = torch.zeros(batch, height * width + 1, device=device).scatter(1, pixels, level)
    levels = padded(levels[:, :-1].view(batch, height, width), moves.reach)
    padded_when = F.pad(when.view(batch, height, width), [moves.reach] * 4, value=-1)

    # (B, L + 1): after t pixels. The first column stands for the start.
    row, column, last = (F.pad(values, (1, 0)) for values in (rows, columns, level))
    sums = torch.stack([charges, charges * rows, charges * columns], -1).cumsum(1)
    sums = F.pad(sums, (0, 0, 1, 0))
    recent = torch.stack(
        [
            torch.stack([_shifted(values, k) for values in (row, column, last)], -1)
            for k in range(1, RECENT + 1)
        ],
        -2,
    )
    count = torch.arange(longest + 1, device=device).expand(batch, -1)
    first = (rows[:, :1], columns[:, :1]) if longest else (row, column)
    numbers = scalars(count, row, column, last, sums, first, recent, size, scale)

    dy, dx = rows - row[:, :-1], columns - column[:, :-1]
    is_near = (dy.abs() <= moves.reach) & (dx.abs() <= moves.reach)
    is_near &= torch.arange(longest, device=device) > 0
    move = torch.where(
        is_near, (dy + moves.reach) * moves.side + dx + moves.reach, moves.far
    ).where(exists, moves.end)
    last_move = F.pad(move, (1, 0), value=moves.end)
    move = F.pad(move, (0, 1), value=moves.end)
    bin_ = scale.bin(charges.clamp(min=1e-30), bins)
    started_row = torch.where(count > 0, row, height)
    started_column = torch.where(count > 0, column, width)
    last_bin = F.pad(bin_, (1, 0), value=bins)
    next_log = torch.where(exists, charges.clamp(min=1e-30).log(), 0.0)

    # Padding may lie beyond the longest image; it repeats the last column.
    flat = image * (longest + 1) + step.clamp(max=longest)
    integers = torch.stack(
        [
            started_row, started_column, last_bin, last_move, move,
            F.pad(rows, (0, 1)), F.pad(columns, (0, 1)), F.pad(bin_ * exists, (0, 1)),
        ]
    )  # fmt: skip
    integers = integers.flatten(1)[:, flat]
    drawn = valid & (integers[4] != moves.end)
    centre_row, centre_column = row.flatten()[flat], column.flatten()[flat]
    return Tokens(
        layout.groups,
        image,
        step,
        valid,
        far,
        integers[0],
        integers[1],
        integers[2],
        integers[3],
        numbers.flatten(0, 1)[flat],
        geometry(sums, first).flatten(0, 1)[flat],
        window(levels, image, centre_row, centre_column, moves.reach, moves.reach,
               padded_when, step),
        integers[4],
        integers[5],
        integers[6],
        integers[7],
        F.pad(next_log, (0, 1)).flatten()[flat],
        window(levels, image, integers[5], integers[6], near, moves.reach, padded_when, step),
        when,
        drawn,
    )  # fmt: skip


def on_device(values: NDArray[np.generic], device: torch.device) -> Tensor:
    """A host array on the device, without waiting for what is queued there."""
    tensor = torch.from_numpy(np.ascontiguousarray(values))
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def padded(levels: Tensor, reach: int) -> Tensor:
    """Levels (B, H, W) with a frame of `OUTSIDE`, `reach` wide."""
    return F.pad(levels, [reach] * 4, value=OUTSIDE)


def window(
    levels: Tensor,
    image: Tensor,
    row: Tensor,
    column: Tensor,
    half: int,
    reach: int,
    when: Tensor | None = None,
    step: Tensor | None = None,
) -> Tensor:
    """Levels around places, (N, 2 half + 1, 2 half + 1).

    Args:
        levels: from `padded`, (B, H + 2 reach, W + 2 reach).
        image, row, column: (N,) int64.
        half: pixels in each direction, at most `reach`.
        when, step: padded steps (as `levels`) and (N,): what is drawn at `step` or later is 0;
            None: nothing is.
    """
    inset, side = reach - half, 2 * half + 1
    places = (image, row + inset, column + inset)
    found = levels.unfold(1, side, 1).unfold(2, side, 1)[places]
    if when is None or step is None:
        return found
    drawn_at = when.unfold(1, side, 1).unfold(2, side, 1)[places]
    return found * (drawn_at < step[:, None, None])


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
    scale: Charges,
) -> Tensor:
    """What a token sees as numbers, (..., SCALARS) float32; all but the count are 0 at the start.

    Args:
        count: (...,) pixels so far.
        row, column, level: (...,) of the last pixel.
        sums: (..., 3) of charge, charge times row and charge times column.
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


def _shifted(values: Tensor, by: int) -> Tensor:
    """(B, T) moved `by` columns to the right, zeros coming in."""
    length = values.shape[1]
    return F.pad(values, (by, 0))[:, :length]
