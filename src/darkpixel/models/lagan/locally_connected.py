"""Convolution without weight sharing: every output pixel has a kernel of its own."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LocallyConnected2d(nn.Module):
    """Locally connected layer, (B, C, H, W) to (B, C', H', W'), as Keras' `LocallyConnected2D`.

    A pixel of the output is a linear map of a kernel x kernel patch, with weights that no other
    pixel has: for images whose pixels are not alike, such as jets that are centred and rotated.
    H' = floor((H + 2 padding - kernel) / stride) + 1, likewise W'.

    Initial weights are uniform with the variance 2 / fan-in, biases are zero.

    Args:
        inputs, outputs: channels.
        size: H and W of the input.
        kernel: side of the patches.
        stride: between them.
        padding: zeros around the input.
        bias: one for every output pixel and channel.
    """

    index: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: tuple[int, int],
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.padding = padding
        width = size[1] + 2 * padding
        steps = torch.arange(kernel)
        rows = torch.arange(0, size[0] + 2 * padding - kernel + 1, stride)
        columns = torch.arange(0, width - kernel + 1, stride)
        self.size = (len(rows), len(columns))
        pixels = len(rows) * len(columns)
        # Which input pixel: (kernel rows, output pixels x kernel columns).
        first_row = (rows[:, None, None] * width + columns[:, None] + steps).flatten()
        self.register_buffer("index", first_row + steps[:, None] * width, persistent=False)
        # kernel row, output pixel, output channel, kernel column and input channel
        self.weight = nn.Parameter(torch.empty(kernel, pixels, outputs, kernel * inputs))
        self.bias = nn.Parameter(torch.zeros(pixels, outputs, 1)) if bias else None
        bound = math.sqrt(6 / (kernel * kernel * inputs))
        nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels = x.shape[:2]
        # The batch is innermost: patches are then copied, and multiplied, in long runs.
        x = F.pad(x, 4 * [self.padding]).permute(2, 3, 1, 0).reshape(-1, channels * batch)
        y: Tensor | None = self.bias
        # One kernel row at a time: all patches at once are too large for a CPU's caches.
        for places, weight in zip(self.index, self.weight, strict=True):
            strip = x.index_select(0, places).view(len(weight), -1, batch)
            part = torch.bmm(weight, strip)
            y = part if y is None else y + part
        assert y is not None
        return y.permute(2, 1, 0).reshape(batch, -1, *self.size)
