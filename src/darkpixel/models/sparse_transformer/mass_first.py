"""The mass of an image, drawn before its pixels where `mass_first` asks for it.

Its likelihood says little about the mass of an image: a peak that is a fifth too wide costs a fifth
of a nat in a hundred. Where the mass is drawn first and what is missing of it is seen at each
step, the network has several nats to gain by heeding it.

What is drawn is the logarithm of mass over sum, with noise: the pixels of a sample miss their mass
a little, and without noise the network would never have seen that. So the mass that is drawn is a
latent variable. With q the density of the noise around an image's own mass,
p(drawn) p(x | drawn) / q(drawn | x) is an unbiased estimate of the density of the image x.
"""

import math

import torch
from torch import Tensor, nn

from darkpixel.models.sparse_transformer.binned import TAILS, Bins
from darkpixel.models.sparse_transformer.inputs import exact
from darkpixel.models.sparse_transformer.remaining import Told, mass_squared

MASS_NUMBERS = 8
"""Numbers that `mass_numbers` gives."""

_SMALLEST = 1e-3
"""Mass over sum; added, so that the logarithm is finite where there is one pixel only."""
_BINS = 200
_INPUTS = 6


def mass_of(vector: Tensor) -> Tensor:
    """The mass (...,) of four-vectors (..., 4) as in `Told`."""
    return mass_squared(vector).sqrt()


def mass_numbers(told: Told) -> Tensor:
    """What a token sees of the mass that is missing, (..., MASS_NUMBERS) float32.

    Args:
        told: before the next pixel; with a mass.
    """
    assert told.mass is not None
    total = told.total.clamp(min=1e-12)
    wanted, now = told.mass / total, mass_of(told.vector) / total
    # Pixels P have M^2 - P^2 to go; of massless ones that is the sum of 2 P·n.
    needed = (wanted**2 - now**2) / (told.remainder / total).clamp(min=1e-9)
    values = [
        5 * wanted,
        (wanted + _SMALLEST).log() / 2,
        20 * (wanted - now).clamp(-0.1, 0.1),
        (wanted - now).clamp(-1, 1),
        (now / wanted.clamp(min=_SMALLEST)).clamp(max=2),
        needed.clamp(-2, 4) / 2,
        5 * needed.clamp(-0.2, 0.4),
        (20 * needed).asinh().clamp(-6, 6) / 4,
    ]
    return torch.stack(values, -1).float()


class MassFirst(nn.Module):
    """The head of the mass, given the number of pixels and their sum.

    Args:
        width: of the vector of the conditions.
        noise: standard deviation of the noise on the logarithm.
    """

    range: Tensor
    sums: Tensor

    def __init__(self, width: int, noise: float) -> None:
        super().__init__()
        self.noise = noise
        self.inputs = nn.Linear(_INPUTS, width)
        self.hidden = nn.Sequential(nn.GELU(), nn.Linear(width, width), nn.GELU())
        self.mass = nn.Linear(width, _BINS + TAILS)
        with torch.no_grad():
            self.mass.weight.mul_(0.1)
        # Of the coordinate; mean and spread of the logarithm of the sum.
        self.register_buffer("range", torch.tensor([-7.0, 1.0]))
        self.register_buffer("sums", torch.tensor([0.0, 1.0]))

    @property
    def bins(self) -> Bins:
        """Of the coordinate, log(mass / sum)."""
        return Bins(self.range[0], self.range[1], _BINS, tail=0.02)

    @torch.no_grad()
    def start_from(self, masses: Tensor, sums: Tensor) -> None:
        """Start from the frequencies of training images: masses (N,) and sums (N,)."""
        masses, sums = masses[sums > 0].double(), sums[sums > 0].double()
        found = self.coordinate(masses, sums).to(self.range.device)
        wide = 3 * self.noise
        self.range[0], self.range[1] = found.min() - wide, found.max() + wide
        counted = self.bins.category(found).bincount(minlength=self.bins.categories).double() + 0.1
        self.mass.bias.copy_((counted / counted.sum()).log())
        spread = sums.log().std() if len(sums) > 1 else torch.zeros(())
        self.sums[0], self.sums[1] = sums.log().mean(), spread.clamp(min=1e-3)

    @staticmethod
    def coordinate(masses: Tensor, sums: Tensor) -> Tensor:
        """What is drawn, (...,), of masses and sums above zero."""
        return (masses / sums + _SMALLEST).log()

    @staticmethod
    def masses(coordinates: Tensor, sums: Tensor) -> Tensor:
        """The masses of coordinates, (...,)."""
        return sums * (coordinates.exp() - _SMALLEST).clamp(min=0)

    def logits(self, condition: Tensor, counts: Tensor, sums: Tensor) -> Tensor:
        """(B, categories) float32 of the coordinate.

        Args:
            condition: (B, width).
            counts, sums: (B,), of images that are not blank.
        """
        with torch.autocast(condition.device.type, enabled=False):
            number = counts.float()
            share = ((sums.float().log() - self.sums[0]) / self.sums[1]).clamp(-4, 4)
            numbers = [number / 100, number.clamp(min=1).log() / 3]
            inputs = [*numbers, share, share**2 / 4, (2 * share).sin(), (2 * share).cos()]
            seen = exact(self.inputs, torch.stack(inputs, 1)) + condition.float()
            return exact(self.mass, self.hidden(seen))

    def near(
        self,
        condition: Tensor,
        counts: Tensor,
        sums: Tensor,
        masses: Tensor,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Tensor]:
        """Masses near images' own, (B,) float64, and log q - log p of them, (B,) nats.

        Both are 0 for blank images.

        Args:
            condition: (B, width).
            counts, sums, masses: (B,) of the images.
            generator: of the noise; None: torch's own.
        """
        lit = counts > 0
        sums = torch.where(lit, sums, 1.0)
        noise = torch.randn(len(sums), dtype=torch.float64, generator=generator).to(sums.device)
        drawn = self.coordinate(masses, sums) + self.noise * noise
        nats = self.bins.nats(self.logits(condition, counts, sums), drawn.float())
        nats = nats - noise.float().square() / 2 - math.log(self.noise * math.sqrt(2 * math.pi))
        return self.masses(drawn, sums) * lit, nats.where(lit, 0.0)

    def draw(self, condition: Tensor, counts: Tensor, sums: Tensor, u: Tensor) -> Tensor:
        """Masses (B,) float64 of images of counts and sums (B,), at uniforms (B, 2)."""
        lit = counts > 0
        sums = torch.where(lit, sums, 1.0)
        logits = self.logits(condition, counts, sums)
        return self.masses(self.bins.draw(logits, u[:, 0], u[:, 1]), sums) * lit
