"""What a pixel does to places near and far: functions of the distance in rows and columns alone.

Each pixel weighs a few such functions, the kernels, by all that the trunk knows when it is the last
one drawn. Their sum over the pixels so far is what the next place, and its value, see of them: how
much there is, how far away and on which side. Attention would have to learn that place by place.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sparse_transformer.inputs import Groups, by_group, exact


class Kernels(nn.Module):
    """Kernels, and how much of each a pixel has.

    Args:
        width: of the trunk.
        height, columns: of the images, pixels.
        kernels: how many.
    """

    def __init__(self, width: int, height: int, columns: int, kernels: int) -> None:
        super().__init__()
        self.size = (height, columns)
        self.weights = nn.Linear(width, kernels)
        self.kernels = nn.Parameter(torch.empty((2 * height - 1) * (2 * columns - 1), kernels))

    def weigh(self, h: Tensor, step: Tensor) -> Tensor:
        """How much of each kernel the last pixels have, (N, kernels) float32; 0 at the start."""
        return exact(self.weights, h) * (step > 0)[:, None]

    def distance(self, row: Tensor, column: Tensor, to_row: Tensor, to_column: Tensor) -> Tensor:
        """Which entry of `kernels` leads from one place to another; the shapes are broadcast."""
        height, width = self.size
        return (to_row - row + height - 1) * (2 * width - 1) + to_column - column + width - 1


class PlaceKernels(Kernels):
    """What the pixels so far add to the logits of the next place; little before it is learned."""

    def __init__(self, width: int, height: int, columns: int, kernels: int) -> None:
        super().__init__(width, height, columns, kernels)
        nn.init.normal_(self.kernels, std=0.01)

    def pull(self, h: Tensor, row: Tensor, column: Tensor, step: Tensor) -> Tensor:
        """What the last pixel adds to the logits of this and all later steps, (N, H * W) float32.

        Args:
            h: (N, width) of the trunk.
            row, column: (N,) of the last pixel; at the start they do not matter.
            step: (N,) pixels so far.
        """
        started = step > 0
        rows, columns = (torch.arange(side, device=h.device) for side in self.size)
        places = self.distance(
            (row * started)[:, None, None],
            (column * started)[:, None, None],
            rows[:, None],
            columns,
        )
        with torch.autocast(h.device.type, enabled=False):
            # A copy: the gradient of a transposed view takes three times as long on a CPU.
            around = self.weigh(h, step) @ self.kernels.T.contiguous()
            return around.gather(1, places.flatten(1))

    def pulls(self, h: Tensor, row: Tensor, column: Tensor, step: Tensor, groups: Groups) -> Tensor:
        """What all pixels so far add to the logits of flat tokens, (N, H * W) float32.

        Args:
            h, row, column, step: as of `pull`.
            groups: of the tokens; those beyond get what they add alone.
        """
        parts, spare = by_group(self.pull(h, row, column, step), groups)
        return torch.cat([*(part.cumsum(1).flatten(0, 1) for part in parts), spare])


class ValueKernels(Kernels):
    """What the value of the next pixel sees of all pixels so far, beyond its neighbourhood."""

    def __init__(self, width: int, height: int, columns: int, kernels: int) -> None:
        super().__init__(width, height, columns, kernels)
        nn.init.normal_(self.kernels, std=0.1)
        self.out = nn.Linear(kernels, width)

    def forward(
        self,
        h: Tensor,
        row: Tensor,
        column: Tensor,
        step: Tensor,
        to_row: Tensor,
        to_column: Tensor,
        groups: Groups,
    ) -> Tensor:
        """What is seen from the next pixels of flat tokens, (N, width).

        Args:
            h, row, column, step, groups: as of `PlaceKernels.pulls`.
            to_row, to_column: (N,) of the next pixel.
        """
        started = step > 0
        weights, spare = by_group(self.weigh(h, step), groups)
        flat = (row * started, column * started, to_row, to_column)
        places = [by_group(each, groups)[0] for each in flat]
        found = [self.sum(*parts).flatten(0, 1) for parts in zip(weights, *places, strict=True)]
        seen: Tensor = self.out(torch.cat([*found, torch.zeros_like(spare)]))
        return seen

    def sum(
        self, weights: Tensor, row: Tensor, column: Tensor, to_row: Tensor, to_column: Tensor
    ) -> Tensor:
        """Sums of the kernels, (B, Q, kernels), seen from the last Q of the T steps of an image.

        Args:
            weights: (B, T, kernels) of `weigh`.
            row, column: (B, T) of the last pixels.
            to_row, to_column: (B, Q) of the next ones.
        """
        steps, seeing = row.shape[1], to_row.shape[1]
        entries = self.distance(
            row[:, None], column[:, None], to_row[:, :, None], to_column[:, :, None]
        )
        before = torch.ones(seeing, steps, device=row.device).tril(steps - seeing)
        with torch.autocast(row.device.type, enabled=False):
            found = F.embedding(entries, self.kernels) * before[:, :, None]
            return torch.einsum("bqtk,btk->bqk", found, weights)
