"""Where the next pixel of a walk is: a move within a window around the last one, or a far place.

p(move) p(place | move is far). A far place's logit is a product with its key, and one with where it
lies as seen from the pixels drawn so far.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sampling import draw_categories
from darkpixel.models.sparse_transformer.features import Moves, Position, Tokens
from darkpixel.models.sparse_transformer.inputs import at_once, exact
from darkpixel.models.sparse_transformer.place_keys import PlaceKeys

PLACE_NUMBERS = 6
"""Numbers of a place that `place_numbers` gives."""

_FAR_AT_ONCE = 1024  # tokens, where no gradient is needed: each has a logit for every place
_BEHIND = 0.25  # pixels: the running centroid is not quite the one by which pixels were sorted


def place_numbers(row: Tensor, column: Tensor, geometry: Tensor, size: tuple[int, int]) -> Tensor:
    """Where each place lies as seen from the last pixel and the axis, (N, numbers, H * W).

    The axis goes from the first pixel to the charge centroid; single pixels are sorted along it
    (see `walk`), so that one behind the last pixel hardly ever comes next.

    Args:
        row, column: (N,) of the last pixel.
        geometry: (N, 4), as in `Tokens`.
        size: height and width.
    """
    device = geometry.device
    rows = torch.arange(size[0], device=device, dtype=torch.float32)[:, None]
    columns = torch.arange(size[1], device=device, dtype=torch.float32)
    first_row, first_column, axis_row, axis_column = geometry[:, :, None, None].unbind(1)
    # After one pixel the axis is rounding alone; it must not be blown up.
    length = (axis_row**2 + axis_column**2).sqrt().clamp(min=0.1)
    axis_row, axis_column = axis_row / length, axis_column / length
    last_row, last_column = row[:, None, None], column[:, None, None]
    along = (rows - first_row) * axis_row + (columns - first_column) * axis_column
    beyond = along - (
        (last_row - first_row) * axis_row + (last_column - first_column) * axis_column
    )
    aside = ((rows - first_row) * axis_column - (columns - first_column) * axis_row).abs()
    away = ((rows - last_row) ** 2 + (columns - last_column) ** 2).sqrt()
    numbers = [
        (beyond < -_BEHIND).float(),
        beyond.clamp(max=0) / 8,
        beyond.clamp(min=0).log1p(),
        aside.log1p(),
        (aside / (along.clamp(min=0) + 4)).clamp(max=4),
        away.log1p(),
    ]
    return torch.stack(numbers, 1).flatten(2)


class _WeightedSum(torch.autograd.Function):
    """The gradient of a batched product would multiply matrices of one row: slow on a GPU."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, numbers: Tensor) -> Tensor:
        ctx.save_for_backward(numbers)
        return torch.bmm(weights[:, None], numbers)[:, 0]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (numbers,) = ctx.saved_tensors
        return (gradients[0][:, None] * numbers).sum(-1), None


def weighted_sum(weights: Tensor, numbers: Tensor) -> Tensor:
    """sum_k weights (N, K) numbers (N, K, P) -> (N, P); the numbers get no gradient."""
    total: Tensor = _WeightedSum.apply(weights, numbers)  # type: ignore[no-untyped-call]
    return total


