"""Densities of one real number: bins, uniform inside, with an exponential tail at each end.

No drawn number lies on a grid, and every number has a density above zero.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from darkpixel.models.sampling import draw_categories

TAILS = 2
"""Categories beyond the bins: the lower tail is the first, the upper one the last."""


class Bins(NamedTuple):
    """Equal bins between two numbers, scalars on the device of what is binned.

    Attributes:
        low, high: where the bins begin and end.
        bins: their number, without the tails.
        tail: mean distance from the edge in a tail.
    """

    low: Tensor
    high: Tensor
    bins: int
    tail: float = 0.3

    @property
    def categories(self) -> int:
        return self.bins + TAILS

    @property
    def width(self) -> Tensor:
        return (self.high - self.low) / self.bins

    def category(self, x: Tensor) -> Tensor:
        """The category of numbers, int64: 0 and `bins` + 1 are the tails."""
        place = ((x - self.low) / self.width).floor()
        return (place + 1).clamp(0, self.bins + 1).long()

    def nats(self, logits: Tensor, x: Tensor) -> Tensor:
        """Negative log-density of numbers, nats.

        Args:
            logits: (N, categories).
            x: (N,).
        """
        category = self.category(x)
        nats = F.cross_entropy(logits, category, reduction="none")
        beyond = torch.where(category == 0, self.low - x, x - self.high).clamp(min=0) / self.tail
        in_tail = (category == 0) | (category > self.bins)
        tail = torch.full_like(beyond, self.tail).log() + beyond
        return nats + torch.where(in_tail, tail, self.width.log())

    def draw(self, logits: Tensor, choice: Tensor, place: Tensor) -> Tensor:
        """Numbers at uniforms (N,), float64.

        Args:
            logits: (N, categories).
            choice: uniforms that choose the category.
            place: uniforms that choose the place in it.
        """
        category = draw_categories(logits.double(), choice)
        inside = self.low.double() + (category - 1 + place) * self.width.double()
        beyond = -self.tail * torch.log1p(-place)
        found = torch.where(category == 0, self.low.double() - beyond, inside)
        return torch.where(category > self.bins, self.high.double() + beyond, found)
