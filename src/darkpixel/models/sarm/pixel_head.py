"""The last layer of a sparse model: parameters of the pixels that are not zero."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from darkpixel.models.sarm.masked_linear import BlockTriangularLinear, Piece


class PixelHead(BlockTriangularLinear):
    """`values` outputs for each pixel, computed only for the pixels that are not zero.

    Nine in ten pixels are zero and need no parameters beyond the probability of zero, so each
    block of pixels is computed for those images alone that have a non-zero pixel in it.

    Args:
        in_degrees: (units,) int64, sorted.
        pixels: D; the outputs of pixel i see the units of degree less than i.
        values: outputs a pixel.
        pixels_per_block: small blocks skip more images, large ones make larger products.
    """

    def __init__(
        self, in_degrees: Tensor, pixels: int, values: int, pixels_per_block: int = 16
    ) -> None:
        super().__init__(
            in_degrees,
            torch.arange(pixels).repeat_interleave(values),
            strict=True,
            blocks=-(-pixels // pixels_per_block),
            rows_together=values,
            gain=0.5,
        )
        self.pixels, self.values = pixels, values

    def at(self, h: Tensor, pixel: Tensor, image: Tensor) -> Tensor:
        """The outputs for n pairs of pixel and image.

        Args:
            h: (batch, units).
            pixel, image: (n,) int64, sorted by pixel, no pair twice.

        Returns:
            (n, values).
        """
        assert self.bias is not None
        bias = self.bias.view(self.pixels, self.values).index_select(0, pixel)
        if h.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            # Choosing images needs their number, and asking a GPU for it stalls the queue.
            return self.forward(h).view(-1, self.pixels, self.values)[image, pixel]
        pieces, weights = [], []
        for piece, weight in self.pieces():
            pieces.append(piece)
            weights.append(weight)
        if not pieces:
            return bias
        plan = _entries(pieces, self.values, self.pixels, pixel, image, len(h))
        out: Tensor = _ChosenPixels.apply(h, plan, (len(pixel), self.values), *weights)  # type: ignore[no-untyped-call]
        return out + bias


class _Block(NamedTuple):
    """A block of pixels, its rectangles and where its non-zero pixels lie."""

    pieces: list[int]  # into the list of rectangles
    columns: int
    pixels: int
    entries: slice
    images: Tensor  # (m,) that have a non-zero pixel here
    which: Tensor  # (entries,) into `images`
    pixel: Tensor  # (entries,) counted from the block's first


def _entries(
    pieces: list[Piece], values: int, pixels: int, pixel: Tensor, image: Tensor, batch: int
) -> list[tuple[list[Piece], _Block]]:
    """Sort the non-zero pixels into blocks; blocks without any are left out."""
    rows: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        rows.setdefault(piece.row, []).append(number)
    firsts = torch.tensor([row // values for row in rows])
    lasts = [pieces[numbers[0]].row_end // values for numbers in rows.values()]
    block = torch.searchsorted(firsts, pixel, right=True) - 1
    # Pixels before the first rectangle see no unit and are given by their bias alone.
    chosen = block >= 0
    present = torch.zeros(batch, len(rows), dtype=torch.bool)
    present[image[chosen], block[chosen]] = True
    position = present.cumsum(0) - 1
    which = position[image, block.clamp(min=0)]
    images = present.T.nonzero()[:, 1].split(present.sum(0).tolist())
    edges = torch.searchsorted(pixel, torch.tensor([*firsts.tolist(), pixels])).tolist()
    plan = []
    for b, numbers in enumerate(rows.values()):
        first, entries = int(firsts[b]), slice(edges[b], edges[b + 1])
        if edges[b] == edges[b + 1]:
            continue
        mine = [pieces[number] for number in numbers]
        plan.append(
            (
                mine,
                _Block(
                    numbers,
                    max(piece.column_end for piece in mine),
                    lasts[b] - first,
                    entries,
                    images[b],
                    which[entries],
                    pixel[entries] - first,
                ),
            )
        )
    return plan


class _ChosenPixels(torch.autograd.Function):
    """Rows of a staircase matrix times the units of the images that need them."""

    @staticmethod
    def forward(
        ctx: Any,
        h: Tensor,
        plan: list[tuple[list[Piece], _Block]],
        shape: tuple[int, int],
        *weights: Tensor,
    ) -> Tensor:
        ctx.plan = plan
        ctx.save_for_backward(h, *weights)
        out = h.new_zeros(shape)
        for pieces, block in plan:
            units = h[:, : block.columns].index_select(0, block.images)
            rows = units.new_zeros(len(units), block.pixels * shape[1])
            for number, piece in zip(block.pieces, pieces, strict=True):
                rows.addmm_(units[:, piece.column : piece.column_end], weights[number].T)
            out[block.entries] = rows.view(len(units), -1, shape[1])[block.which, block.pixel]
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        h, *weights = ctx.saved_tensors
        grad_h = torch.zeros_like(h)
        grads: list[Tensor | None] = [None] * len(weights)
        for pieces, block in ctx.plan:
            units = h[:, : block.columns].index_select(0, block.images)
            rows = grad.new_zeros(len(units), block.pixels, grad.shape[1])
            rows[block.which, block.pixel] = grad[block.entries]
            rows = rows.view(len(units), -1)
            part = torch.zeros_like(units)
            for number, piece in zip(block.pieces, pieces, strict=True):
                columns = slice(piece.column, piece.column_end)
                grads[number] = rows.T @ units[:, columns]
                part[:, columns].addmm_(rows, weights[number])
            grad_h[:, : block.columns].index_add_(0, block.images, part)
        # A block without entries still has a gradient: zero, so that every step moves alike.
        for number, weight in enumerate(weights):
            if grads[number] is None:
                grads[number] = torch.zeros_like(weight)
        return grad_h, None, None, *grads