class WalkPlaces(nn.Module):
    """The heads of moves and of far places.

    Args:
        width: of what they are given.
        height, columns: of the images, pixels.
        moves: their codes.
    """

    def __init__(self, width: int, height: int, columns: int, moves: Moves) -> None:
        super().__init__()
        self.size, self.moves = (height, columns), moves
        self.move = nn.Linear(width, moves.codes)
        self.keys = PlaceKeys(width, height, columns)
        self.weights = nn.Linear(width, PLACE_NUMBERS)
        with torch.no_grad():
            self.move.weight.mul_(0.1)
            self.weights.weight.mul_(0.1)
            self.weights.bias.zero_()

    @torch.no_grad()
    def start_from(self, places: Tensor, moves: Tensor) -> None:
        """Start from frequencies: of places (H * W,) and of moves (codes,), above zero."""
        self.move.bias.copy_((moves / moves.sum()).log())
        self.keys.bias.copy_((places / places.sum()).log())

    def move_logits(self, h: Tensor, window: Tensor, step: Tensor) -> Tensor:
        """Logits (N, codes) float32; impossible moves have -inf.

        Args:
            h: (N, width) of the trunk.
            window: (N, side, side), as in `Tokens`.
            step: (N,) pixels so far.
        """
        logits = exact(self.move, h)
        taken = (window != 0).flatten(1)  # drawn or outside
        free_near = (~taken).sum(1)
        height, width = self.size
        start = step == 0
        free_far = torch.where(start, height * width, height * width - step - free_near)
        impossible = torch.cat([taken | start[:, None], (free_far <= 0)[:, None]], 1)
        return logits.masked_fill(impossible, -torch.inf)

    def far_logits(
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
            hidden = self.keys.hidden(h.float())
            numbers = place_numbers(row, column, geometry, self.size)
            logits = self.keys.logits(hidden) + weighted_sum(self.weights(hidden), numbers)
        (height, width), reach = self.size, self.moves.reach
        near_row = (torch.arange(height, device=h.device) - row[:, None]).abs() <= reach
        near_column = (torch.arange(width, device=h.device) - column[:, None]).abs() <= reach
        near_row &= step[:, None] > 0
        near = (near_row[:, :, None] & near_column[:, None]).flatten(1)
        return logits.masked_fill(near | taken, -torch.inf)

    def nats(self, h: Tensor, batch: Tokens) -> Tensor:
        """Negative log-probability (N,) of the next places; meaningless where there is padding."""
        moves = self.move_logits(h, batch.window, batch.step)
        moves = moves.masked_fill(~batch.valid[:, None], 0.0)  # else the gradient is not finite
        target = batch.move.clamp(max=self.moves.far)
        nats = F.cross_entropy(moves, target, reduction="none").where(batch.valid, 0.0)
        for far in at_once(batch.far, _FAR_AT_ONCE):
            taken = batch.when[batch.image[far]] < batch.step[far, None]
            logits = self.far_logits(
                h.index_select(0, far), batch.row[far], batch.column[far], batch.step[far],
                batch.geometry[far], taken,
            )  # fmt: skip
            place = batch.next_row[far] * self.size[1] + batch.next_column[far]
            nats = nats.index_add(0, far, F.cross_entropy(logits, place, reduction="none"))
        return nats

    def draw(self, h: Tensor, at: Position, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Row, column and move (B,) of the next pixel.

        Args:
            h: (B, width) of the trunk.
            at: what has been drawn.
            u: (B, 2) uniforms.
        """
        moves, reach, (height, width) = self.moves, self.moves.reach, self.size
        move = draw_categories(self.move_logits(h, at.window, at.step).double(), u[:, 0])
        place = torch.zeros_like(move)
        chosen = torch.arange(len(move), device=h.device)
        if h.device.type == "cpu":  # elsewhere looking would cost more than the places of all
            chosen = (move == moves.far).nonzero()[:, 0]
        if len(chosen):
            taken = at.levels[chosen, reach : reach + height, reach : reach + width] != 0
            logits = self.far_logits(
                h[chosen], at.row[chosen], at.column[chosen], at.step[chosen],
                at.geometry[chosen], taken.flatten(1),
            )  # fmt: skip
            # Where nothing is far, every logit is -inf: such a move was not drawn.
            logits = logits.masked_fill((logits == -torch.inf).all(1, keepdim=True), 0.0)
            place[chosen] = draw_categories(logits.double(), u[chosen, 1])
        far = move == moves.far
        row = torch.where(far, place // width, at.row + move // moves.side - reach)
        column = torch.where(far, place % width, at.column + move % moves.side - reach)
        return row.clamp(0, height - 1), column.clamp(0, width - 1), move
