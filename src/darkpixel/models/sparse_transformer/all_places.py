"""Where the next pixel is, among all places that are still possible.

Before anything is learned, pixels are independent draws from the mean image, with f the share of
all non-zero pixels that a place has. The network adds to the logarithm of that probability what is
the same everywhere (places relative to the last pixel, within the window, and to all pixels before
it) and what is not (a key for each place).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sampling import draw_categories
from darkpixel.models.sparse_transformer.features import Moves, Position, Tokens
from darkpixel.models.sparse_transformer.inputs import exact, pieces
from darkpixel.models.sparse_transformer.kernels import PlaceKernels
from darkpixel.models.sparse_transformer.masses import Masses, Momentum
from darkpixel.models.sparse_transformer.place_keys import PlaceKeys

_SMALLEST_TAIL = 1e-12
_AT_ONCE = 4096  # tokens, where no gradient is needed: each has a logit for every place


Drawn = Callable[[], Tensor]


def _drawn_before(batch: Tokens, some: slice) -> Tensor:
    """Which places have a pixel before the tokens `some`, (N, H * W) bool."""
    return batch.when[batch.image[some]] < batch.step[some, None]


class AllPlaces(nn.Module, ABC):
    """The head of the next place, with a logit for every place.

    Args:
        width: of what it is given.
        height, columns: of the images, pixels.
        moves: the codes of relative places.
        kernels: by which pixels act on all places.
        masses: functions of the mass; None: there are none.
    """

    POWERS: ClassVar[int]
    """Of the probabilities that `prior` starts from."""

    log_share: Tensor

    def __init__(
        self,
        width: int,
        height: int,
        columns: int,
        moves: Moves,
        kernels: int,
        masses: Masses | None,
    ) -> None:
        super().__init__()
        self.size, self.moves = (height, columns), moves
        self.kernels = PlaceKernels(width, height, columns, kernels)
        self.masses = masses
        self.relative = nn.Linear(width, moves.side**2)
        self.keys = PlaceKeys(width, height, columns)
        self.powers = nn.Linear(width, self.POWERS)
        self.register_buffer("log_share", torch.zeros(height * columns))
        with torch.no_grad():
            for layer in (self.relative, self.powers):
                layer.weight.mul_(0.1)
                layer.bias.zero_()
        AllPlaces.start_from(self, torch.ones(height * columns, dtype=torch.float64))

    @torch.no_grad()
    def start_from(self, counts: Tensor, moves: Tensor | None = None) -> None:
        """Start from a mean image: counts (H * W,) above zero; moves (codes,) do not matter."""
        self.log_share.copy_((counts.double() / counts.sum()).log())

    @abstractmethod
    def prior(self, powers: Tensor, left: Tensor) -> Tensor:
        """Log-probabilities (N, H * W), up to a constant, before anything is learned.

        Args:
            powers: (N, powers), 1 at the start.
            left: (N,) pixels still to come.
        """

    @abstractmethod
    def possible(
        self, row: Tensor, column: Tensor, step: Tensor, left: Tensor, drawn: Drawn
    ) -> Tensor:
        """Which places may come next, (N, H * W) bool.

        Args:
            row, column: (N,) of the last pixel; at the start they do not matter.
            step, left: (N,) pixels so far, and still to come.
            drawn: gives which places have a pixel, (N, H * W) bool.
        """

    def logits(
        self,
        h: Tensor,
        pulls: Tensor,
        row: Tensor,
        column: Tensor,
        step: Tensor,
        left: Tensor,
        momentum: Momentum | None,
        drawn: Drawn,
    ) -> Tensor:
        """Logits (N, H * W) float32, -inf where nothing can come; arguments as of `possible`.

        Args:
            h: (N, width) of the trunk.
            pulls: (N, H * W) of all pixels so far, see `PlaceKernels`.
            momentum: (N,) before the pixel, for `masses`.
        """
        (height, width), reach = self.size, self.moves.reach
        started = step > 0
        row, column = row * started, column * started
        with torch.autocast(h.device.type, enabled=False):
            logits = self.keys(h.float()) + self.prior(1 + exact(self.powers, h), left) + pulls
            if self.masses is not None and momentum is not None:
                logits = logits + self.masses.place_logits(h, momentum)
            # Relative places: the window of each last pixel, laid into a frame around the image.
            near = exact(self.relative, h) * started[:, None]
            framed = width + 2 * reach
            frame = near.new_zeros(len(h), (height + 2 * reach) * framed)
            inside = torch.arange(self.moves.side, device=h.device)
            spots = (row[:, None, None] + inside[:, None]) * framed + column[:, None, None] + inside
            frame = frame.scatter(1, spots.flatten(1), near)
            frame = frame.view(-1, height + 2 * reach, framed)
            logits = logits + frame[:, reach:-reach, reach:-reach].flatten(1)
        possible = self.possible(row, column, step, left, drawn)
        masked: Tensor = logits.masked_fill(~possible, -torch.inf)
        return masked

    def nats(self, h: Tensor, batch: Tokens) -> Tensor:
        """Negative log-probability (N,) of the next places; meaningless where there is padding."""
        nats = []
        for some, groups in pieces(batch.groups, len(h), _AT_ONCE):
            row, column, step = batch.row[some], batch.column[some], batch.step[some]
            valid = batch.valid[some]
            logits = self.logits(
                h[some], self.kernels.pulls(h[some], row, column, step, groups),
                row, column, step, batch.left[some].clamp(min=1),
                None if batch.momentum is None else batch.momentum.at(some),
                partial(_drawn_before, batch, some),
            )  # fmt: skip
            logits = logits.masked_fill(~valid[:, None], 0.0)  # else the gradient is not finite
            place = batch.next_row[some] * self.size[1] + batch.next_column[some]
            nats.append(F.cross_entropy(logits, place, reduction="none").where(valid, 0.0))
        return torch.cat(nats)

    def draw(self, h: Tensor, at: Position, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Row, column and move (B,) of the next pixel.

        Args:
            h: (B, width) of the trunk.
            at: what has been drawn.
            u: (B, 2) uniforms, of which the first is used.
        """
        reach = self.moves.reach
        inside = at.levels[:, reach:-reach, reach:-reach].flatten(1)
        drawn = lambda: inside > 0  # noqa: E731
        logits = self.logits(h, at.pulls, at.row, at.column, at.step, at.left, at.momentum, drawn)
        place = draw_categories(logits.double(), u[:, 0])
        row, column = place // self.size[1], place % self.size[1]
        return row, column, self.moves.between(at.row, at.column, row, column, at.step)


