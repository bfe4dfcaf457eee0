"""From sequences of pixels to what the network sees of them: a batch as one flat list of tokens.

Token t of an image comes after t pixels. It sees the last pixel, what was drawn around it, running
sums, what is still to come, and the pixels just before; from it the network predicts the next
place and its value. An image of n pixels has n tokens.

Images are sorted by length and padded in a few groups; all layers but the attention work on the
flat list of all groups' tokens, and the attention on each group as (images, steps).

The sampler, which goes on step by step, uses the same functions.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from darkpixel.models.sparse_transformer.layout import Layout
from darkpixel.models.sparse_transformer.mass_first import mass_numbers
from darkpixel.models.sparse_transformer.masses import Momentum
from darkpixel.models.sparse_transformer.remaining import Shares, bound_numbers, count_numbers
from darkpixel.models.sparse_transformer.scale import Scale
from darkpixel.models.sparse_transformer.sequences import Sequences

RECENT = 8
"""Pixels before the last whose place and level a token sees as numbers."""

FREQUENCIES = 8
"""Sines and cosines of the number of pixels so far, of periods 4 to 2000 steps."""

SCALARS = 15 + 2 * FREQUENCIES + 3 * RECENT
"""Numbers that `scalars` gives."""

OUTSIDE = -1.0
"""Level of a place outside of the image; an empty place has 0, a pixel more."""


class Moves(NamedTuple):
    """Codes of moves: window places (row-major, `reach` up and left first), then far, then none."""

    reach: int

    @property
    def side(self) -> int:
        return 2 * self.reach + 1

    @property
    def far(self) -> int:
        return self.side**2

    @property
    def none(self) -> int:
        """Before the first pixel."""
        return self.side**2 + 1

    @property
    def codes(self) -> int:
        """Without "none", which is not drawn."""
        return self.side**2 + 1

    def between(
        self, row: Tensor, column: Tensor, next_row: Tensor, next_column: Tensor, step: Tensor
    ) -> Tensor:
        """The code of the move from one pixel to the next; the first pixel's is far."""
        dy, dx = next_row - row, next_column - column
        near = (dy.abs() <= self.reach) & (dx.abs() <= self.reach) & (step > 0)
        return torch.where(near, (dy + self.reach) * self.side + dx + self.reach, self.far)


class Tokens(NamedTuple):
    """N tokens on the device; those that are not `valid` are padding.

    Attributes:
        groups: as in `Layout`.
        image, step, far: as in `Layout`, as tensors.
        valid: (N,) bool, not padding: a pixel comes next.
        left: (N,) int64, pixels still to draw; 1 before the last one.
        row, column: (N,) int64 of the last pixel; the image's height and width at the start.
        bin: (N,) int64, bin of its value; the number of bins at the start.
        last_move: (N,) int64, the move that led to it.
        scalars: (N, ...) float32, see `scalars` and `remaining`.
        geometry: (N, 4) float32, see `geometry`.
        window: (N, side, side) float32, levels around it, see `window`.
        move: (N,) int64, the next move.
        next_row, next_column: (N,) int64 of the next pixel.
        next_window: (N, near side, near side) float32, levels around the next pixel.
        value: (N,) float32, the coordinate of the next value, see `remaining`.
        log_slope: (N,) float32, log of d value / d coordinate.
        valued: (N,) bool, the next value is not given by what is known already.
        bound: (N,) float32, the largest coordinate that the next value may have.
        when: (B, H * W) int32, step at which each place is drawn; LATE if never.
        momentum: (N,) before the next pixel; None: the values are no shares.
    """

    groups: list[tuple[int, int]]
    image: Tensor
    step: Tensor
    far: Tensor
    valid: Tensor
    left: Tensor
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
    next_window: Tensor
    value: Tensor
    log_slope: Tensor
    valued: Tensor
    bound: Tensor
    when: Tensor
    momentum: Momentum | None


class Position(NamedTuple):
    """What the places of the next pixels of B images depend on, beside the trunk, in sampling.

    Attributes:
        row, column: (B,) of the last pixel.
        step, left: (B,) pixels so far, and still to come.
        geometry: (B, 4), see `geometry`.
        window: (B, side, side), levels around the last pixel.
        levels: (B, H + 2 reach, W + 2 reach), see `padded`.
        pulls: (B, H * W) of all pixels so far, see `PlaceKernels`; of a walk (B, 0).
        momentum: (B,) before the next pixel; None: the values are no shares.
    """

    row: Tensor
    column: Tensor
    step: Tensor
    left: Tensor
    geometry: Tensor
    window: Tensor
    levels: Tensor
    pulls: Tensor
    momentum: Momentum | None


LATE = 2**31 - 1
"""Step of a place that is never drawn."""


