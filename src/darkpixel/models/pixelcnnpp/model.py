"""PixelCNN++ on sparse images: the autoregressive baseline (SARM section 8.5.2).

Salimans et al. 2017, arXiv:1701.05517: pixels are drawn in raster order, each from a discretised
logistic mixture whose parameters a convolutional network gives from the pixels before it. Pixels
of detector images are real numbers, so they are rounded to a grid first; what this alone costs is
shown by the rows "quantised" of the tables.
"""

from typing import Any

import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Batches, GenerativeModel
from darkpixel.models.grid_levels import levels_up_to
from darkpixel.models.pixelcnnpp.logistic_mixture import LogisticMixture
from darkpixel.models.pixelcnnpp.network import PixelCNNPP
from darkpixel.models.pixelcnnpp.sampler import sample_levels
from darkpixel.models.pixelcnnpp.settings import Settings
from darkpixel.models.sampling import evaluating, open_uniforms

_INITIAL_IMAGES = 64
_UNFITTED_LEVELS = 276  # SARM section 2.1: pixels up to 276 GeV


class PixelCNNPlusPlus(GenerativeModel):
    """PixelCNN++ of images of any size, on the levels 0 ... N of its grid.

    Level j stands for (j / N)^p N step GeV, and a pixel belongs to the level nearest to it in
    x^(1/p). The conditional of a pixel is a probability of levels.

    Args:
        options: the settings.
    """

    def __init__(self, options: Settings) -> None:
        super().__init__()
        self.options = options
        self.mixture = LogisticMixture(options.mixtures, options.levels or _UNFITTED_LEVELS)
        self.network = PixelCNNPP(
            options.filters, options.blocks, self.mixture.size, options.dropout
        )

    def level(self, images: Tensor) -> Tensor:
        """Levels of pixels in GeV, same shape, float32 whole numbers 0 ... N."""
        top = self.mixture.top
        scaled = images.float() / (top * self.options.step)
        return ((scaled.pow(1 / self.options.power)) * top).round().minimum(top)

    def value(self, level: Tensor) -> Tensor:
        """Values of levels (whole or not), GeV, same shape."""
        top = self.mixture.top
        return (level / top).pow(self.options.power) * top * self.options.step

    def quantise(self, images: Tensor) -> Tensor:
        """Images as the model sees them, same shape, GeV: on the grid."""
        return self.value(self.level(images))

    def _cell(self, level: Tensor) -> tuple[Tensor, Tensor]:
        """Ends of the ranges of values that are rounded to levels, GeV."""
        return self.value((level - 0.5).clamp(min=0)), self.value(level + 0.5)

    def drawn_value(self, level: Tensor, u: Tensor) -> Tensor:
        """Values of generated pixels, GeV, from their levels and uniforms u, same shape.

        Spread evenly over the values that are rounded to the level, as `log_density` assumes, or
        the level's own value; zero pixels stay so.
        """
        if self.options.drawn_values == "levels":
            return self.value(level)
        low, high = self._cell(level)
        return torch.where(level > 0, low + u * (high - low), 0.0)

    def as_generated(self, images: Tensor, *, generator: torch.Generator) -> Tensor:
        """Images (B, H, W) on the grid, spread within their levels as samples are.

        It is what a perfect generator on this grid makes.
        """
        u = open_uniforms(*images.shape, generator=generator).to(images)
        return self.drawn_value(self.level(images), u)

    def clipped(self, images: Tensor) -> int:
        """Pixels more than half a step above the last level, to which quantisation pulls them."""
        return int((images > self.value(self.mixture.top + 0.5)).sum())

    def _log_conditionals(self, level: Tensor) -> Tensor:
        """Log-probabilities of levels (B, H, W) given those before them, (B, H, W)."""
        return self.mixture.log_prob(self.network(level / self.mixture.unit), level)

    def log_prob(self, images: Tensor) -> Tensor:
        """Log-probability of the quantised images: (B, H, W), GeV -> (B,) nats."""
        return self._log_conditionals(self.level(images)).sum((1, 2))

    def log_density(self, images: Tensor) -> Tensor:
        """Log-density of the images, (B, H, W), GeV -> (B,) nats; see the base class."""
        level = self.level(images)
        low, high = self._cell(level)
        per_gev = torch.where(level > 0, -(high - low).log(), 0.0).sum((1, 2))
        return self._log_conditionals(level).sum((1, 2)) + per_gev

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean negative log-probability, nats per image."""
        return -self.log_prob(images).mean()

    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        """Draw images, (n, H, W) float32, GeV; exact, by the cached sampler.

        Each image takes its uniforms from the generator in turn, so the images do not depend on
        `batch` (images at once, an option).
        """
        with evaluating(self):
            levels, within = sample_levels(
                self.network, self.mixture, n, self.image_size, generator=generator, **options
            )
        return self.drawn_value(levels, within)

    @torch.no_grad()
    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Set the number of levels, the first guess of their distribution and the scales.

        The first guess ignores the other pixels, but has the zeros and the levels of the training
        images; the scales of all layers are those that suit the first images.

        Raises:
            DarkpixelError: the images are all empty, or there would be far too few or too many
                levels.
        """
        if self.options.levels is None:
            largest = max(float(images.max()) for images in batches())
            step = self.options.step
            remedy = "set the model's `step`"
            self.mixture.top.fill_(levels_up_to(largest, batches, step=step, remedy=remedy))
        size = int(self.mixture.top) + 1
        counts = torch.zeros(size, dtype=torch.int64)
        first = None
        for images in batches():
            level = self.level(images)
            counts += level.long().flatten().bincount(minlength=size)
            first = level[:_INITIAL_IMAGES] if first is None else first
        if first is None or not counts[1:].any():
            raise DarkpixelError(
                f"training images: every pixel is zero on levels of {self.options.step:g} GeV; "
                "nothing to learn."
            )
        start = self.mixture.fit(counts)
        self.network.initialise(first / self.mixture.unit, start)

    def fitted(self) -> dict[str, float]:
        """The power of the grid, its number of levels and the largest, GeV."""
        levels = int(self.mixture.top)
        return {
            "power": self.options.power,
            "levels": levels,
            "largest_level": levels * self.options.step,
        }


def build(settings: Settings, height: int, width: int) -> PixelCNNPlusPlus:
    """A new model, for images of any size."""
    return PixelCNNPlusPlus(settings)
