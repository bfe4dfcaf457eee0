"""How symbols, windows and exact numbers enter and leave the layers of the network, in pieces."""

from collections.abc import Iterator
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Groups = list[tuple[int, int]]
"""(images, steps) of each group of images of like length, in the order of the flat list."""


def one_hot(values: tuple[Tensor, ...], sizes: tuple[int, ...]) -> Tensor:
    """One-hot vectors of several symbols (N,) side by side, (N, sum of sizes) float32."""
    starts = accumulate(sizes[:-1], initial=0)
    places = torch.stack([value + start for value, start in zip(values, starts, strict=True)], 1)
    hot = torch.zeros(len(places), sum(sizes), device=places.device)
    return hot.scatter_(1, places, 1.0)


def joined(symbols: Tensor, window: Tensor) -> Tensor:
    """Symbols (N, S) with where pixels are in a window (N, s, s) and their levels."""
    flat = window.flatten(1)
    parts = [symbols, flat > 0, flat]
    device = flat.device.type
    kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else flat.dtype
    return torch.cat([part.to(kind) for part in parts], 1)


def exact(layer: nn.Linear, h: Tensor) -> Tensor:
    """A layer in float32, also where the rest is bfloat16: its outputs are logits."""
    with torch.autocast(h.device.type, enabled=False):
        return F.linear(h.float(), layer.weight, layer.bias)


def by_group(flat: Tensor, groups: Groups) -> tuple[list[Tensor], Tensor]:
    """A flat list of tokens (N, ...) as (images, steps, ...) of each group, and what is beyond.

    One split: its gradient is a single concatenation.
    """
    sizes = [images * steps for images, steps in groups]
    *parts, spare = flat.split([*sizes, len(flat) - sum(sizes)])
    shapes = [(*group, *flat.shape[1:]) for group in groups]
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)], spare


def pieces(groups: Groups, tokens: int, most: int) -> Iterator[tuple[slice, Groups]]:
    """Parts of a flat list of tokens with their groups, at most `most` tokens together.

    An image is never cut, and all are together where gradients keep them anyway.

    Args:
        tokens: with those beyond the groups, which come last.
    """
    if torch.is_grad_enabled():
        yield slice(0, tokens), groups
        return
    start = 0
    for images, steps in groups:
        together = max(1, most // steps)
        for first in range(0, images, together):
            count = min(together, images - first)
            yield slice(start, start + count * steps), [(count, steps)]
            start += count * steps
    if start < tokens:
        yield slice(start, tokens), []


def at_once(tokens: Tensor, most: int) -> tuple[Tensor, ...]:
    """Indices of tokens, at most `most` together; all where gradients keep them anyway."""
    return (tokens,) if torch.is_grad_enabled() else tokens.split(most)
