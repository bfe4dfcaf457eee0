"""The network of PixelCNN++ (Salimans et al. 2017, arXiv:1701.05517, section 2), for one channel.

Two streams of features pass through the network: `down` holds at (r, c) what the rows above r
hold, `right` also what the row r holds left of c. Blocks at full, half and quarter resolution
on the way in are mirrored on the way out and joined to them by skip connections. Masked
convolutions are plain ones here, with kernels cut to the pixels that the mask leaves.

The streams, kernels, blocks and weight normalisation are those of the authors' code; with 10
mixtures, 20 filters and 4 blocks give 0.693 million parameters, 20 and 3 give 0.537, 10 and 5
give 0.215.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

Stream = Literal["down", "right"]

KERNELS: dict[Stream, tuple[int, int]] = {"down": (2, 3), "right": (2, 2)}
"""Rows (the one above and this one) and columns (left, this one, and for `down` the right)."""

RESOLUTIONS = 3
"""Full, half and quarter; the sides of the images are padded to a multiple of four."""


def concat_elu(x: Tensor) -> Tensor:
    """elu of x and of -x, (B, C, H, W) -> (B, 2 C, H, W)."""
    return F.elu(torch.cat([x, -x], 1), inplace=True)


class Feature(NamedTuple):
    """Features of one stream, (B, C, h, w), and their `concat_elu`, which several layers use."""

    values: Tensor
    active: Tensor


def feature(values: Tensor) -> Feature:
    return Feature(values, concat_elu(values))


class Causal(nn.Module):
    """A convolution that sees of a feature map no more than its stream's pixels.

    Args:
        stream: whose kernel.
        inputs, outputs: channels.
        stride: 2 halves the resolution: (r, c) then is at (2 r, 2 c) of the input.
    """

    def __init__(self, stream: Stream, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.right = int(stream == "down")
        self.convolution = weight_norm(nn.Conv2d(inputs, outputs, KERNELS[stream], stride))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) -> (B, outputs, h / stride, w / stride)."""
        out: Tensor = self.convolution(F.pad(x, (1, self.right, 1, 0)))
        return out


class Raise(nn.Module):
    """A transposed convolution that doubles the resolution: (r, c) is given (r // 2, c // 2)."""

    def __init__(self, stream: Stream, filters: int) -> None:
        super().__init__()
        side = int(stream == "down")  # its three columns overlap, and one is cut on both sides
        layer = nn.ConvTranspose2d(
            filters, filters, KERNELS[stream], 2, padding=(0, side), output_padding=(0, side)
        )
        self.convolution = weight_norm(layer, dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) -> (B, C, 2 h, 2 w)."""
        out: Tensor = self.convolution(x)
        return out


class GatedResidual(nn.Module):
    """x + a sigmoid(b) of two convolutions, with features from aside (PixelCNN++ section 2.4).

    Args:
        stream: of x.
        filters: channels of x.
        asides: feature maps from other layers that enter by one 1x1 convolution.
        dropout: probability of dropping a value between the convolutions in training.
    """

    def __init__(self, stream: Stream, filters: int, asides: int, dropout: float) -> None:
        super().__init__()
        self.first = Causal(stream, 2 * filters, filters)
        self.aside = weight_norm(nn.Conv2d(2 * asides * filters, filters, 1)) if asides else None
        self.dropout = nn.Dropout(dropout)
        self.last = Causal(stream, 2 * filters, 2 * filters)

    def forward(self, x: Feature, *asides: Feature) -> Feature:
        """Features of the same shape."""
        h = self.first(x.active)
        if self.aside is not None:
            h = h + self.aside(torch.cat([other.active for other in asides], 1))
        a, b = self.last(self.dropout(concat_elu(h))).chunk(2, 1)
        return feature(x.values + a * torch.sigmoid(b))


class Inward(nn.Module):
    """The blocks of one resolution on the way in; the right stream is given the down stream."""

    down: Sequence[GatedResidual]
    right: Sequence[GatedResidual]

    def __init__(self, filters: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.down = nn.ModuleList(  # type: ignore[assignment]
            GatedResidual("down", filters, 0, dropout) for _ in range(blocks)
        )
        self.right = nn.ModuleList(  # type: ignore[assignment]
            GatedResidual("right", filters, 1, dropout) for _ in range(blocks)
        )


class Outward(nn.Module):
    """The blocks of one resolution on the way out; both streams are given those of the way in."""

    down: Sequence[GatedResidual]
    right: Sequence[GatedResidual]

    def __init__(self, filters: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.down = nn.ModuleList(  # type: ignore[assignment]
            GatedResidual("down", filters, 1, dropout) for _ in range(blocks)
        )
        self.right = nn.ModuleList(  # type: ignore[assignment]
            GatedResidual("right", filters, 2, dropout) for _ in range(blocks)
        )


class Start(nn.Module):
    """The first features of both streams, which must not see the pixel itself."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.down = weight_norm(nn.Conv2d(2, filters, (2, 3)))
        self.above = weight_norm(nn.Conv2d(2, filters, (1, 3)))
        self.left = weight_norm(nn.Conv2d(2, filters, (2, 1)))

    def forward(self, x: Tensor) -> tuple[Feature, Feature]:
        """(B, 2, h, w) -> both streams, (B, C, h, w)."""
        down = self.down(F.pad(x, (1, 1, 2, -1)))
        right = self.above(F.pad(x, (1, 1, 1, -1))) + self.left(F.pad(x, (1, -1, 1, 0)))
        return feature(down), feature(right)


