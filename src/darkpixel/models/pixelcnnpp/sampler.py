"""Exact samplers of PixelCNN++: each feature of the network is computed once.

The naive sampler, which is the definition, passes through the whole network for every pixel. The
cached one gives the same images for the same uniforms:

- The down stream at a row depends on the rows above only, so it is computed once per row, and
  with it everything that the right stream takes from the rows above and from the down stream.
- The right stream is computed pixel by pixel; what is left is one column to the left and the
  pixel itself.
- Features at half and quarter resolution change every second and fourth row and column.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional as F

from darkpixel.models.pixelcnnpp.cached_convolutions import (
    Block,
    Kernel,
    RaiseKernel,
    Rows,
    StartKernels,
    activate,
    bias,
)
from darkpixel.models.pixelcnnpp.logistic_mixture import LogisticMixture
from darkpixel.models.pixelcnnpp.network import RESOLUTIONS, Inward, Outward, PixelCNNPP
from darkpixel.models.sampling import batches, open_uniforms


def draw_uniforms(n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """Uniforms of `n` images, one image after the other from the generator.

    Returns:
        (n, height, width, 3) in (0, 1): for the component of a pixel's mixture, for the place
        within it, which gives the level, and for the value within the level.
    """
    return open_uniforms(n, height, width, 3, generator=generator)


@torch.no_grad()
def sample_levels(
    network: PixelCNNPP,
    mixture: LogisticMixture,
    n: int,
    size: tuple[int, int],
    *,
    generator: torch.Generator,
    batch: int = 512,
) -> tuple[Tensor, Tensor]:
    """Draw the levels of images, (n, H, W) float32, by the cached sampler.

    Args:
        network: in evaluation mode.
        mixture: of its outputs.
        n: images.
        size: H and W.
        generator: each image takes its uniforms from it in turn, whatever the batch.
        batch: images at once.

    Returns:
        The levels, and the uniforms (n, H, W) for the values within them.
    """
    levels = torch.empty(n, *size, device=mixture.top.device)
    within = torch.empty_like(levels)
    for some in batches(n, batch):
        uniforms = draw_uniforms(some.stop - some.start, *size, generator).to(levels.device)
        levels[some] = sample_cached(network, mixture, uniforms)
        within[some] = uniforms[..., 2]
    return levels, within


@torch.no_grad()
def sample_naive(
    network: PixelCNNPP,
    mixture: LogisticMixture,
    uniforms: Tensor,
    *,
    pixels: Iterable[int] | None = None,
) -> Tensor:
    """Images by one pass through the network for every pixel.

    Args:
        network: in evaluation mode.
        mixture: of its outputs.
        uniforms: (B, H, W, 3), from `draw_uniforms`.
        pixels: in raster order, at which a pass is made; the others stay 0. All by default; the
            benchmark times a few, since all passes cost the same.

    Returns:
        (B, H, W) float32, levels.
    """
    levels = uniforms.new_zeros(uniforms.shape[:3])
    height, width = levels.shape[1:]
    for pixel in range(height * width) if pixels is None else pixels:
        row, column = divmod(pixel, width)
        parameters = network(levels / mixture.unit)[:, row, column]
        levels[:, row, column] = mixture.sample(parameters, uniforms[:, row, column])
    return levels


class Resolution:
    """Both streams' blocks at one resolution, level 0 (full), 1 or 2.

    Attributes:
        columns: of the right stream; the down stream has the padding of the image, too.
        inward, outward: pairs of a down and a right block.
        skips: pairs of the features that the outward blocks are given from the way in.
        first: the features of both streams with which the inward blocks start.
        raised: those with which the outward blocks start, except at the lowest resolution.
        ends: the last inward features, not activated, from which the next resolution is made.
        down: the outward down features of this row, (padded columns, C, B).
        right: the outward right features of this row, (columns, C, B).
    """

    def __init__(self, network: PixelCNNPP, level: int, uniforms: Tensor) -> None:
        batch, _, width, _ = uniforms.shape
        scale, lowest = 2**level, level == RESOLUTIONS - 1
        self.columns = -(-width // scale)
        padded = -(-width // 2 ** (RESOLUTIONS - 1)) * 2 ** (RESOLUTIONS - 1) // scale
        filters = network.filters

        def pair(channels: int) -> tuple[Rows, Rows]:
            return Rows(padded, channels, batch, uniforms), Rows(padded, channels, batch, uniforms)

        def chain(
            blocks: Inward | Outward, kept: list[tuple[Rows, Rows]]
        ) -> list[tuple[Block, Block]]:
            made = []
            for down, right in zip(blocks.down, blocks.right, strict=True):
                (down_in, right_in), (down_out, right_out) = kept[-1], pair(2 * filters)
                kept.append((down_out, right_out))
                one = Block(down, down_in, down_out, padded)
                made.append((one, Block(right, right_in, right_out, self.columns)))
            return made

        kept = [pair(2 * filters)]
        self.first = kept[0]
        self.inward = chain(network.inward[level], kept)
        self.skips = kept[::-1]
        out = [self.skips.pop(0) if lowest else pair(2 * filters)]
        self.raised = out[0]
        self.outward = chain(network.outward[level], out)
        self.ends = pair(filters)
        self.rows = [*kept, *(out[1:] if lowest else out), self.ends]
        self.down = uniforms.new_zeros(padded, filters, batch)
        self.right = uniforms.new_zeros(self.columns, filters, batch)

    def advance(self) -> None:
        """Go to the next row."""
        for pair in self.rows:
            for rows in pair:
                rows.advance()
        for blocks in (*self.inward, *self.outward):
            for block in blocks:
                block.hidden.advance()

    def start_row(self) -> None:
        """Prepare the right stream once the down stream of this row is there."""
        for down, right in (*self.inward, *self.outward):
            right.start_row(down.sink)

    def row_inward(self, values: Tensor) -> Tensor:
        """The down stream on the way in, (padded columns, C, B)."""
        inside = slice(1, len(values) + 1)
        activate(self.first[0].now[inside], values)
        for block, _ in self.inward:
            values = block.row(values, None)
        self.ends[0].now[inside] = values
        return values

    def row_outward(self, values: Tensor) -> None:
        """The down stream on the way out."""
        for (block, _), (skip, _) in zip(self.outward, self.skips, strict=True):
            values = block.row(values, skip)
        self.down = values

    def pixel_inward(self, column: int, values: Tensor) -> Tensor:
        """The right stream on the way in at one column, (C, B)."""
        activate(self.first[1].now[column + 1], values)
        for _, block in self.inward:
            values = block.pixel(column, values, None)
        self.ends[1].now[column + 1] = values
        return values

    def pixel_outward(self, column: int, values: Tensor) -> Tensor:
        """The right stream on the way out at one column, (C, B)."""
        for (_, block), (_, skip) in zip(self.outward, self.skips, strict=True):
            values = block.pixel(column, values, skip)
        self.right[column] = values
        return values


class Walk:
    """One batch's way through the network, in raster order."""

    def __init__(self, network: PixelCNNPP, uniforms: Tensor) -> None:
        self.network, batch = network, len(uniforms)
        self.levels = [Resolution(network, level, uniforms) for level in range(RESOLUTIONS)]
        height, width = uniforms.shape[1:3]
        full = self.levels[0]
        padded = full.first[0].now.shape[0]
        # The image and its ones, (2 rows above + height, columns, 2, B), padded like `Rows`.
        self.planes = uniforms.new_zeros(height + 2, padded, 2, batch)
        self.planes[2:, 1 : width + 1, 1] = 1
        self.start = StartKernels(network.start)
        self.lower_down = [Kernel(layer) for layer in network.lower_down]
        self.lower_right = [Kernel(layer) for layer in network.lower_right]
        self.raise_down = [RaiseKernel(layer) for layer in network.raise_down]
        self.raise_right = [RaiseKernel(layer) for layer in network.raise_right]
        self.for_lower: dict[int, Tensor] = {}
        self.head = network.head.weight[:, :, 0, 0]
        self.head_bias = bias(network.head)

    def start_row(self, row: int) -> list[int]:
        """The down stream of a row, and what the right stream takes from above.

        Returns:
            The levels that change in this row.
        """
        active = [level for level in range(RESOLUTIONS) if row % 2**level == 0]
        values = self.start.row(self.planes, row)
        for level in active:
            here = self.levels[level]
            here.advance()
            if level:
                higher = self.levels[level - 1]
                values = self.lower_down[level - 1].row(higher.ends[0], len(here.down))
            values = here.row_inward(values)
        for level in reversed(active):
            here = self.levels[level]
            if level < RESOLUTIONS - 1:
                lower = self.levels[level + 1]
                values = self.raise_down[level].row(lower.down, row // 2**level % 2)
                activate(here.raised[0].now[1:-1], values)
            here.row_outward(values)
        for level in active:
            here = self.levels[level]
            here.start_row()
            if level:
                kernel, higher = self.lower_right[level - 1], self.levels[level - 1]
                self.for_lower[level - 1] = kernel.from_above(higher.ends[1], here.columns)
        self.for_start = self.start.from_above(self.planes, row, self.levels[0].columns)
        return active

    def pixel(self, row: int, column: int, active: list[int]) -> Tensor:
        """Parameters of a pixel, (B, outputs)."""
        active = [level for level in active if column % 2**level == 0]
        values = self.start.pixel(self.for_start, self.planes, row, column)
        for level in active:
            here, place = self.levels[level], column // 2**level
            if level:
                kernel, higher = self.lower_right[level - 1], self.levels[level - 1]
                values = kernel.pixel(self.for_lower[level - 1], higher.ends[1], place)
            values = here.pixel_inward(place, values)
        for level in reversed(active):
            here, place = self.levels[level], column // 2**level
            if level < RESOLUTIONS - 1:
                lower = self.levels[level + 1]
                values = self.raise_right[level].pixel(lower.right, row // 2**level, place)
                activate(here.raised[1].now[place + 1], values)
            values = here.pixel_outward(place, values)
        return torch.addmm(self.head_bias, self.head, F.elu(values)).T


@torch.no_grad()
def sample_cached(network: PixelCNNPP, mixture: LogisticMixture, uniforms: Tensor) -> Tensor:
    """Images from the same uniforms as `sample_naive`.

    The sums have another order, so where a uniform falls on the edge of a level (chance about
    1e-6 a pixel) an image can go another way.

    Args:
        network: in evaluation mode.
        mixture: of its outputs.
        uniforms: (B, H, W, 3), from `draw_uniforms`.

    Returns:
        (B, H, W) float32, levels.
    """
    levels = uniforms.new_zeros(uniforms.shape[:3])
    walk = Walk(network, uniforms)
    for row in range(levels.shape[1]):
        active = walk.start_row(row)
        for column in range(levels.shape[2]):
            drawn = mixture.sample(walk.pixel(row, column, active), uniforms[:, row, column])
            levels[:, row, column] = drawn
            walk.planes[row + 2, column + 1, 0] = drawn / mixture.unit
    return levels
