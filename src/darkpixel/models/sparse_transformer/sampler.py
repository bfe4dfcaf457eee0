"""Samples of the sparse transformer: one pixel a step, many images at once.

Images of a cohort start together, so that all have the same number of pixels and the attention
needs no mask. Keys and values are kept. Images that have ended are taken out of the cohort from
time to time, which shrinks all that follows; on a GPU this is the only wait for the device.

Image i draws from a counter-based stream of its own: its seed, the step and the number of the
draw are hashed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
2014, as `splitmix64`). So an image depends neither on the others nor on how many are drawn at once.
"""

import logging
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from darkpixel.errors import DarkpixelError
from darkpixel.models.sampling import draw_categories
from darkpixel.models.sparse_transformer.features import (
    RECENT,
    Charges,
    geometry,
    padded,
    scalars,
    window,
)
from darkpixel.models.sparse_transformer.network import Network
from darkpixel.models.sparse_transformer.settings import Settings

logger = logging.getLogger(__name__)

DRAWS = 4
"""Uniforms of a step: move, far place, bin of the charge, place in the bin."""

_SPECIES_STEP = -1  # the stream's step of the draw of the species
_ROOM = 64  # steps by which the cache of keys and values grows
_GPU_CHECK_STEPS = 16  # each check waits for the GPU to finish what it has queued
_ENDED_SHARE = 8  # the cohort shrinks when one image in so many has ended


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
    """What a step needs of each image of the cohort; every tensor is (B, ...).

    Attributes:
        number: place among the images that are drawn.
        seed: of the stream.
        condition: class, 0: none.
        alive: has not ended.
        levels: (B, H + 2 reach, W + 2 reach), see `padded`.
        row, column, level, bin, move: of the last pixel; level 0, bin and move those of the start.
        first_row, first_column: of the first pixel.
        sums: (B, 3), as `scalars` takes them.
        recent: (B, RECENT, 3), likewise.
    """

    number: Tensor
    seed: Tensor
    condition: Tensor
    alive: Tensor
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

    @property
    def first(self) -> tuple[Tensor, Tensor]:
        return self.first_row, self.first_column

    def take(self, kept: Tensor) -> "_State":
        return _State(*(values[kept] for values in self))


