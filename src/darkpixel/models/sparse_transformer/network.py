"""The network: what a token sees, pre-norm transformer blocks, and the heads of the factors.

One step of an image factorises as p(move) p(place | move is far) p(charge | place). Blocks follow
Radford et al., "Language models are unsupervised multitask learners" (2019).
"""

from collections.abc import Callable
from itertools import accumulate
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from darkpixel.models.sparse_transformer.features import SCALARS, Moves
from darkpixel.models.sparse_transformer.places import PLACE_NUMBERS, place_numbers, weighted_sum
from darkpixel.models.sparse_transformer.settings import Settings

_ATTENTION = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
_PLACE_WIDTH = 64  # of the product that gives the logits of far places


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


def causal_attention(qkv: Tensor, groups: list[tuple[int, int]], heads: int) -> Tensor:
    """Attention within each image to the steps up to one's own.

    Args:
        qkv: (N, 3 width), flat tokens of all groups; what is beyond the groups gets 0.
        groups: (images, steps) of each.

    Returns:
        (N, width).
    """
    width = qkv.shape[1] // 3
    sizes = [images * steps for images, steps in groups]
    spare = len(qkv) - sum(sizes)
    mixed = []
    # One split and one unbind: their gradients are single concatenations.
    for part, (images, steps) in zip(qkv.split([*sizes, spare]), groups, strict=False):
        shape = (images, steps, 3, heads, width // heads)
        q, k, v = (each.transpose(1, 2) for each in part.view(shape).unbind(2))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        mixed.append(a.transpose(1, 2).reshape(images * steps, width))
    if spare:
        mixed.append(qkv.new_zeros(spare, width))
    return torch.cat(mixed)


class Network(nn.Module):
    """Embedding of tokens, trunk and heads.

    Args:
        options: the settings.
        height, width: of the images, pixels.
        classes: of the condition; 0: none.
    """

    def __init__(self, options: Settings, height: int, width: int, classes: int) -> None:
        super().__init__()
        self.moves, self.near, self.bins = (
            Moves(options.reach), options.neighbourhood, options.charge_bins
        )  # fmt: skip
        self.size, self.heads = (height, width), options.heads
        d, near_side = options.width, 2 * options.neighbourhood + 1
        # What a token sees: symbols (row, column, bin, move, each with one more for the start, and
        # the class) and the window. Symbols enter as one-hot vectors through one matrix: on a GPU
        # the gradient of a table of few entries, used by many tokens, costs more than the product.
        self.symbols = (height + 1, width + 1, self.bins + 1, self.moves.codes, classes + 1)
        self.inputs = nn.Linear(sum(self.symbols) + 2 * self.moves.side**2, d)
        self.scalars = nn.Linear(SCALARS, d)
        self.dropout = options.dropout
        self.blocks = nn.ModuleList(Block(d, options.layers) for _ in range(options.layers))
        self.norm = nn.LayerNorm(d)
        # Heads. A far place's logit is a product with its key, which is a sum over its row, its
        # column, both and the place itself, and one with where it lies as seen from the pixels.
        self.move = nn.Linear(d, self.moves.codes)
        self.place_hidden = nn.Sequential(nn.Linear(d, d), nn.GELU())
        self.place_query = nn.Linear(d, _PLACE_WIDTH)
        self.place_weights = nn.Linear(d, PLACE_NUMBERS)
        self.row_key = nn.Parameter(torch.randn(2, height, 1, _PLACE_WIDTH) * 0.3)
        self.column_key = nn.Parameter(torch.randn(2, 1, width, _PLACE_WIDTH) * 0.3)
        self.place_key = nn.Parameter(torch.randn(height, width, _PLACE_WIDTH) * 0.1)
        self.place_bias = nn.Parameter(torch.zeros(height * width))
        self.next_symbols = (height, width, self.moves.codes)
        self.next_inputs = nn.Linear(sum(self.next_symbols) + 2 * near_side**2, d)
        self.charge_hidden = nn.Sequential(
            nn.LayerNorm(d), nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d), nn.GELU()
        )
        self.charge = nn.Linear(d, self.bins)
        with torch.no_grad():
            for layer, symbols in (
                (self.inputs, self.symbols),
                (self.next_inputs, self.next_symbols),
            ):
                layer.weight[:, : sum(symbols)].normal_(std=0.05)
            self.move.weight.mul_(0.1)
            self.charge.weight.mul_(0.1)
            self.place_weights.weight.mul_(0.1)
            self.place_weights.bias.zero_()
        self._before: Callable[..., Tensor] = before_attention
        self._after: Callable[..., Tensor] = after_attention

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
            condition: (N,) int64 classes, 0 where withheld; None: everywhere.
        """
        if condition is None:
            condition = torch.zeros_like(row)
        symbols = _one_hot((row, column, bin, last_move, condition), self.symbols)
        # Counts in bfloat16 would be good to one in 256.
        x: Tensor = _exact(self.scalars, scalars) + self.inputs(_joined(symbols, window))
        return x

    def trunk(self, x: Tensor, groups: list[tuple[int, int]]) -> Tensor:
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

    def move_logits(self, h: Tensor, window: Tensor, step: Tensor) -> Tensor:
        """Logits (N, codes) float32; impossible moves have -inf.

        Args:
            h: (N, width) of the trunk.
            window: (N, side, side), as in `Tokens`.
            step: (N,) pixels so far.
        """
        logits = _exact(self.move, h)
        taken = (window != 0).flatten(1)  # drawn or outside
        free_near = (~taken).sum(1)
        height, width = self.size
        start = step == 0
        free_far = torch.where(start, height * width, height * width - step - free_near)
        impossible = torch.cat(
            [
                taken | start[:, None],
                (free_far <= 0)[:, None],
                torch.zeros_like(start)[:, None],
            ],
            1,
        )
        return logits.masked_fill(impossible, -torch.inf)

    def place_logits(
        self,
        h: Tensor,
        row: Tensor,
        column: Tensor,
        step: Tensor,
        geometry: Tensor,
        taken: Tensor,
    ) -> Tensor:
        """Logits (N, H * W) float32 of the place of a far move; -inf within the window.

        Args:
            h: (N, width) of the trunk.
            row, column: (N,) of the last pixel; at the start they do not matter.
            step: (N,) pixels so far.
            geometry: (N, 4), as in `Tokens`.
            taken: (N, H * W) bool, places drawn before.
        """
        row, column = row * (step > 0), column * (step > 0)
        with torch.autocast(h.device.type, enabled=False):
            hidden = self.place_hidden(h.float())
            queries, weights = self.place_query(hidden), self.place_weights(hidden)
            product = self.row_key[1] * self.column_key[1]
            keys = self.row_key[0] + self.column_key[0] + product + self.place_key
            logits = F.linear(queries, keys.flatten(0, 1), self.place_bias)
            numbers = place_numbers(row, column, geometry, self.size)
            logits = logits + weighted_sum(weights, numbers)
        (height, width), reach = self.size, self.moves.reach
        near_row = (torch.arange(height, device=h.device) - row[:, None]).abs() <= reach
        near_column = (torch.arange(width, device=h.device) - column[:, None]).abs() <= reach
        near_row &= step[:, None] > 0
        near = (near_row[:, :, None] & near_column[:, None]).flatten(1)
        return logits.masked_fill(near | taken, -torch.inf)

    def charge_logits(
        self, h: Tensor, row: Tensor, column: Tensor, move: Tensor, window: Tensor
    ) -> Tensor:
        """Logits (N, bins) float32 of the charge of the next pixel.

        Args:
            h: (N, width) of the trunk.
            row, column, move: (N,) of the next pixel and how it is reached.
            window: (N, near side, near side), levels around it.
        """
        symbols = _one_hot((row, column, move), self.next_symbols)
        h = h + self.next_inputs(_joined(symbols, window))
        return _exact(self.charge, self.charge_hidden(h))


def _one_hot(values: tuple[Tensor, ...], sizes: tuple[int, ...]) -> Tensor:
    """One-hot vectors of several symbols (N,) side by side, (N, sum of sizes) float32."""
    starts = accumulate(sizes[:-1], initial=0)
    places = torch.stack([value + start for value, start in zip(values, starts, strict=True)], 1)
    hot = torch.zeros(len(places), sum(sizes), device=places.device)
    return hot.scatter_(1, places, 1.0)


def _joined(symbols: Tensor, window: Tensor) -> Tensor:
    """Symbols (N, S) with where pixels are in a window (N, s, s) and their levels."""
    flat = window.flatten(1)
    parts = [symbols, flat > 0, flat]
    device = flat.device.type
    kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else flat.dtype
    return torch.cat([part.to(kind) for part in parts], 1)


def _exact(layer: nn.Linear, h: Tensor) -> Tensor:
    """A layer in float32, also where the rest is bfloat16: its outputs are logits."""
    with torch.autocast(h.device.type, enabled=False):
        return F.linear(h.float(), layer.weight, layer.bias)
