"""The conditionals p(s) and p(x_i | x_<i, s) of SARM: what its likelihood and its samplers share.

Pixels are generated in a fixed order, stage by stage. Before a stage, its network is given what was
generated earlier and, where the model has them, the image's totals s and the running sums.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from darkpixel.models.sarm.running_sums import RunningSums
from darkpixel.models.sarm.stage import Stage, StageInputs
from darkpixel.models.sarm.totals import TotalsDensity

InputEncoding = Literal["value", "features"]


def inputs_per_pixel(encoding: InputEncoding) -> int:
    """Numbers by which the networks see one pixel, F."""
    return 3 if encoding == "features" else 1


@dataclass(frozen=True)
class Conditionals:
    """The parts of a SARM, and how they act together.

    Attributes:
        side: pixels per side of an image.
        permutation: (D,) raster index of the pixel that is generated i-th.
        stages: the network and likelihood of each stage, in the order of generation.
        encoding: what the networks see of a pixel (see `pixel_inputs`).
        sums: running sums over the earlier pixels; the stages may ignore them.
        totals: density of the totals s, T of them; None where the model has none.
        first_values: training values of the first pixel, one of which is drawn for it; empty
            where it is drawn from the model.
        spreads: whether generated pixels are spread within the levels of D+D.
    """

    side: int
    permutation: Tensor
    stages: Sequence[Stage]
    encoding: InputEncoding
    sums: RunningSums
    totals: TotalsDensity | None
    first_values: Tensor
    spreads: bool = False

    @property
    def sums_are_seen(self) -> bool:
        """Whether the stages see the running sums."""
        return self.stages[0].sums > 0

    def spans(self) -> Iterator[tuple[int, int, Stage]]:
        """First pixel, pixel after the last (in the order of generation) and network of a stage."""
        end = 0
        for stage in self.stages:
            start, end = end, end + stage.pixels
            yield start, end, stage

    def quantise(self, images: Tensor) -> Tensor:
        """Images as the model sees them, same shape: on the grid of D+D, unchanged for D+C."""
        return self.stages[0].likelihood.quantise(images)

    def spread(self, x: Tensor, u: Tensor) -> Tensor:
        """Generated pixels x, any shape, GeV, within their levels by uniforms u of that shape.

        The networks see levels alone, so pixels are spread when the whole image is drawn. All
        stages have one grid. D+C, and where pixels are not spread: x itself.
        """
        return self.stages[0].likelihood.spread(x, u) if self.spreads else x

    def in_order(self, images: Tensor) -> Tensor:
        """Pixels of images (B, H, W) in the order of generation, (B, D)."""
        return images.flatten(1)[:, self.permutation]

    def to_images(self, x: Tensor) -> Tensor:
        """The inverse of `in_order`."""
        images = torch.zeros_like(x)
        images[:, self.permutation] = x
        return images.view(-1, self.side, self.side)

    def totals_of(self, images: Tensor) -> Tensor:
        """The totals of images (B, H, W), (B, T), GeV (or pixels)."""
        return self.sums.of_image(self.in_order(images))

    def pixel_inputs(self, x: Tensor) -> Tensor:
        """What the networks see of pixels (...): (..., F)."""
        if self.encoding == "value":
            return x[..., None]
        return torch.stack([x.asinh(), (x > 0).to(x.dtype), x / 50], -1)

    def stage_inputs(
        self, x: Tensor, totals: Tensor | None
    ) -> Iterator[tuple[int, Stage, StageInputs]]:
        """For each stage: the number of pixels before it, its network, and what that is given.

        Args:
            x: (B, D), GeV, quantised, in the order of generation.
            totals: of the images, (B, T), if the model has them.
        """
        inputs = self.pixel_inputs(x)
        known = []
        if self.totals is not None and totals is not None:
            known = [self.totals.standardised(totals)]
        sums = None
        if self.sums_are_seen:
            sums = self.sums.features(self.sums.raw(x), None if totals is None else totals.T)
        for start, end, stage in self.spans():
            context = torch.cat([*known, inputs[:, :start].flatten(1)], 1)
            yield (
                start,
                stage,
                StageInputs(
                    inputs[:, start:end],
                    context if stage.context_size else None,
                    None if sums is None else sums[..., start : end + 1],
                ),
            )