class Sampler:
    """Draws images of a trained network in evaluation mode.

    Args:
        network: with the settings `options`.
        size: height and width of the images.
        scale: of the charges.
        species: (S,) PDG codes, for `condition`.
        species_counts: (S,) training images of each; (0,) without `condition`.
        slots: images drawn at once; None: 64 on a CPU, 4096 elsewhere.
    """

    def __init__(
        self,
        network: Network,
        options: Settings,
        size: tuple[int, int],
        scale: Charges,
        species: Tensor,
        species_counts: Tensor,
        slots: int | None = None,
    ) -> None:
        self.network, self.options, self.scale = network, options, scale
        self.height, self.width = size
        self.species, self.species_counts = species, species_counts
        self.moves = network.moves
        self.device = scale.low.device
        self.on_cpu = self.device.type == "cpu"
        self.slots = slots or (64 if self.on_cpu else 4096)
        self.cache: list[Tensor] = []
        self.cut = 0

    def draw(
        self, n: int, generator: torch.Generator, species: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Images (n, H, W) and their columns; see `SparseTransformer.sample_events`."""
        seeds = torch.randint(
            2**62, (n,), generator=generator, device=generator.device
        ).to(self.device)  # fmt: skip
        classes = self._classes(seeds, species)
        images = torch.zeros(n, self.height * self.width, device=self.device)
        self.cut = 0
        # Weights and logits in float32: sampling is not what takes time.
        with torch.autocast(self.device.type, enabled=False):
            for start in range(0, n, self.slots):
                stop = min(start + self.slots, n)
                condition = torch.zeros_like(seeds) if classes is None else classes + 1
                state = self._start(start, seeds[start:stop], condition[start:stop])
                self._draw_cohort(state, images)
        if self.cut:
            logger.warning(
                "%d of %d images were cut off at %d pixels (longest); train for longer or raise it",
                self.cut, n, self.options.longest,
            )  # fmt: skip
        columns = {} if classes is None else {"species": self.species[classes].int()}
        return images.view(n, self.height, self.width), columns

    def _classes(self, seeds: Tensor, species: Tensor | None) -> Tensor | None:
        """Places in the list of species (n,), as told or drawn from the training images' mix."""
        if self.options.condition is None:
            return None
        if species is not None:
            match = species.to(self.device).long()[:, None] == self.species
            if not bool(match.any(1).all()):
                raise DarkpixelError(
                    "model sparse_transformer: species to draw are not all in the list "
                    f"{self.options.species}."
                )
            return match.int().argmax(1)
        if not bool(self.species_counts.any()):
            raise DarkpixelError(
                "model sparse_transformer: the species mix is that of the training images; train "
                "the model before sampling."
            )
        mix = self.species_counts.double().log().expand(len(seeds), -1)
        return draw_categories(mix, uniforms(seeds, _SPECIES_STEP)[:, 0])

    def _start(self, start: int, seeds: Tensor, condition: Tensor) -> _State:
        count, device = len(seeds), self.device
        none = torch.zeros(count, dtype=torch.int64, device=device)
        levels = torch.zeros(count, self.height, self.width, device=device)
        return _State(
            number=torch.arange(start, start + count, device=device),
            seed=seeds,
            condition=condition,
            alive=torch.ones(count, dtype=torch.bool, device=device),
            levels=padded(levels, self.moves.reach),
            row=none,
            column=none,
            level=torch.zeros(count, device=device),
            bin=none + self.network.bins,
            move=none + self.moves.end,
            first_row=none,
            first_column=none,
            sums=torch.zeros(count, 3, device=device),
            recent=torch.zeros(count, RECENT, 3, device=device),
        )

    def _draw_cohort(self, state: _State, images: Tensor) -> None:
        """Draw the images of `state` to their end, into images (n, H * W)."""
        self.cache = [torch.empty(0, device=self.device) for _ in self.network.blocks]
        longest = self.options.longest
        for step in range(longest + 1):
            state, ended = self._step(state, step, images, last=step == longest)
            if ended is not None:
                self.cut += int((state.alive & ~ended).sum())
                break
            if self.on_cpu or step % _GPU_CHECK_STEPS == 0:
                alive = int(state.alive.sum())
                if alive == 0:
                    break
                if (len(state.alive) - alive) * _ENDED_SHARE >= len(state.alive):
                    kept = state.alive.nonzero()[:, 0]
                    state = state.take(kept)
                    for layer, entries in enumerate(self.cache):
                        self.cache[layer] = entries[:, kept]
        self.cache = []

    def _step(
        self, state: _State, step: int, images: Tensor, last: bool
    ) -> tuple[_State, Tensor | None]:
        """Draw the next pixel of each image; at the last step only whether it has ended (B,)."""
        network, moves, scale = self.network, self.moves, self.scale
        reach, (row, column) = moves.reach, (state.row, state.column)
        which = torch.arange(len(row), device=self.device)
        count = torch.full_like(row, step)
        around = window(state.levels, which, row, column, reach, reach)
        numbers = scalars(
            count, row, column, state.level, state.sums, state.first,
            state.recent, (self.height, self.width), scale,
        )  # fmt: skip
        started = step > 0
        h = network.trunk_step(
            network.embed(
                row if started else row + self.height,
                column if started else column + self.width,
                state.bin, state.move, numbers, around, state.condition,
            ),
            lambda layer, qkv: self._attend(layer, qkv, step),
        )  # fmt: skip
        u = uniforms(state.seed, step)
        move = draw_categories(network.move_logits(h, around, count).double(), u[:, 0])
        ended = move == moves.end
        if last:
            return state, ended
        alive = state.alive & ~ended
        place = self._far_places(state, h, move, count, u[:, 1])
        far = move == moves.far
        near_row, near_column = row + move // moves.side - reach, column + move % moves.side - reach
        next_row = torch.where(far, place // self.width, near_row).clamp(0, self.height - 1)
        next_column = torch.where(far, place % self.width, near_column).clamp(0, self.width - 1)
        beside = window(state.levels, which, next_row, next_column, network.near, reach)
        logits = network.charge_logits(h, next_row, next_column, move, beside)
        bin_ = draw_categories(logits.double(), u[:, 2])
        share = (bin_ + u[:, 3]) / network.bins
        charge = (scale.low + share * (scale.high - scale.low)).exp().float()

        # Images that have ended keep what they are.
        pixel = next_row * self.width + next_column
        images[state.number, pixel] = torch.where(alive, charge, images[state.number, pixel])
        level = scale.level(charge)
        spot = (which, next_row + reach, next_column + reach)
        state.levels[spot] = torch.where(alive, level, state.levels[spot])
        latest = torch.stack([row, column, state.level], -1)
        moment = torch.stack([charge, charge * next_row, charge * next_column], -1)
        state = state._replace(
            alive=alive,
            row=next_row,
            column=next_column,
            level=level,
            bin=scale.bin(charge, network.bins),
            move=move,
            first_row=state.first_row if started else next_row,
            first_column=state.first_column if started else next_column,
            sums=state.sums + moment,
            recent=torch.cat([latest[:, None], state.recent[:, :-1]], 1),
        )
        return state, None

    def _far_places(
        self, state: _State, h: Tensor, move: Tensor, count: Tensor, u: Tensor
    ) -> Tensor:
        """Places of far moves, (B,) int64; those of other moves mean nothing."""
        places = torch.zeros_like(move)
        chosen = torch.arange(len(move), device=self.device)
        if self.on_cpu:  # elsewhere looking would cost more than the places of all
            chosen = (move == self.moves.far).nonzero()[:, 0]
            if not len(chosen):
                return places
        reach = self.moves.reach
        taken = state.levels[chosen, reach : reach + self.height, reach : reach + self.width] != 0
        logits = self.network.place_logits(
            h[chosen],
            state.row[chosen],
            state.column[chosen],
            count[chosen],
            geometry(state.sums, state.first)[chosen],
            taken.flatten(1),
        )
        # Where nothing is far, every logit is -inf: such a move was not drawn.
        logits = logits.masked_fill((logits == -torch.inf).all(1, keepdim=True), 0.0)
        places[chosen] = draw_categories(logits.double(), u[chosen])
        return places

    def _attend(self, layer: int, qkv: Tensor, step: int) -> Tensor:
        """Attention of the newest token to all, (B, 3 width) -> (B, width)."""
        batch, heads = len(qkv), self.network.heads
        q, k, v = qkv.view(batch, 3, heads, 1, -1).unbind(1)
        cache = self.cache[layer]
        if step == 0:
            cache = qkv.new_empty(2, batch, heads, _ROOM, q.shape[-1])
        elif step == cache.shape[3]:
            cache = F.pad(cache, (0, 0, 0, max(_ROOM, step // 2)))
        self.cache[layer] = cache
        cache[0, :, :, step : step + 1] = k
        cache[1, :, :, step : step + 1] = v
        a = F.scaled_dot_product_attention(
            q, cache[0, :, :, : step + 1], cache[1, :, :, : step + 1]
        )
        return a.reshape(batch, -1)