class PixelCNNPP(nn.Module):
    """Parameters of every pixel's distribution given the pixels before it in raster order.

    Args:
        filters: channels of a stream.
        blocks: gated residual blocks of each resolution on the way in; one more at half and full
            resolution on the way out.
        outputs: parameters a pixel.
        dropout: see `GatedResidual`.
    """

    inward: Sequence[Inward]
    outward: Sequence[Outward]
    lower_down: Sequence[Causal]
    lower_right: Sequence[Causal]
    raise_down: Sequence[Raise]
    raise_right: Sequence[Raise]

    def __init__(self, filters: int, blocks: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.filters = filters
        self.start = Start(filters)
        steps = range(RESOLUTIONS - 1)
        self.inward = nn.ModuleList(  # type: ignore[assignment]
            Inward(filters, blocks, dropout) for _ in range(RESOLUTIONS)
        )
        # By resolution, as the others: full resolution first.
        self.outward = nn.ModuleList(  # type: ignore[assignment]
            Outward(filters, blocks + (level < RESOLUTIONS - 1), dropout)
            for level in range(RESOLUTIONS)
        )
        self.lower_down, self.lower_right = (  # type: ignore[assignment]
            nn.ModuleList(Causal(stream, filters, filters, 2) for _ in steps) for stream in KERNELS
        )
        self.raise_down, self.raise_right = (  # type: ignore[assignment]
            nn.ModuleList(Raise(stream, filters) for _ in steps) for stream in KERNELS
        )
        self.head = weight_norm(nn.Conv2d(filters, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Parameters of every pixel.

        Args:
            x: (B, h, w) pixels, in units of order one, 0 for an empty pixel.

        Returns:
            (B, h, w, outputs).
        """
        height, width = x.shape[1:]
        # A channel of ones tells the inside of the image from its padding (authors' code).
        planes = torch.stack([x, torch.ones_like(x)], 1)
        multiple = 2 ** (RESOLUTIONS - 1)
        planes = F.pad(planes, (0, -width % multiple, 0, -height % multiple))
        down, right = self.start(planes.contiguous(memory_format=torch.channels_last))
        kept = [(down, right)]
        for level, inward in enumerate(self.inward):
            if level:
                down = feature(self.lower_down[level - 1](down.values))
                right = feature(self.lower_right[level - 1](right.values))
                kept.append((down, right))
            for down_block, right_block in zip(inward.down, inward.right, strict=True):
                down = down_block(down)
                right = right_block(right, down)
                kept.append((down, right))
        kept.pop()
        for level in reversed(range(RESOLUTIONS)):
            outward = self.outward[level]
            for down_block, right_block in zip(outward.down, outward.right, strict=True):
                skip_down, skip_right = kept.pop()
                down = down_block(down, skip_down)
                right = right_block(right, down, skip_right)
            if level:
                down = feature(self.raise_down[level - 1](down.values))
                right = feature(self.raise_right[level - 1](right.values))
        parameters: Tensor = self.head(F.elu(right.values))
        return parameters[:, :, :height, :width].permute(0, 2, 3, 1)

    def normalised(self) -> Iterator[nn.Conv2d | nn.ConvTranspose2d]:
        """The weight-normalised layers."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                yield module

    @torch.no_grad()
    def initialise(self, x: Tensor, start: Tensor) -> None:
        """Data-dependent initialisation (Salimans and Kingma 2016, arXiv:1602.07868, section 3).

        Every layer's outputs get mean 0 and variance 1 over the pixels of these images, those of
        a block's last layer variance 0.01 (authors' code), so that blocks start near identity.

        Args:
            x: (B, h, w), as for `forward`.
            start: (outputs,), biases of the last layer, whose weights start small.
        """
        blocks = [module for module in self.modules() if isinstance(module, GatedResidual)]
        quiet = {block.last.convolution for block in blocks}

        def standardise(
            layer: nn.Conv2d | nn.ConvTranspose2d, inputs: tuple[Tensor], output: Tensor
        ) -> Tensor:
            assert layer.bias is not None
            values = output.movedim(1, 0).flatten(1)
            shift, spread = values.mean(1), values.std(1)
            # A feature that is the same everywhere, in tiny images, keeps its scale.
            scale = (0.1 if layer in quiet else 1.0) / spread.where(spread > 1e-3, 1.0)
            gain = _gain(layer)
            gain.mul_(scale.view_as(gain))
            layer.bias.copy_((layer.bias - shift) * scale)
            return (output - shift[:, None, None]) * scale[:, None, None]

        hooks = [layer.register_forward_hook(standardise) for layer in self.normalised()]
        try:
            self(x)
        finally:
            for hook in hooks:
                hook.remove()
        _gain(self.head).mul_(0.1)
        self.head.bias.copy_(start)


def _gain(layer: nn.Module) -> Tensor:
    """The lengths of a weight-normalised layer's kernels, one an output channel."""
    gain: Tensor = layer.get_parameter("parametrizations.weight.original0")
    return gain
