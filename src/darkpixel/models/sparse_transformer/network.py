"""The network: what a token sees, pre-norm transformer blocks, and the heads of the factors.

A step of an image factorises as p(place) p(value | place). In a walk the place is a move,
p(move) p(place | move is far). Blocks follow Radford et al., "Language models are unsupervised
multitask learners" (2019).
"""

from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from darkpixel.models.sparse_transformer.all_places import AllPlaces, FixedPlaces, FreePlaces
from darkpixel.models.sparse_transformer.binned import TAILS
from darkpixel.models.sparse_transformer.conditions import ConditionInputs
from darkpixel.models.sparse_transformer.features import SCALARS, Moves
from darkpixel.models.sparse_transformer.inputs import Groups, by_group, exact, joined, one_hot
from darkpixel.models.sparse_transformer.kernels import ValueKernels
from darkpixel.models.sparse_transformer.mass_first import MASS_NUMBERS, MassFirst
from darkpixel.models.sparse_transformer.masses import Masses, Momentum
from darkpixel.models.sparse_transformer.remaining import (
    BOUND_NUMBERS,
    COUNT_NUMBERS,
    SHARE_NUMBERS,
    values_at,
)
from darkpixel.models.sparse_transformer.settings import Settings
from darkpixel.models.sparse_transformer.totals import Totals
from darkpixel.models.sparse_transformer.walk_places import WalkPlaces

_ATTENTION = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


class Block(nn.Module):
    """Attention and a two-layer network, each on normalised inputs and added to its input."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.norm_attention, self.norm_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        with torch.no_grad():  # the residual stream keeps its size however many blocks add to it
            for layer in (self.out, self.down):
                layer.weight.mul_((2 * layers) ** -0.5)

    def before(self) -> tuple[Tensor, ...]:
        """The weights of `before_attention`."""
        norm = self.norm_attention
        return norm.weight, norm.bias, self.qkv.weight, self.qkv.bias

    def after(self) -> tuple[Tensor, ...]:
        """The weights of `after_attention`."""
        norm = self.norm_mlp
        return (
            self.out.weight, self.out.bias, norm.weight, norm.bias,
            self.up.weight, self.up.bias, self.down.weight, self.down.bias,
        )  # fmt: skip


# Functions of tensors, so that all blocks share one compiled program.


def before_attention(
    x: Tensor, scale: Tensor, shift: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    """(N, width) -> queries, keys and values (N, 3 width)."""
    return F.linear(F.layer_norm(x, scale.shape, scale, shift), weight, bias)


def after_attention(
    x: Tensor,
    mixed: Tensor,
    dropout: float,
    out: Tensor,
    out_bias: Tensor,
    scale: Tensor,
    shift: Tensor,
    up: Tensor,
    up_bias: Tensor,
    down: Tensor,
    down_bias: Tensor,
) -> Tensor:
    """The block's output (N, width) from its input and what the attention mixed (N, width)."""
    x = x + _dropped(F.linear(mixed, out, out_bias), dropout)
    h = F.linear(F.layer_norm(x, scale.shape, scale, shift), up, up_bias)
    h = F.linear(F.gelu(h, approximate="tanh"), down, down_bias)
    return x + _dropped(h, dropout)


def _dropped(x: Tensor, dropout: float) -> Tensor:
    return F.dropout(x, dropout) if dropout else x  # at 0 it would still draw a mask


