"""Causal convolutions computed row by row, or pixel by pixel, each output once.

Features are (columns, channels, images): the columns that a kernel sees are one matrix of
consecutive rows in memory, and every convolution is a matrix product.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.pixelcnnpp.network import Causal, GatedResidual, Raise, Start


class Rows:
    """The row that is being drawn and the one above it, with a column of padding on both sides.

    Attributes:
        above, now: (columns + 2, channels, B).
    """

    def __init__(self, columns: int, channels: int, batch: int, like: Tensor) -> None:
        self.above, self.now = like.new_zeros(2, columns + 2, channels, batch)

    def advance(self) -> None:
        """Go to the next row; its values are still the old ones."""
        self.above, self.now = self.now, self.above


def windows(row: Tensor, columns: int, width: int, stride: int = 1) -> Tensor:
    """What a kernel of `width` columns sees at each of `columns` places, as a view.

    Args:
        row: (at least stride * (columns - 1) + width, channels, B), contiguous.

    Returns:
        (columns, width * channels, B); the first place is the row's first `width` columns.
    """
    _, channels, batch = row.shape
    return row.as_strided((columns, width * channels, batch), (stride * channels * batch, batch, 1))


def product(weight: Tensor, x: Tensor, add: Tensor) -> Tensor:
    """weight (O, K) times each of x (columns, K, B), plus `add`: (columns, O, B)."""
    return torch.baddbmm(add.expand(len(x), -1, -1), weight.expand(len(x), -1, -1), x)


def activate(target: Tensor, values: Tensor) -> None:
    """Write `concat_elu` of values (..., C, B) into target (..., 2 C, B)."""
    channels = values.shape[-2]
    target[..., :channels, :] = values
    torch.neg(values, out=target[..., channels:, :])
    F.elu_(target)


class Kernel:
    """A causal convolution as two matrices: of the row above and of the row itself."""

    def __init__(self, layer: Causal) -> None:
        convolution = layer.convolution
        weight: Tensor = convolution.weight
        self.above, self.now = _matrix(weight[:, :, 0]), _matrix(weight[:, :, 1])
        self.bias = bias(convolution)
        self.width, self.stride = weight.shape[3], convolution.stride[0]

    def from_above(self, rows: Rows, columns: int) -> Tensor:
        """What comes from the row above, and the bias, (columns, O, B)."""
        return product(self.above, windows(rows.above, columns, self.width, self.stride), self.bias)

    def row(self, rows: Rows, columns: int) -> Tensor:
        """The outputs of this row, (columns, O, B)."""
        seen = windows(rows.now, columns, self.width, self.stride)
        return product(self.now, seen, self.from_above(rows, columns))

    def pixel(self, from_above: Tensor, rows: Rows, column: int) -> Tensor:
        """The output of one column, (O, B); all input up to this one is in `rows`."""
        first = self.stride * column
        seen = rows.now[first : first + self.width].flatten(0, 1)
        return torch.addmm(from_above[column], self.now, seen)


class Block:
    """A `GatedResidual` with what it remembers."""

    def __init__(self, block: GatedResidual, source: Rows, sink: Rows, columns: int) -> None:
        self.source, self.sink, self.columns = source, sink, columns
        self.first, self.last = Kernel(block.first), Kernel(block.last)
        batch = source.now.shape[2]
        self.hidden = Rows(source.now.shape[0] - 2, source.now.shape[1], batch, source.now)
        # One matrix per feature map from aside.
        self.asides: tuple[Tensor, ...] = ()
        if block.aside is not None:
            self.asides = block.aside.weight[:, :, 0, 0].split(source.now.shape[1], 1)
            self.first.bias = self.first.bias + bias(block.aside)

    def row(self, values: Tensor, skip: Rows | None) -> Tensor:
        """The down stream of this row: (columns, C, B) -> the same."""
        inside = slice(1, self.columns + 1)
        h = self.first.row(self.source, self.columns)
        if skip is not None:
            h = product(self.asides[0], skip.now[inside], h)
        activate(self.hidden.now[inside], h)
        a, b = self.last.row(self.hidden, self.columns).chunk(2, 1)
        values = torch.addcmul(values, a, b.sigmoid_())
        activate(self.sink.now[inside], values)
        return values

    def start_row(self, down: Rows) -> None:
        """What the right stream takes in this row from above and from the down stream."""
        from_above = self.first.from_above(self.source, self.columns)
        seen = down.now[1 : self.columns + 1]
        self.for_first = product(self.asides[0], seen, from_above)
        self.for_last = self.last.from_above(self.hidden, self.columns)

    def pixel(self, column: int, values: Tensor, skip: Rows | None) -> Tensor:
        """The right stream of one column: (C, B) -> the same."""
        h = self.first.pixel(self.for_first, self.source, column)
        if skip is not None:
            h.addmm_(self.asides[1], skip.now[column + 1])
        activate(self.hidden.now[column + 1], h)
        a, b = self.last.pixel(self.for_last, self.hidden, column).chunk(2)
        values = torch.addcmul(values, a, b.sigmoid_())
        activate(self.sink.now[column + 1], values)
        return values


class StartKernels:
    """The first layers of both streams, which see the image and its ones.

    The image is in planes (2 + height, 1 + columns + 1, 2, B): two rows of padding above, a
    column on both sides.
    """

    def __init__(self, start: Start) -> None:
        self.down = [_matrix(start.down.weight[:, :, row]) for row in (0, 1)]
        self.above = _matrix(start.above.weight[:, :, 0])
        self.left = [start.left.weight[:, :, row, 0].contiguous() for row in (0, 1)]
        self.down_bias = bias(start.down)
        self.right_bias = bias(start.above) + bias(start.left)

    def row(self, planes: Tensor, row: int) -> Tensor:
        """The down stream of a row, (columns, C, B)."""
        columns = planes.shape[1] - 2
        out = product(self.down[0], windows(planes[row], columns, 3), self.down_bias)
        return product(self.down[1], windows(planes[row + 1], columns, 3), out)

    def from_above(self, planes: Tensor, row: int, columns: int) -> Tensor:
        """What the right stream takes from the row above, (columns, C, B)."""
        seen = planes[row + 1]
        out = product(self.above, windows(seen, columns, 3), self.right_bias)
        return product(self.left[0], seen[:columns], out)

    def pixel(self, from_above: Tensor, planes: Tensor, row: int, column: int) -> Tensor:
        """The right stream of one column, (C, B)."""
        return torch.addmm(from_above[column], self.left[1], planes[row + 2, column])


class RaiseKernel:
    """A transposed convolution that doubles the resolution."""

    def __init__(self, layer: Raise) -> None:
        # Rows and columns come first: (rows, columns, outputs, inputs).
        self.taps = layer.convolution.weight.permute(2, 3, 1, 0).contiguous()
        self.bias = bias(layer.convolution)

    def row(self, low: Tensor, parity: int) -> Tensor:
        """The even (parity 0) or odd row above which the row `low` (w, C, B) lies: (2 w, C, B)."""
        from_right, same, from_left = self.taps[parity]
        out = low.new_empty(2 * len(low), *low.shape[1:])
        out[0::2] = product(same, low, self.bias)
        odd = product(from_left, low, self.bias)
        odd[:-1] = product(from_right, low[1:], odd[:-1])
        out[1::2] = odd
        return out

    def pixel(self, low: Tensor, row: int, column: int) -> Tensor:
        """One column of the right stream, (C, B), from that of `low` (w, C, B) which covers it."""
        return torch.addmm(self.bias, self.taps[row % 2, column % 2], low[column // 2])


def bias(layer: nn.Conv2d | nn.ConvTranspose2d) -> Tensor:
    """(outputs, 1)."""
    assert layer.bias is not None
    return layer.bias[:, None]


def _matrix(weight: Tensor) -> Tensor:
    """One row of a kernel, (O, I, columns) -> (O, columns * I)."""
    return weight.movedim(1, 2).flatten(1).contiguous()
