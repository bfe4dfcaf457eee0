"""Where the next pixel may be, and what it may be worth, as functions of the mass that it makes.

With `shares` it is known what remains of the sum. So before a place is drawn it is known for every
place which mass the image has if all of the rest lies there, and before a value is drawn which mass
the pixels have with it: with P the four-vector of the pixels so far, one of value v and direction n
makes sqrt(P^2 + 2 v P·n). The network adds to the logits of places and values functions of these
masses, linear between knots, whose heights it chooses at each step: a narrow peak, as that of the
W boson, need not be learned place by place and share by share.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sparse_transformer.inputs import exact
from darkpixel.models.sparse_transformer.remaining import Told, mass_squared

_NARROW = 0.1
"""Of the mass squared over the wanted one: half of the knots are closer to it than that."""


class Momentum(NamedTuple):
    """The pixels so far, and what remains of the sum, each (...,) float32.

    Attributes:
        vector: (..., 4), as in `Told`.
        squared: mass squared of the pixels so far.
        remainder: of the sum, the next pixel included.
        wanted: mass that the image is to have; None: none was drawn.
    """

    vector: Tensor
    squared: Tensor
    remainder: Tensor
    wanted: Tensor | None = None

    @classmethod
    def of(cls, told: Told) -> "Momentum":
        squared = mass_squared(told.vector)
        wanted = None if told.mass is None else told.mass.float()
        return cls(told.vector.float(), squared.float(), told.remainder.float(), wanted)

    def at(self, tokens: Tensor | slice) -> "Momentum":
        return self._each(lambda part: part[tokens])

    def flat(self) -> "Momentum":
        """Of (B, L, ...), (B L, ...)."""
        return self._each(lambda part: part.flatten(0, 1))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Momentum":
        wanted = None if self.wanted is None else change(self.wanted)
        return Momentum(change(self.vector), change(self.squared), change(self.remainder), wanted)


class Masses(nn.Module):
    """Functions of the mass.

    Args:
        width: of the trunk.
        knots: of each function.
        places: (H * W, 4), the four-vector of each place and value 1.
    """

    highest: Tensor
    mirrored: Tensor

    def __init__(self, width: int, knots: int, places: Tensor) -> None:
        super().__init__()
        self.knots = knots
        self.of_place = nn.Linear(width, knots)
        self.of_value = nn.Linear(width, knots)
        self.seen = nn.Parameter(torch.randn(knots, width) * 0.1)
        for layer in (self.of_place, self.of_value):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        # The last knot, in the unit of the pixels, until `start_from` says more.
        self.register_buffer("highest", torch.tensor(1.0))
        # 2 P·n of a four-vector P and a massless n is a product with these.
        px, py, minus, plus = places.unbind(1)
        mirrored = torch.stack([-2 * px, -2 * py, plus, minus])
        self.register_buffer("mirrored", mirrored.float(), persistent=False)

    @torch.no_grad()
    def start_from(self, masses: Tensor) -> None:
        """Take the range of the masses (N,) of training images."""
        few = masses[:: 1 + len(masses) // 2**20]  # as many as torch takes
        highest = float(few.double().quantile(0.999))
        self.highest.fill_(highest if highest > 0 else 1.0)

    @torch.no_grad()
    def with_rest(self, momentum: Momentum) -> Tensor:
        """Masses (N, H * W) of images whose rest is all at one place, for every place."""
        added = (momentum.vector @ self.mirrored) * momentum.remainder[:, None]
        return (momentum.squared[:, None] + added).clamp(min=0).sqrt()

    @torch.no_grad()
    def with_values(self, momentum: Momentum, places: Tensor, values: Tensor) -> Tensor:
        """Masses (N, M) of the pixels so far and one more at `places` (N,) of each of the values.

        Args:
            values: (N, M).
        """
        added = (momentum.vector * self.mirrored.T[places]).sum(1)
        return (momentum.squared[:, None] + added[:, None] * values).clamp(min=0).sqrt()

    def place_logits(self, h: Tensor, momentum: Momentum) -> Tensor:
        """What is added to the logits of all places, (N, H * W) float32.

        Args:
            h: (N, width) of the trunk.
            momentum: (N,) before the pixel.
        """
        heights = exact(self.of_place, h)
        return self._between(heights, self.with_rest(momentum), momentum.wanted)

    def value_logits(
        self, hidden: Tensor, momentum: Momentum, places: Tensor, values: Tensor
    ) -> Tensor:
        """What is added to the logits of values, (N, M) float32.

        Args:
            hidden: (N, width), what the value's logits are made of.
            momentum, places: (N,) before the pixel, and where it is.
            values: (N, M).
        """
        masses = self.with_values(momentum, places, values)
        return self._between(exact(self.of_value, hidden), masses, momentum.wanted)

    def shown(self, momentum: Momentum, places: Tensor) -> Tensor:
        """What a value sees of the mass with all of the rest at its place (N,), (N, width)."""
        masses = self.with_values(momentum, places, momentum.remainder[:, None])
        below, share = self._place(masses, momentum.wanted)
        below = below[:, 0]
        return torch.lerp(F.embedding(below, self.seen), F.embedding(below + 1, self.seen), share)

    def _between(self, heights: Tensor, masses: Tensor, wanted: Tensor | None) -> Tensor:
        below, share = self._place(masses, wanted)
        with torch.autocast(heights.device.type, enabled=False):
            return torch.lerp(heights.gather(1, below), heights.gather(1, below + 1), share)

    def _place(self, masses: Tensor, wanted: Tensor | None) -> tuple[Tensor, Tensor]:
        """The knot below masses (N, M), and how far they are on the way to the next one.

        Knots are as far apart from each other; where a mass is wanted (N,), they lie around it.
        """
        if wanted is None:
            share = (masses / self.highest).clamp(max=1.0)
        else:
            smallest = 1e-3 * self.highest
            beyond = (masses / wanted.clamp(min=smallest)[:, None]).square() - 1
            share = 0.5 + 0.5 * beyond / (beyond.abs() + _NARROW)
        place = share * (self.knots - 1)
        below = place.long().clamp(max=self.knots - 2)
        return below, place - below