def causal_attention(qkv: Tensor, groups: Groups, heads: int) -> Tensor:
    """Attention within each image to the steps up to one's own.

    Args:
        qkv: (N, 3 width), flat tokens of all groups; what is beyond the groups gets 0.
        groups: (images, steps) of each.

    Returns:
        (N, width).
    """
    width = qkv.shape[1] // 3
    parts, spare = by_group(qkv, groups)
    mixed = []
    for part in parts:
        # One unbind: its gradient is a single concatenation, as that of `by_group`.
        q, k, v = (
            each.transpose(1, 2) for each in part.unflatten(2, (3, heads, width // heads)).unbind(2)
        )
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        mixed.append(a.transpose(1, 2).reshape(-1, width))
    if len(spare):
        mixed.append(qkv.new_zeros(len(spare), width))
    return torch.cat(mixed)


class Network(nn.Module):
    """Embedding of tokens, trunk and heads.

    Args:
        options: the settings.
        height, width: of the images, pixels.
        conditions: how what is asked for enters.
        order: (H * W,) places in the order in which they are drawn; None: it is not fixed.
        places: (H * W, 4), the four-vector of each place and value 1.
    """

    def __init__(
        self,
        options: Settings,
        height: int,
        width: int,
        conditions: ConditionInputs,
        order: NDArray[np.int64] | None,
        places: Tensor,
    ) -> None:
        super().__init__()
        self.moves, self.near, self.bins = (
            Moves(options.reach), options.neighbourhood, options.value_bins
        )  # fmt: skip
        self.size, self.heads = (height, width), options.heads
        d, near_side = options.width, 2 * options.neighbourhood + 1
        # What a token sees: symbols (row, column, bin, move, each with one more for the start) and
        # the window. Symbols enter as one-hot vectors through one matrix: on a GPU the gradient of
        # a table of few entries, used by many tokens, costs more than the product.
        self.symbols = (height + 1, width + 1, self.bins + 1, self.moves.codes + 1)
        self.inputs = nn.Linear(sum(self.symbols) + 2 * self.moves.side**2, d)
        numbers = SCALARS + COUNT_NUMBERS + SHARE_NUMBERS * (options.values == "shares")
        numbers += BOUND_NUMBERS * options.is_falling + MASS_NUMBERS * options.mass_first
        self.scalars = nn.Linear(numbers, d)
        self.conditions = conditions
        self.totals = Totals(options, height * width)
        self.mass_first = MassFirst(d, options.mass_noise) if options.mass_first else None
        if not conditions.some:  # then `fit_totals` does all that there is to do
            for head in self.heads_of_totals:
                head.requires_grad_(False)
        self.dropout = options.dropout
        self.blocks = nn.ModuleList(Block(d, options.layers) for _ in range(options.layers))
        self.norm = nn.LayerNorm(d)
        self.places: WalkPlaces | AllPlaces
        masses = Masses(d, options.mass_knots, places) if options.knows_masses else None
        given = (d, height, width, self.moves, options.kernels, masses)
        if order is not None:
            self.places = FixedPlaces(*given, order)
        elif options.is_falling:
            self.places = FreePlaces(*given)
        else:
            self.places = WalkPlaces(d, height, width, self.moves)
        self.next_symbols = (height, width, self.moves.codes + 1)
        self.next_inputs = nn.Linear(sum(self.next_symbols) + 2 * near_side**2, d)
        # A walk draws what hangs together one after the other.
        self.far: ValueKernels | None = None
        if isinstance(self.places, AllPlaces):
            self.far = ValueKernels(d, height, width, options.kernels)
        self.value_hidden = nn.Sequential(
            nn.LayerNorm(d), nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d), nn.GELU()
        )
        self.value = nn.Linear(d, self.bins + TAILS)
        with torch.no_grad():
            for layer, symbols in (
                (self.inputs, self.symbols),
                (self.next_inputs, self.next_symbols),
            ):
                layer.weight[:, : sum(symbols)].normal_(std=0.05)
            self.value.weight.mul_(0.1)
        self._before: Callable[..., Tensor] = before_attention
        self._after: Callable[..., Tensor] = after_attention

    @property
    def heads_of_totals(self) -> list[nn.Module]:
        """Of what is drawn before the pixels."""
        return [self.totals, *([] if self.mass_first is None else [self.mass_first])]

    @property
    def masses(self) -> Masses | None:
        """Functions of the mass; None: there are none."""
        return self.places.masses if isinstance(self.places, AllPlaces) else None

    def compile_blocks(self) -> None:
        """Compile the parts of the blocks between attentions, for any number of tokens."""
        self._before = torch.compile(before_attention, dynamic=True)
        self._after = torch.compile(after_attention, dynamic=True)

    def embed(
        self,
        row: Tensor,
        column: Tensor,
        bin: Tensor,
        last_move: Tensor,
        scalars: Tensor,
        window: Tensor,
        condition: Tensor | None,
    ) -> Tensor:
        """Tokens (N, width); the arguments are those of `Tokens`.

        Args:
            condition: (N, width) of `conditions`; None: there are none.
        """
        symbols = one_hot((row, column, bin, last_move), self.symbols)
        # Counts in bfloat16 would be good to one in 256.
        x: Tensor = exact(self.scalars, scalars) + self.inputs(joined(symbols, window))
        return x if condition is None else x + condition

    def trunk(self, x: Tensor, groups: Groups) -> Tensor:
        """All blocks and the last norm on flat tokens (N, width)."""
        dropout = self.dropout if self.training else 0.0
        # cuDNN's attention would prepare a plan for every new shape.
        with sdpa_kernel(_ATTENTION):
            for block in self._blocks():
                qkv = self._before(x, *block.before())
                mixed = causal_attention(qkv, groups, self.heads)
                x = self._after(x, mixed, dropout, *block.after())
        h: Tensor = self.norm(x)
        return h

    def _blocks(self) -> list[Block]:
        return cast(list[Block], list(self.blocks))

    def trunk_step(self, x: Tensor, attend: Callable[[int, Tensor], Tensor]) -> Tensor:
        """The trunk on one new token an image, (B, width), for sampling.

        Args:
            attend: (layer, qkv (B, 3 width)) -> what the attention mixes (B, width).
        """
        for layer, block in enumerate(self._blocks()):
            mixed = attend(layer, before_attention(x, *block.before()))
            x = after_attention(x, mixed, 0.0, *block.after())
        h: Tensor = self.norm(x)
        return h

    def value_logits(
        self,
        h: Tensor,
        row: Tensor,
        column: Tensor,
        move: Tensor,
        window: Tensor,
        far: Tensor | None,
        momentum: Momentum | None,
        left: Tensor,
        coordinates: Tensor,
    ) -> Tensor:
        """Logits (N, bins + 2) float32 of the value of the next pixel, see `Bins`.

        Args:
            h: (N, width) of the trunk.
            row, column, move: (N,) of the next pixel and how it is reached.
            window: (N, near side, near side), levels around it.
            far: (N, width), what `ValueKernels` give; None of a walk.
            momentum: (N,) before the pixel; None where values are no shares.
            left: (N,) pixels still to come.
            coordinates: (bins + 2,) of the value, in the middle of each bin.
        """
        symbols = one_hot((row, column, move), self.next_symbols)
        h = h + self.next_inputs(joined(symbols, window))
        if far is not None:
            h = h + far
        masses = self.masses
        if masses is None or momentum is None:
            return exact(self.value, self.value_hidden(h))
        place = row * self.size[1] + column
        hidden = self.value_hidden(h + masses.shown(momentum, place))
        values = values_at(coordinates, momentum.remainder, left)
        logits = masses.value_logits(hidden, momentum, place, values)
        return exact(self.value, hidden) + logits
