"""Masked linear layers whose mask is a staircase (MADE, SARM section 8.2).

SARM's equations 8.2 and 8.3, taken literally, let every output depend on every pixel, and omit
the mask between hidden layers. Used here: a unit of degree d sees the pixels 0 ... d and the
units of degree d and less below it; output i sees the units of degree less than i.

Units are sorted by degree, so each row of a weight matrix is free up to some column and zero
beyond, and this column never decreases: a staircase. Whole blocks above it are neither stored
nor computed, which saves about half of the memory, the arithmetic and the optimiser's traffic.
"""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def spread_degrees(units: int, pixels: int, lowest: int = 0, context_units: int = 0) -> Tensor:
    """Degrees of a hidden layer's units, sorted, spread evenly over `lowest` ... `pixels` - 2.

    SARM's degree(k) = k mod D leaves the last pixels without influence when a layer has fewer
    units than pixels. A unit of degree D - 1 would reach no output.

    Args:
        units: units to spread.
        pixels: pixels of the stage, D.
        lowest: -1 where a context exists (such units see the context only), else 0.
        context_units: further units, all of degree -1.

    Returns:
        (context_units + units,) int64.
    """
    steps = max(pixels - 1 - lowest, 1)
    degrees = torch.div(torch.arange(units) * steps, units, rounding_mode="floor") + lowest
    return torch.cat([torch.full((context_units,), -1), degrees])


class Piece(NamedTuple):
    """A dense rectangle of a weight matrix: rows [row, row_end), columns [column, column_end)."""

    row: int
    row_end: int
    column: int
    column_end: int


class BlockTriangularLinear(nn.Module):
    """y = W x + b with W[r, c] = 0 unless in_degrees[c] <= out_degrees[r] (or <, if strict).

    Args:
        in_degrees: (columns,) int64, sorted.
        out_degrees: (rows,) int64, sorted.
        strict: compare with <, as an output layer does.
        bias: add b.
        blocks: into how many block rows W is cut. Each stores its columns up to the staircase
            as one free rectangle, and the piece that the staircase crosses, which is multiplied
            by its mask. 1 stores the full matrix (fewest kernel launches on a GPU).
        rows_together: rows that no cut separates.
        gain: initial weights are normal with deviation gain / sqrt(unmasked inputs of the row).

    Example:
        Four pixels, as inputs and outputs of a network of one layer; output i sees those before i:

        >>> degrees = torch.arange(4)
        >>> layer = BlockTriangularLinear(degrees, degrees, strict=True, bias=False)
        >>> jacobian = torch.autograd.functional.jacobian(layer, torch.ones(1, 4))
        >>> jacobian[0, :, 0].ne(0).long()
        tensor([[0, 0, 0, 0],
                [1, 0, 0, 0],
                [1, 1, 0, 0],
                [1, 1, 1, 0]])
    """

    mask: Tensor

    def __init__(
        self,
        in_degrees: Tensor,
        out_degrees: Tensor,
        *,
        strict: bool = False,
        bias: bool = True,
        blocks: int = 8,
        rows_together: int = 1,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.rows, self.columns = len(out_degrees), len(in_degrees)
        reach = torch.searchsorted(in_degrees, out_degrees, right=not strict)
        groups = self.rows // rows_together
        edges = [groups * b // blocks * rows_together for b in range(blocks + 1)]
        self.layout: list[tuple[str, Piece]] = []
        for row, row_end in itertools.pairwise(edges):
            if row == row_end:
                continue
            free, widest = int(reach[row]), int(reach[row_end - 1])
            deviation = gain / reach[row:row_end].clamp(min=1).sqrt()[:, None]
            if free > 0:
                name = f"free_{row}"
                weight = torch.randn(row_end - row, free) * deviation
                self.register_parameter(name, nn.Parameter(weight))
                self.layout.append((name, Piece(row, row_end, 0, free)))
            if widest > free:
                name = f"stair_{row}"
                mask = (torch.arange(free, widest) < reach[row:row_end, None]).float()
                weight = torch.randn(mask.shape) * deviation * mask
                self.register_parameter(name, nn.Parameter(weight))
                self.register_buffer(f"mask_{row}", mask, persistent=False)
                self.layout.append((name, Piece(row, row_end, free, widest)))
        self.bias = nn.Parameter(torch.zeros(self.rows)) if bias else None
        self.free_weights = int(reach.sum())

    def pieces(self) -> Iterator[tuple[Piece, Tensor]]:
        """The rectangles of W with their weights, masked."""
        for name, piece in self.layout:
            weight = getattr(self, name)
            if name.startswith("stair"):
                weight = weight * getattr(self, f"mask_{piece.row}")
            yield piece, weight

    def dense_weight(self) -> Tensor:
        """W with its zeros, (rows, columns)."""
        reference = self.bias if self.bias is not None else next(self.parameters())
        full = reference.new_zeros(self.rows, self.columns)
        for piece, weight in self.pieces():
            full[piece.row : piece.row_end, piece.column : piece.column_end] = weight
        return full

    def set_bias(self, values: Tensor) -> None:
        """Set b, (rows,)."""
        assert self.bias is not None
        with torch.no_grad():
            self.bias.copy_(values)

    def column_bias(self) -> Tensor:
        """b as a column, (rows, 1), detached; zero if there is none."""
        if self.bias is None:
            return torch.zeros(self.rows, 1)
        return self.bias.detach()[:, None]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, columns) -> (batch, rows)."""
        pieces, weights = [], []
        for piece, weight in self.pieces():
            pieces.append(piece)
            weights.append(weight)
        out: Tensor
        if x.device.type == "cpu" and not torch.is_autocast_enabled("cpu"):
            out = _Staircase.apply(x, pieces, self.rows, *weights)  # type: ignore[no-untyped-call]
            return out if self.bias is None else out + self.bias
        # Separate outputs keep autocast and compilation simple where launches are asynchronous.
        parts: dict[int, Tensor] = {}
        for piece, weight in zip(pieces, weights, strict=True):
            part = F.linear(x[:, piece.column : piece.column_end], weight)
            parts[piece.row] = parts[piece.row] + part if piece.row in parts else part
        out = x.new_zeros(len(x), self.rows)
        for piece in pieces:
            out[:, piece.row : piece.row_end] = parts[piece.row]
        return out if self.bias is None else out + self.bias

    def counts(self) -> dict[str, int]:
        """`dense`: entries of the full matrix and bias; `free`: those that are not masked."""
        bias = 0 if self.bias is None else self.rows
        return {"dense": self.rows * self.columns + bias, "free": self.free_weights + bias}


class _Staircase(torch.autograd.Function):
    """The product with a staircase matrix, accumulated in place.

    Autograd's own slicing would fill a zero matrix of the layer's size for every rectangle.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, pieces: list[Piece], rows: int, *weights: Tensor) -> Tensor:
        ctx.pieces = pieces
        ctx.save_for_backward(x, *weights)
        out = x.new_zeros(len(x), rows)
        for (row, row_end, column, column_end), weight in zip(pieces, weights, strict=True):
            out[:, row:row_end].addmm_(x[:, column:column_end], weight.T)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, *weights = ctx.saved_tensors
        grad_x = torch.zeros_like(x) if ctx.needs_input_grad[0] else None
        grads: list[Tensor] = []
        for (row, row_end, column, column_end), weight in zip(ctx.pieces, weights, strict=True):
            part = grad[:, row:row_end]
            grads.append(part.T @ x[:, column:column_end])
            if grad_x is not None:
                grad_x[:, column:column_end].addmm_(part, weight)
        return grad_x, None, None, *grads