def tokens(
    sequences: Sequences,
    layout: Layout,
    size: tuple[int, int],
    moves: Moves,
    near: int,
    bins: int,
    scale: Scale,
    shares: Shares | None = None,
    falling: bool = False,
    wanted: Tensor | None = None,
) -> Tokens:
    """The tokens of a batch on the device of `scale`.

    Args:
        size: height and width of the images.
        near: half side of the window around the next pixel.
        bins: of the value, as an input.
        shares: the values are shares of what remains; None: they are absolute.
        falling: no value exceeds the one before it.
        wanted: (B,) float64, mass that each image is to have; None: none is drawn.
    """
    device = scale.low.device
    height, width = size
    pixels, values = on_device(sequences.pixels, device), on_device(sequences.values, device)
    counts = on_device(sequences.counts, device)
    image, step = on_device(layout.image, device), on_device(layout.step, device)
    far = on_device(layout.far, device)
    batch, longest = pixels.shape
    exists = torch.arange(longest, device=device) < counts[:, None]
    level = torch.where(exists, scale.level(values.clamp(min=1e-30)), 0.0)
    rows, columns = pixels.div(width, rounding_mode="floor"), pixels % width
    rows, columns = rows * exists, columns * exists

    # One place more takes what lies beyond the ends of the sequences.
    when = torch.full((batch, height * width + 1), LATE, dtype=torch.int32, device=device)
    index = torch.arange(longest, dtype=torch.int32, device=device).expand(batch, -1)
    when = when.scatter(1, pixels, index)[:, :-1]
    levels = torch.zeros(batch, height * width + 1, device=device).scatter(1, pixels, level)
    levels = padded(levels[:, :-1].view(batch, height, width), moves.reach)
    padded_when = F.pad(when.view(batch, height, width), [moves.reach] * 4, value=-1)

    # (B, L): before each pixel. The first column stands for the start.
    row, column, last = (F.pad(each, (1, 0))[:, :-1] for each in (rows, columns, level))
    sums = torch.stack([values, values * rows, values * columns], -1).cumsum(1)
    sums = F.pad(sums, (0, 0, 1, 0))[:, :-1]
    recent = torch.stack(
        [
            torch.stack([_shifted(each, k) for each in (row, column, last)], -1)
            for k in range(1, RECENT + 1)
        ],
        -2,
    )
    count = torch.arange(longest, device=device).expand(batch, -1)
    left = (counts[:, None] - count).clamp(min=0)
    first = (rows[:, :1], columns[:, :1])
    numbers = [
        scalars(count, row, column, last, sums, first, recent, size, scale),
        count_numbers(left, counts[:, None].expand_as(left)),
    ]
    momentum = None
    if shares is None:
        coordinate = values.clamp(min=1e-30).log()
        log_slope, valued = coordinate, exists
    else:
        told = shares.before(values.double(), pixels)
        numbers.append(shares.numbers(told, left, scale))
        coordinate, log_slope = shares.coordinates(values, told, left)
        valued = left > 1
        if wanted is not None:
            told = told._replace(mass=wanted[:, None].expand_as(told.remainder))
            numbers.append(mass_numbers(told))
        momentum = Momentum.of(told).flat()
    bound = torch.full_like(coordinate, torch.inf)
    if falling:
        before = F.pad(values.double(), (1, 0), value=torch.inf)[:, :-1]
        if shares is None:
            bound = before.clamp(min=1e-30).log().float()
        else:
            bound = shares.bound(before, told.remainder, left).float()
        bound = bound.where(exists, torch.inf)
        numbers.append(bound_numbers(bound))

    move = moves.between(row, column, rows, columns, count).where(exists, moves.none)
    bin_ = scale.bin(values.clamp(min=1e-30), bins)
    flat = image * longest + step.clamp(max=longest - 1)  # padding repeats the last column
    integers = torch.stack(
        [
            torch.where(count > 0, row, height),
            torch.where(count > 0, column, width),
            F.pad(bin_, (1, 0), value=bins)[:, :-1],
            F.pad(move, (1, 0), value=moves.none)[:, :-1],
            move, rows, columns, row, column, left,
        ]
    )  # fmt: skip
    integers = integers.flatten(1)[:, flat]
    valid = step < counts[image]
    return Tokens(
        layout.groups,
        image,
        step,
        far,
        valid,
        integers[9],
        integers[0],
        integers[1],
        integers[2],
        integers[3],
        torch.cat(numbers, -1).flatten(0, 1)[flat],
        geometry(sums, first).flatten(0, 1)[flat],
        window(levels, image, integers[7], integers[8], moves.reach, moves.reach,
               padded_when, step),
        integers[4],
        integers[5],
        integers[6],
        window(levels, image, integers[5], integers[6], near, moves.reach, padded_when, step),
        coordinate.flatten()[flat],
        log_slope.flatten()[flat],
        valued.flatten()[flat] & valid,
        bound.flatten()[flat],
        when,
        None if momentum is None else momentum.at(flat),
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


def _shifted(values: Tensor, by: int) -> Tensor:
    """(B, T) moved `by` columns to the right, zeros coming in."""
    length = values.shape[1]
    return F.pad(values, (by, 0))[:, :length]
