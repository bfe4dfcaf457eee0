"""A U-Net of residual blocks for images of any size.

The network of MicroBooNE's SSNet (arXiv:2012.08513) with dense instead of sparse convolutions
(LArTPC A.5): each of `depth` strides halves the image and doubles the filters; on the way up
a transposed convolution brings the image back and meets what was there on the way down.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    """relu(skip(x) + bn(conv(relu(bn(conv(x)))))), (B, C, H, W) to (B, C', H / s, W / s).

    The skip is the identity, or a 1x1 convolution with batch norm where the shape changes.

    Args:
        inputs, outputs: channels.
        stride: of the first convolution and of the skip.
        running_statistics: see `UNet`.
    """

    def __init__(
        self, inputs: int, outputs: int, *, stride: int = 1, running_statistics: bool = True
    ) -> None:
        super().__init__()

        def normalisation() -> nn.Module:
            return nn.BatchNorm2d(outputs, track_running_stats=running_statistics)

        # Without biases: batch norm would take them away again.
        self.residual = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            normalisation(),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            normalisation(),
        )
        self.skip: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.skip = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), normalisation()
            )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.skip(x) + self.residual(x))


class Up(nn.Module):
    """Twice the size and half the channels, joined with the features from the way down.

    Args:
        inputs: channels of the smaller image; the larger one has half of them.
        running_statistics: see `UNet`.
    """

    def __init__(self, inputs: int, *, running_statistics: bool) -> None:
        super().__init__()
        outputs = inputs // 2
        self.enlarge = nn.Sequential(
            nn.ConvTranspose2d(
                inputs, outputs, 3, stride=2, padding=1, output_padding=1, bias=False
            ),
            nn.BatchNorm2d(outputs, track_running_stats=running_statistics),
            nn.ReLU(inplace=True),
        )
        self.blocks = _two_blocks(2 * outputs, outputs, 1, running_statistics)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        return cast(Tensor, self.blocks(torch.cat([self.enlarge(x), skipped], 1)))


class UNet(nn.Module):
    """Scores of each pixel, (B, `inputs`, H, W) to (B, `outputs`, H, W).

    Images whose sides are no multiples of 2^depth are padded with zeros, below and to the right,
    and the answer is cropped back.

    Args:
        inputs, outputs: channels of the images and of the scores.
        filters: channels at full size; they double at each stride.
        depth: number of strides.
        running_statistics: batch norm keeps running averages (momentum 0.1) for evaluation;
            without, it always normalises by the batch at hand, as the authors' code does, so that
            the answer for an image depends on what else is in its batch.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        filters: int = 16,
        depth: int = 4,
        running_statistics: bool = True,
    ) -> None:
        super().__init__()
        # Not in channels_last, though a fifth faster on CPUs: in torch 2.13 the backward pass of a
        # strided 1x1 convolution with 8 or fewer channels then writes beyond its memory.
        self.multiple = 2**depth
        channels = [filters * 2**level for level in range(depth + 1)]

        def convolution(inputs: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(inputs, filters, 3, 1, 1, bias=False),
                nn.BatchNorm2d(filters, track_running_stats=running_statistics),
                nn.ReLU(inplace=True),
            )

        self.first = convolution(inputs)
        self.down = nn.ModuleList(
            _two_blocks(channels[level], channels[level + 1], 2, running_statistics)
            for level in range(depth)
        )
        self.up = nn.ModuleList(
            Up(channels[level + 1], running_statistics=running_statistics)
            for level in reversed(range(depth))
        )
        self.last = nn.Sequential(convolution(filters), nn.Conv2d(filters, outputs, 3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        padding = (0, -width % self.multiple, 0, -height % self.multiple)
        x = self.first(F.pad(images, padding))
        skipped = []
        for down in self.down:
            skipped.append(x)
            x = down(x)
        for up in self.up:
            x = up(x, skipped.pop())
        return cast(Tensor, self.last(x))[..., :height, :width]


def _two_blocks(inputs: int, outputs: int, stride: int, running_statistics: bool) -> nn.Sequential:
    return nn.Sequential(
        ResidualBlock(inputs, outputs, stride=stride, running_statistics=running_statistics),
        ResidualBlock(outputs, outputs, running_statistics=running_statistics),
    )