class FixedPlaces(AllPlaces):
    """In a fixed order of all places: the next one is one of those that come later.

    With T what lies beyond a place in the order, m independent draws from the mean image begin at
    place k with a probability in proportion to f_k T_k^(m - 1).

    Args:
        width, height, columns, moves, kernels, masses: as of `AllPlaces`.
        order: (H * W,) row * W + column in the order in which they are drawn.
    """

    POWERS = 2

    rank: Tensor
    log_beyond: Tensor

    def __init__(
        self,
        width: int,
        height: int,
        columns: int,
        moves: Moves,
        kernels: int,
        masses: Masses | None,
        order: NDArray[np.int64],
    ) -> None:
        super().__init__(width, height, columns, moves, kernels, masses)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        self.register_buffer("rank", torch.from_numpy(rank), persistent=False)
        self.register_buffer("log_beyond", torch.zeros(len(order)))
        self.start_from(torch.ones(len(order), dtype=torch.float64))

    @torch.no_grad()
    def start_from(self, counts: Tensor, moves: Tensor | None = None) -> None:
        super().start_from(counts, moves)
        share = counts.double().cpu() / counts.sum().cpu()
        ordered = torch.empty_like(share)
        ordered[self.rank.cpu()] = share
        beyond = (1 - ordered.cumsum(0)).clamp(min=_SMALLEST_TAIL)[self.rank.cpu()]
        self.log_beyond.copy_(beyond.log())

    def prior(self, powers: Tensor, left: Tensor) -> Tensor:
        share, beyond = powers.unbind(1)
        logits = share[:, None] * self.log_share
        return logits + (beyond * (left - 1))[:, None] * self.log_beyond

    def possible(
        self, row: Tensor, column: Tensor, step: Tensor, left: Tensor, drawn: Drawn
    ) -> Tensor:
        last = torch.where(step > 0, self.rank[row * self.size[1] + column], -1)
        return (self.rank > last[:, None]) & (self.rank <= len(self.rank) - left[:, None])


class FreePlaces(AllPlaces):
    """In an order that values decide: the next place is any that has no pixel yet."""

    POWERS = 1

    def prior(self, powers: Tensor, left: Tensor) -> Tensor:
        return powers * self.log_share

    def possible(
        self, row: Tensor, column: Tensor, step: Tensor, left: Tensor, drawn: Drawn
    ) -> Tensor:
        return ~drawn()
