"""Samples of the sparse transformer: one pixel a step, many images at once.

How many pixels an image has is drawn first, so images of like length are drawn together, sorted:
those that still grow are the first so many, and no image waits for another one. Keys and values
are kept. On a GPU nothing waits for the device but the counts.

Image i draws from a counter-based stream of its own: its seed, the step and the number of the
draw are hashed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
2014, as `splitmix64`). So an image depends neither on the others nor on how many are drawn at once.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darkpixel.models.sparse_transformer.all_places import AllPlaces
from darkpixel.models.sparse_transformer.binned import Bins
from darkpixel.models.sparse_transformer.features import (
    RECENT,
    Position,
    geometry,
    padded,
    scalars,
    window,
)
from darkpixel.models.sparse_transformer.mass_first import mass_numbers
from darkpixel.models.sparse_transformer.masses import Momentum
from darkpixel.models.sparse_transformer.network import Network
from darkpixel.models.sparse_transformer.remaining import Shares, Told, bound_numbers, count_numbers
from darkpixel.models.sparse_transformer.scale import Scale

DRAWS = 4
"""Uniforms of a step: two for the place, two for the value. Those of step -1 are for the totals."""

TOTALS_STEP = -1
MASS_STEP = -2

_STEPS_PER_SLOT = 256  # bounds the cache where images are long


def uniforms(seeds: Tensor, step: int, draws: int = DRAWS) -> Tensor:
    """Uniforms in [0, 1) of the streams `seeds` (B,) int64, (B, draws) float64."""
    counters = torch.arange(1, draws + 1, device=seeds.device) + draws * (step + 1)
    x = seeds[:, None] + counters * _signed(0x9E3779B97F4A7C15)
    x = (x ^ _shifted_right(x, 30)) * _signed(0xBF58476D1CE4E5B9)
    x = (x ^ _shifted_right(x, 27)) * _signed(0x94D049BB133111EB)
    x = x ^ _shifted_right(x, 31)
    return _shifted_right(x, 11).double() * 2.0**-53


def _signed(value: int) -> int:
    """The int64 with the bits of a uint64; products wrap alike."""
    return value - 2**64 if value >= 2**63 else value


def _shifted_right(x: Tensor, by: int) -> Tensor:
    """A logical shift of int64."""
    return (x >> by) & ((1 << (64 - by)) - 1)


class _State(NamedTuple):
    """What a step needs of the images that still grow; every tensor is (B, ...).

    Attributes:
        number: place among the images that are drawn.
        seed: of the stream.
        condition: vector.
        length: pixels in the end.
        levels: (B, H + 2 reach, W + 2 reach), see `padded`.
        row, column, level, bin, move: of the last pixel; level 0, bin and move those of the start.
        first_row, first_column: of the first pixel.
        sums: (B, 3), as `scalars` takes them.
        recent: (B, RECENT, 3), likewise.
        value: (B,) float64, of the last pixel; infinite at the start.
        total, remainder, vector: as in `Told`; 0 without `shares`.
        mass: likewise; 0 where none was drawn.
        pulls: as in `Position`.
    """

    number: Tensor
    seed: Tensor
    condition: Tensor
    length: Tensor
    levels: Tensor
    row: Tensor
    column: Tensor
    level: Tensor
    bin: Tensor
    move: Tensor
    first_row: Tensor
    first_column: Tensor
    sums: Tensor
    recent: Tensor
    value: Tensor
    total: Tensor
    remainder: Tensor
    vector: Tensor
    mass: Tensor
    pulls: Tensor

    def head(self, images: int) -> "_State":
        return self if images == len(self.row) else _State(*(part[:images] for part in self))


class Sampler:
    """Draws images of a trained network in evaluation mode.

    Args:
        network: the network.
        size: height and width of the images.
        scale: of the values.
        bins: of the coordinate of values.
        shares: values are shares of what remains; None: they are absolute.
        is_falling: no value exceeds the one before it.
        slots: images drawn at once; None: 128 on a CPU, 4096 elsewhere.
    """

    def __init__(
        self,
        network: Network,
        size: tuple[int, int],
        scale: Scale,
        bins: Bins,
        shares: Shares | None,
        is_falling: bool,
        slots: int | None = None,
    ) -> None:
        self.network, self.scale, self.bins, self.shares = network, scale, bins, shares
        self.is_falling = is_falling
        self.height, self.width = size
        self.moves = network.moves
        self.device = scale.low.device
        self.slots = slots or (128 if self.device.type == "cpu" else 4096)
        self.cache: list[tuple[Tensor, Tensor]] = []
        self.places: list[Tensor] = []

    def draw(self, seeds: Tensor, conditions: Tensor) -> Tensor:
        """Images (n, H, W).

        Args:
            seeds: (n,) int64, of the images' streams.
            conditions: (n, width), vectors.
        """
        images = torch.zeros(len(seeds), self.height * self.width, device=self.device)
        # Weights and logits in float32: sampling is not what takes time.
        with torch.autocast(self.device.type, enabled=False):
            counts, sums = self.network.totals.draw(conditions, uniforms(seeds, TOTALS_STEP))
            masses = torch.zeros_like(sums)
            if self.network.mass_first is not None:
                u = uniforms(seeds, MASS_STEP)
                masses = self.network.mass_first.draw(conditions, counts, sums, u)
            lengths, order = counts.sort(descending=True, stable=True)
            on_host = lengths.cpu().numpy()
            for part in self._cohorts(on_host):
                chosen = order[part]
                state = self._start(
                    chosen, seeds[chosen], conditions[chosen], counts[chosen], sums[chosen],
                    masses[chosen],
                )  # fmt: skip
                self._draw_cohort(state, on_host[part], images)
        return images.view(-1, self.height, self.width)

    def _cohorts(self, lengths: NDArray[np.int64]) -> Iterator[slice]:
        """Images that are drawn together; the lengths fall."""
        start, lit = 0, int((lengths > 0).sum())
        while start < lit:
            most = _STEPS_PER_SLOT * self.slots // int(lengths[start])
            stop = min(start + max(1, min(self.slots, most)), lit)
            yield slice(start, stop)
            start = stop

    def _start(
        self,
        number: Tensor,
        seeds: Tensor,
        conditions: Tensor,
        counts: Tensor,
        sums: Tensor,
        masses: Tensor,
    ) -> _State:
        size, device = len(seeds), self.device
        none = torch.zeros(size, dtype=torch.int64, device=device)
        levels = torch.zeros(size, self.height, self.width, device=device)
        return _State(
            number=number,
            seed=seeds,
            condition=conditions,
            length=counts,
            levels=padded(levels, self.moves.reach),
            row=none,
            column=none,
            level=torch.zeros(size, device=device),
            bin=none + self.network.bins,
            move=none + self.moves.none,
            first_row=none,
            first_column=none,
            sums=torch.zeros(size, 3, device=device),
            recent=torch.zeros(size, RECENT, 3, device=device),
            value=torch.full((size,), torch.inf, device=device, dtype=torch.float64),
            total=sums,
            remainder=sums,
            vector=torch.zeros(size, 4, device=device, dtype=torch.float64),
            mass=masses,
            pulls=torch.zeros(
                size, self.height * self.width if self.network.far else 0, device=device
            ),
        )

    def _draw_cohort(self, state: _State, lengths: NDArray[np.int64], images: Tensor) -> None:
        """Draw the images of `state` to their end, into images (n, H * W)."""
        heads, d = self.network.heads, state.condition.shape[1]
        size, longest = len(lengths), int(lengths[0])
        self.cache = [
            (
                torch.empty(size, heads, d // heads, longest, device=self.device),
                torch.empty(size, heads, longest, d // heads, device=self.device),
            )
            for _ in self.network.blocks
        ]
        if self.network.far is not None:
            kernels = self.network.far.weights.out_features
            weights = torch.empty(size, longest, kernels, device=self.device)
            places = torch.empty(2, size, longest, dtype=torch.int64, device=self.device)
            self.places = [weights, *places]
        for step in range(longest):
            growing = int(np.searchsorted(-lengths, -step, side="left"))  # lengths > step
            state = self._step(state.head(growing), step, images)
        self.cache, self.places = [], []

    def _step(self, state: _State, step: int, images: Tensor) -> _State:
        """Draw the next pixel of each image."""
        network, scale, reach = self.network, self.scale, self.moves.reach
        row, column, started = state.row, state.column, step > 0
        which = torch.arange(len(row), device=self.device)
        count = torch.full_like(row, step)
        left = state.length - step
        around = window(state.levels, which, row, column, reach, reach)
        first = (state.first_row, state.first_column)
        numbers = [
            scalars(count, row, column, state.level, state.sums, first,
                    state.recent, (self.height, self.width), scale),
            count_numbers(left, state.length),
        ]  # fmt: skip
        momentum = None
        if self.shares is not None:
            told = Told(state.total, state.remainder, state.vector)
            numbers.append(self.shares.numbers(told, left, scale))
            if self.network.mass_first is not None:
                told = told._replace(mass=state.mass)
                numbers.append(mass_numbers(told))
            momentum = Momentum.of(told)
        bound = self._bound(state, left)
        if bound is not None:
            numbers.append(bound_numbers(bound))
        h = network.trunk_step(
            network.embed(
                row if started else row + self.height,
                column if started else column + self.width,
                state.bin, state.move, torch.cat(numbers, -1), around, state.condition,
            ),
            lambda layer, qkv: self._attend(layer, qkv, step),
        )  # fmt: skip
        u = uniforms(state.seed, step)
        pulls = state.pulls
        if isinstance(network.places, AllPlaces):
            pulls = pulls + network.places.kernels.pull(h, row, column, count)
        position = Position(
            row, column, count, left, geometry(state.sums, first), around, state.levels, pulls,
            momentum,
        )  # fmt: skip
        next_row, next_column, move = network.places.draw(h, position, u[:, :2])
        beside = window(state.levels, which, next_row, next_column, network.near, reach)
        far = self._far(h, step, row, column, next_row, next_column)
        logits = network.value_logits(
            h, next_row, next_column, move, beside, far, momentum, left, self.bins.middles
        )
        coordinate = self.bins.draw(logits, u[:, 2], u[:, 3], bound)
        remainder = state.remainder
        if self.shares is None:
            value = coordinate.exp()
        else:
            value, remainder = self.shares.values(coordinate, remainder, left)
        pixel = next_row * self.width + next_column
        stored = value.float()
        images[state.number, pixel] = stored
        level = scale.level(stored)
        state.levels[which, next_row + reach, next_column + reach] = level
        latest = torch.stack([row, column, state.level], -1)
        moment = torch.stack([stored, stored * next_row, stored * next_column], -1)
        vector = state.vector
        if self.shares is not None:
            vector = vector + value[:, None] * self.shares.places[pixel]
        return state._replace(
            row=next_row,
            column=next_column,
            level=level,
            bin=scale.bin(stored, network.bins),
            move=move,
            first_row=state.first_row if started else next_row,
            first_column=state.first_column if started else next_column,
            sums=state.sums + moment,
            recent=torch.cat([latest[:, None], state.recent[:, :-1]], 1),
            value=value,
            remainder=remainder,
            vector=vector,
            pulls=pulls,
        )

    def _far(
        self, h: Tensor, step: int, row: Tensor, column: Tensor, to_row: Tensor, to_column: Tensor
    ) -> Tensor | None:
        """What the next values see of all pixels so far, (B, width); None in a walk."""
        far = self.network.far
        if far is None:
            return None
        weights, rows, columns = (kept[: len(row)] for kept in self.places)
        weights[:, step] = far.weigh(h, torch.full_like(row, step))
        rows[:, step], columns[:, step] = row, column
        now = slice(step + 1)
        seen = far.sum(
            weights[:, now], rows[:, now], columns[:, now], to_row[:, None], to_column[:, None]
        )
        shown: Tensor = far.out(seen[:, 0])
        return shown

    def _bound(self, state: _State, left: Tensor) -> Tensor | None:
        """The largest coordinates (B,) float64 that the next values may have; None: any."""
        if not self.is_falling:
            return None
        if self.shares is None:
            return state.value.log()
        return self.shares.bound(state.value, state.remainder, left)

    def _attend(self, layer: int, qkv: Tensor, step: int) -> Tensor:
        """Attention of the newest token to all, (B, 3 width) -> (B, width).

        Keys are kept transposed: with one query an image, reading them is what takes the time, and
        the products below read each once (torch's own attention takes twice as long on a CPU).
        """
        images = len(qkv)
        d = qkv.shape[1] // 3 // self.network.heads
        q, k, v = qkv.view(images, 3, -1, d).unbind(1)
        keys, values = (kept[:images] for kept in self.cache[layer])
        keys[..., step], values[:, :, step] = k, v
        scores = torch.bmm(q.reshape(-1, 1, d), keys.flatten(0, 1)[..., : step + 1])
        shares = (scores * d**-0.5).softmax(-1)
        mixed = torch.bmm(shares, values.flatten(0, 1)[:, : step + 1])
        return mixed.view(images, -1)
