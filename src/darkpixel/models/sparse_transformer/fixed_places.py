"""Where the next pixel is, in a fixed order of all places.

Before anything is learned, the m pixels still to come are independent draws from the mean image:
with f the share of all non-zero pixels that a place has, and T what lies beyond it in the order,
the next place is k with a probability in proportion to f_k T_k^(m - 1). The network adds to its
logarithm what is the same everywhere (places relative to the last pixel, within the window) and
what is not (a key for each place).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sampling import draw_categories
from darkpixel.models.sparse_transformer.features import Moves, Position, Tokens
from darkpixel.models.sparse_transformer.inputs import at_once, exact
from darkpixel.models.sparse_transformer.place_keys import PlaceKeys

_SMALLEST_TAIL = 1e-12
_AT_ONCE = 4096  # tokens, where no gradient is needed: each has a logit for every place


class FixedPlaces(nn.Module):
    """The head of the next place.

    Args:
        width: of what it is given.
        height, columns: of the images, pixels.
        moves: the codes of relative places.
        order: (H * W,) row * W + column in the order in which they are drawn.
    """

    rank: Tensor
    log_share: Tensor
    log_beyond: Tensor

    def __init__(
        self, width: int, height: int, columns: int, moves: Moves, order: NDArray[np.int64]
    ) -> None:
        super().__init__()
        places = height * columns
        self.size, self.moves = (height, columns), moves
        self.relative = nn.Linear(width, moves.side**2)
        self.keys = PlaceKeys(width, height, columns)
        self.powers = nn.Linear(width, 2)
        rank = np.empty(places, np.int64)
        rank[order] = np.arange(places)
        self.register_buffer("rank", torch.from_numpy(rank), persistent=False)
        self.register_buffer("log_share", torch.zeros(places))
        self.register_buffer("log_beyond", torch.zeros(places))
        with torch.no_grad():
            for layer in (self.relative, self.powers):
                layer.weight.mul_(0.1)
                layer.bias.zero_()
        self.start_from(torch.ones(places, dtype=torch.float64))

    @torch.no_grad()
    def start_from(self, counts: Tensor) -> None:
        """Start from a mean image: counts (H * W,) above zero."""
        share = counts.double().cpu() / counts.sum().cpu()
        ordered = torch.empty_like(share)
        ordered[self.rank.cpu()] = share
        beyond = (1 - ordered.cumsum(0)).clamp(min=_SMALLEST_TAIL)[self.rank.cpu()]
        self.log_share.copy_(share.log())
        self.log_beyond.copy_(beyond.log())

    def logits(self, h: Tensor, row: Tensor, column: Tensor, step: Tensor, left: Tensor) -> Tensor:
        """Logits (N, H * W) float32; -inf where the place is past or leaves too few for the rest.

        Args:
            h: (N, width) of the trunk.
            row, column: (N,) of the last pixel; at the start they do not matter.
            step, left: (N,) pixels so far, and still to come.
        """
        (height, width), reach = self.size, self.moves.reach
        started = step > 0
        row, column = row * started, column * started
        with torch.autocast(h.device.type, enabled=False):
            share, beyond = (1 + exact(self.powers, h)).unbind(1)
            logits = self.keys(h.float())
            logits = logits + share[:, None] * self.log_share
            logits = logits + (beyond * (left - 1))[:, None] * self.log_beyond
            # Relative places: the window of each last pixel, laid into a frame around the image.
            near = exact(self.relative, h) * started[:, None]
            framed = width + 2 * reach
            frame = near.new_zeros(len(h), (height + 2 * reach) * framed)
            inside = torch.arange(self.moves.side, device=h.device)
            spots = (row[:, None, None] + inside[:, None]) * framed + column[:, None, None] + inside
            frame = frame.scatter(1, spots.flatten(1), near)
            frame = frame.view(-1, height + 2 * reach, framed)
            logits = logits + frame[:, reach:-reach, reach:-reach].flatten(1)
        last = torch.where(started, self.rank[row * width + column], -1)
        possible = (self.rank > last[:, None]) & (self.rank <= height * width - left[:, None])
        masked: Tensor = logits.masked_fill(~possible, -torch.inf)
        return masked

    def nats(self, h: Tensor, batch: Tokens) -> Tensor:
        """Negative log-probability (N,) of the next places; meaningless where there is padding."""
        nats = []
        for some in at_once(torch.arange(len(h), device=h.device), _AT_ONCE):
            valid = batch.valid[some]
            logits = self.logits(
                h[some], batch.row[some], batch.column[some], batch.step[some],
                batch.left[some].clamp(min=1),
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
        logits = self.logits(h, at.row, at.column, at.step, at.left)
        place = draw_categories(logits.double(), u[:, 0])
        row, column = place // self.size[1], place % self.size[1]
        return row, column, self.moves.between(at.row, at.column, row, column, at.step)
