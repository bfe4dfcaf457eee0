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

_NO_WIDTH = 1e-6  # of a bin at whose edge the bound lies


class Bins(NamedTuple):
    """Equal bins between two numbers, scalars on the device of what is binned.

    Numbers may be bounded from above, each by a bound of its own: bins beyond it have probability
    zero, and the one that holds it is cut there and loses what is cut off.

    Attributes:
        low, high: where the bins begin and end.
        bins: their number, without the tails.
        tail: mean distance from the edge in a tail.
        is_bounded: no number lies below `low`: there is no lower tail.
    """

    low: Tensor
    high: Tensor
    bins: int
    tail: float = 0.3
    is_bounded: bool = False

    @property
    def categories(self) -> int:
        return self.bins + TAILS

    @property
    def width(self) -> Tensor:
        return (self.high - self.low) / self.bins

    @property
    def middles(self) -> Tensor:
        """The middle of each category, (categories,); of a tail as if it were one bin more."""
        place = torch.arange(self.categories, device=self.low.device)
        return self.low + (place - 0.5) * self.width

    def category(self, x: Tensor) -> Tensor:
        """The category of numbers, int64: 0 and `bins` + 1 are the tails."""
        place = ((x - self.low) / self.width).floor()
        first = 1 if self.is_bounded else 0
        return (place + 1).clamp(first, self.bins + 1).long()

    def nats(self, logits: Tensor, x: Tensor, bound: Tensor | None = None) -> Tensor:
        """Negative log-density of numbers, nats.

        Args:
            logits: (N, categories).
            x: (N,).
            bound: (N,), what x does not exceed but by rounding; None: nothing.
        """
        if self.is_bounded:
            x = x.clamp(min=self.low)
        if bound is not None:
            x = x.minimum(bound)
        category = self.category(x)
        if bound is not None:
            category = category.minimum(self._last(bound))
        nats = F.cross_entropy(self._possible(logits, bound), category, reduction="none")
        begins, size = self._bin(category, bound)
        below = category == 0
        beyond = torch.where(below, begins - x, x - self.high).clamp(min=0) / self.tail
        in_tail = below | (category > self.bins)
        tail = torch.full_like(beyond, self.tail).log() + beyond
        if bound is not None:
            tail = tail + torch.where(below, 1.0, self._share_of_tail(bound)).log()
        return nats + torch.where(in_tail, tail, size.log())

    def draw(
        self, logits: Tensor, choice: Tensor, place: Tensor, bound: Tensor | None = None
    ) -> Tensor:
        """Numbers at uniforms (N,), float64.

        Args:
            logits: (N, categories).
            choice: uniforms that choose the category.
            place: uniforms that choose the place in it.
            bound: as of `nats`.
        """
        category = draw_categories(self._possible(logits, bound).double(), choice)
        begins, size = (part.double() for part in self._bin(category, bound))
        below = -self.tail * torch.log1p(-place)
        share = 1.0 if bound is None else self._share_of_tail(bound).double()
        above = -self.tail * torch.log1p(-place * share)
        found = torch.where(category == 0, begins - below, begins + place * size)
        return torch.where(category > self.bins, self.high.double() + above, found)

    def _possible(self, logits: Tensor, bound: Tensor | None) -> Tensor:
        """Logits that are -inf where no number can lie."""
        if bound is not None:
            last = self._last(bound)
            size = self._bin(last, bound)[1] / self.width
            kept = torch.where(last > self.bins, self._share_of_tail(bound), size)
            kept = kept.log().masked_fill(last == 0, 0.0).to(logits.dtype)
            place = torch.arange(self.categories, device=logits.device)
            logits = logits + kept[:, None] * (place == last[:, None])
            logits = logits.masked_fill(place > last[:, None], -torch.inf)
        if self.is_bounded:
            logits = torch.cat([torch.full_like(logits[:, :1], -torch.inf), logits[:, 1:]], 1)
        return logits

    def _last(self, bound: Tensor) -> Tensor:
        """The last category that has numbers below the bound."""
        place = ((bound - self.low) / self.width).ceil()
        first = 1 if self.is_bounded else 0
        return place.clamp(first, self.bins + 1).long()

    def _bin(self, category: Tensor, bound: Tensor | None) -> tuple[Tensor, Tensor]:
        """Where bins begin, and their widths; the lower tail goes down from where it begins."""
        begins = self.low + (category - 1).clamp(min=0) * self.width
        size = self.width.expand_as(begins)
        if bound is None:
            return begins, size
        return begins.minimum(bound), (bound - begins).clamp(min=_NO_WIDTH).minimum(size)

    def _share_of_tail(self, bound: Tensor) -> Tensor:
        """What an upper tail without end has up to the bound."""
        return -torch.expm1(-(bound - self.high).clamp(min=_NO_WIDTH) / self.tail)
