"""What is still to come of an image whose count and, with `shares`, whose sum are drawn first.

With `shares` a pixel of value v takes the share z = v / R of the remainder R, and the last pixel
takes all of it. The network predicts the coordinate

    t = log(z / (1 - z)) + log(m - 1)

of the share, where m pixels are still to come: equal pixels have t = 0. Then dv / dt = v (1 - z).
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darkpixel.metrics.kinematics import pixel_coordinates
from darkpixel.models.sparse_transformer.scale import Scale

COUNT_NUMBERS = 8
"""Numbers that `count_numbers` gives."""

SHARE_NUMBERS = 16
"""Numbers that `Shares.numbers` gives."""

BOUND_NUMBERS = 2
"""Numbers that `bound_numbers` gives."""


def count_numbers(left: Tensor, count: Tensor) -> Tensor:
    """What a token sees of the pixels `left` (...,) to draw of `count` (...,); (..., 8) float32."""
    left, count = left.float(), count.float()
    values = [
        left.clamp(min=1).log() / 3,
        left.clamp(max=4) / 4,
        left.clamp(max=20) / 20,
        left.clamp(max=100) / 100,
        left / 400,
        count.clamp(min=1).log() / 3,
        count / 400,
        left / count.clamp(min=1),
    ]
    return torch.stack(values, -1)


def bound_numbers(bound: Tensor) -> Tensor:
    """What a token sees of the bound (...,) of the next value's coordinate; (..., 2) float32."""
    return torch.stack([bound.clamp(-8, 8) / 4, bound.clamp(-1, 1)], -1).float()


class Told(NamedTuple):
    """What is known before a pixel is drawn, each (...,) float64.

    Attributes:
        total: sum of the image.
        remainder: of the sum, this pixel included.
        vector: (..., 4) sums of v cos(phi), v sin(phi), v exp(-eta), v exp(eta) so far.
        mass: that the image is to have; None: none was drawn.
    """

    total: Tensor
    remainder: Tensor
    vector: Tensor
    mass: Tensor | None = None


def mass_squared(vector: Tensor) -> Tensor:
    """The squared mass (...,) of four-vectors (..., 4) as in `Told`; not below 0 by rounding."""
    px, py, minus, plus = vector.unbind(-1)
    return (minus * plus - px**2 - py**2).clamp(min=0)


class Shares:
    """Shares of what remains, and the momentum so far.

    Args:
        places: (H * W + 1, 4) float64, the four-vector of each place and value 1; the last one, of
            no place, is 0.
    """

    def __init__(self, places: Tensor) -> None:
        self.places = places

    def before(self, values: Tensor, pixels: Tensor) -> Told:
        """Before each pixel of sequences of values (B, L) float64 at places (B, L)."""
        remainder = values.flip(1).cumsum(1).flip(1)
        vector = (values[..., None] * self.places[pixels]).cumsum(1)
        vector = torch.cat([torch.zeros_like(vector[:, :1]), vector[:, :-1]], 1)
        return Told(remainder[:, :1].expand_as(remainder), remainder, vector)

    def coordinates(self, values: Tensor, told: Told, left: Tensor) -> tuple[Tensor, Tensor]:
        """The coordinate t of each value, and log(dv / dt), float32; 0 for the last pixels.

        Args:
            values: (B, L), what `told` was made of.
            left: (B, L) pixels still to come, this one included.
        """
        after = torch.cat([told.remainder[:, 1:], torch.zeros_like(told.remainder[:, :1])], 1)
        drawn = left > 1
        log_value = torch.where(drawn, values.double(), 1.0).log()
        log_after = torch.where(drawn, after, 1.0).log()
        log_before = torch.where(drawn, told.remainder, 1.0).log()
        more = (left - 1).clamp(min=1).double().log()
        coordinate = log_value - log_after + more
        log_slope = log_value + log_after - log_before
        return (coordinate * drawn).float(), (log_slope * drawn).float()

    def values(self, coordinate: Tensor, remainder: Tensor, left: Tensor) -> tuple[Tensor, Tensor]:
        """The value of each next pixel, and what remains after it, (B,) float64.

        Args:
            coordinate: (B,) t; for a last pixel it does not matter.
            remainder: (B,) float64.
            left: (B,) int64.
        """
        logit = coordinate.double() - (left - 1).clamp(min=1).double().log()
        share = torch.where(left > 1, logit.sigmoid(), 1.0)
        rest = torch.where(left > 1, (-logit).sigmoid(), 0.0)
        return remainder * share, remainder * rest

    def bound(self, last: Tensor, remainder: Tensor, left: Tensor) -> Tensor:
        """The largest coordinate that the next value may have, where it does not exceed the last.

        Since the values fall, the next one is at least the mean of those to come: 0 <= t <= bound.

        Args:
            last: (...,) float64, the last value; infinite at the start.
            remainder: (...,) float64.
            left: (...,) pixels still to come.
        """
        most = last.minimum(remainder)
        bound = most.log() - (remainder - most).log() + (left - 1).clamp(min=1).double().log()
        return bound.clamp(min=0).where(left > 1, torch.inf)

    def numbers(self, told: Told, left: Tensor, scale: Scale) -> Tensor:
        """What a token sees of the sums, (..., SHARE_NUMBERS) float32.

        Args:
            left: (...,) pixels still to come.
            scale: of the values.
        """
        unit = scale.total.double()
        total = told.total / unit
        remainder = told.remainder / unit
        px, py, minus, plus = (told.vector / unit).unbind(-1)
        pt = (px**2 + py**2).sqrt()
        mass = (minus * plus - pt**2).clamp(min=0).sqrt()
        share = remainder / total.clamp(min=1e-12)
        mean = told.remainder / left.clamp(min=1) / scale.mean.double()
        values = [
            total,
            total.clamp(min=1e-6).log(),
            remainder,
            remainder.clamp(min=1e-6).log() / 4,
            share,
            share.clamp(min=1e-6).log() / 4,
            mean.clamp(min=1e-6).log() / 2,
            px,
            py,
            pt,
            pt / total.clamp(min=1e-12),
            (plus - minus),
            mass,
            (20 * mass).log1p() / 2,
            mass / total.clamp(min=1e-12),
            mass / pt.clamp(min=1e-3),
        ]
        return torch.stack(values, -1).float()


def values_at(coordinates: Tensor, remainder: Tensor, left: Tensor) -> Tensor:
    """The values (N, M) float32 that each next pixel has at coordinates (M,), of which it has one.

    Args:
        remainder, left: (N,), as of `Shares.values`.
    """
    logit = coordinates - (left - 1).clamp(min=1).log()[:, None]
    return remainder[:, None] * logit.sigmoid()


def four_vectors(height: int, width: int, pixel_size: float) -> NDArray[np.float64]:
    """cos(phi), sin(phi), exp(-eta), exp(eta) of each place, and of none, (H * W + 1, 4).

    phi and eta are those of `darkpixel.metrics.kinematics.pixel_coordinates`.
    """
    phi, eta = pixel_coordinates(height, width, pixel_size)
    vectors = np.zeros((height * width + 1, 4))
    grid = vectors[:-1].reshape(height, width, 4)
    grid[..., 0], grid[..., 1] = np.cos(phi)[:, None], np.sin(phi)[:, None]
    grid[..., 2], grid[..., 3] = np.exp(-eta), np.exp(eta)
    return vectors
