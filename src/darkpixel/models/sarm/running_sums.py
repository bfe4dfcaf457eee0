"""Running sums over the pixels generated so far: what keeps the total of an image right.

The pT of a jet lies in a narrow window, so the pixels of one image must add up, which a network
that sees each pixel through its own weights learns slowly. These sums are ours, not the paper's.
They are functions of the earlier pixels only, so the model stays exactly autoregressive.
"""

from typing import Literal, get_args

import torch
from torch import Tensor, nn

Observable = Literal["pt", "mass", "energy", "nonzero"]

_SOFTENING = 1.0
"""GeV^2 under the square roots of pT and mass, whose slope would be infinite at zero."""


def pixel_coordinates(side: int, pixel_size: float) -> tuple[Tensor, Tensor]:
    """phi and eta of each pixel, (side^2,) float64 in raster order.

    Row 0 has the largest phi; columns run up in eta; the origin is the image's centre.
    """
    steps = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2) * pixel_size
    return -steps.repeat_interleave(side), steps.repeat(side)


class RunningSums(nn.Module):
    """Sums over the first pixels of the order, and observables made of them.

    Args:
        side: pixels per side.
        pixel_size: side of a pixel in eta and phi.
        permutation: (D,) raster indices in the order of generation.
        totals: observables of the whole image that are known beforehand; what is left of them
            becomes two features each.
    """

    weights: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(
        self, side: int, pixel_size: float, permutation: Tensor, totals: tuple[Observable, ...] = ()
    ) -> None:
        super().__init__()
        phi, eta = (values[permutation] for values in pixel_coordinates(side, pixel_size))
        # E^2 - Pz^2 = (E - Pz)(E + Pz), and E -+ Pz = sum x exp(-+eta): no cancellation.
        rows = [eta.exp(), (-eta).exp(), phi.cos(), phi.sin(), phi**2, eta**2]
        self.register_buffer("weights", torch.stack(rows), persistent=False)
        self.totals = totals
        # Of each quantity before each pixel: near the rim a few GeV too many are many.
        self.register_buffer("mean", torch.zeros(9 + len(totals), len(permutation) + 1))
        self.register_buffer("deviation", torch.ones(9 + len(totals), len(permutation) + 1))
        self.features_count = 9 + 2 * len(totals)
        self.columns = {"energy": 0, "nonzero": 6, "pt": 7, "mass": 8}
        assert set(totals) <= set(get_args(Observable))

    def raw(self, x: Tensor) -> Tensor:
        """Sums before each pixel and after the last: (B, D) GeV -> (7, B, D + 1) float64."""
        weights = self.weights.to(_wide(x))
        terms = torch.cat([weights[:, None] * x.to(weights.dtype), (x > 0)[None].to(weights.dtype)])
        return torch.cat([torch.zeros_like(terms[..., :1]), terms.cumsum(-1)], -1)

    def nothing(self, batch: int) -> Tensor:
        """Sums before the first pixel, (7, B)."""
        return torch.zeros(7, batch, dtype=_wide(self.mean), device=self.mean.device)

    def added(self, raw: Tensor, x: Tensor, pixel: int) -> Tensor:
        """Sums (7, B) after one more pixel of values x (B,)."""
        column = self.weights[:, pixel].to(raw.dtype)
        term = torch.cat([column[:, None] * x.to(raw.dtype), (x > 0)[None].to(raw.dtype)])
        return raw + term

    def observables(self, raw: Tensor) -> Tensor:
        """E, px, py, pz, second moments in phi and eta, non-zeros, pT, mass: (7, ...) -> (9, ...).

        pT and mass are softened below 1 GeV. By hand beside `darkpixel.metrics.kinematics`, which
        measures whole images and has no gradient: these are sums so far, inputs of a network.
        """
        plus, minus, px, py, phi2, eta2, count = raw
        pt2 = px * px + py * py
        mass2 = (plus * minus - pt2).clamp(min=0)
        return torch.stack(
            [
                (plus + minus) / 2,
                px,
                py,
                (plus - minus) / 2,
                phi2,
                eta2,
                count,
                (pt2 + _SOFTENING).sqrt(),
                (mass2 + _SOFTENING).sqrt(),
            ]
        )

    def features(
        self, raw: Tensor, totals: Tensor | None = None, position: int | None = None
    ) -> Tensor:
        """Features of order one: standardised position by position, large ones compressed.

        Args:
            raw: (7, B, D + 1), or (7, B) at one position.
            totals: (T, B), in GeV (or pixels), if the model has them.
            position: number of pixels drawn, for (7, B).

        Returns:
            (features_count, ...), in the precision of the model.
        """
        values = self._quantities(raw, totals)
        mean, deviation = self.mean.to(values.dtype), self.deviation.to(values.dtype)
        if position is None:
            mean, deviation = mean[:, None], deviation[:, None]
        else:
            mean, deviation = mean[:, position, None], deviation[:, position, None]
        parts = [((values - mean) / deviation).asinh()]
        if totals is not None:
            parts.append(values[9:].asinh() / 5)
        return torch.cat(parts).to(self.mean.dtype)

    def _quantities(self, raw: Tensor, totals: Tensor | None) -> Tensor:
        """The observables so far, and what is left of the totals: (9 + T, ...)."""
        values = self.observables(raw)
        if totals is None:
            return values
        columns = [self.columns[name] for name in self.totals]
        known = totals.to(values.dtype).view(*totals.shape, *[1] * (values.dim() - 2))
        return torch.cat([values, known - values[columns]])

    def of_image(self, x: Tensor) -> Tensor:
        """The totals of whole images: (B, D) in the order of generation -> (B, T)."""
        weights = self.weights.to(_wide(x))
        linear = x.to(weights.dtype) @ weights.T
        raw = torch.cat([linear.T, (x > 0).sum(1)[None].to(weights.dtype)])
        columns = [self.columns[name] for name in self.totals]
        return self.observables(raw)[columns].T.to(x.dtype)

    def fit(self, x: Tensor, totals: Tensor | None = None) -> None:
        """Take mean and deviation from training images x (B, D) and their totals (B, T)."""
        values = self._quantities(self.raw(x), None if totals is None else totals.T)
        deviation = values.std(1)
        floor = 1e-3 * values.square().mean((1, 2)).sqrt().clamp(min=1e-3)
        self.mean.copy_(values.mean(1))
        self.deviation.copy_(torch.maximum(deviation, floor[:, None]))


def _wide(x: Tensor) -> torch.dtype:
    """float64, in which sums over 784 pixels lose nothing; Apple's GPUs have none."""
    return torch.float32 if x.device.type == "mps" else torch.float64
