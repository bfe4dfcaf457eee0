"""Discretised logistic mixture over the levels 0 ... N of a pixel (PixelCNN++ section 2.1).

A logistic's probability of a level is its mass within half a level around it; the first and the
last level also take everything below and above. The mixture knows that neighbouring levels are
alike, which a softmax must learn, and level 0, an empty pixel, is one component far below.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SHARPEST = -2.0
"""Smallest log scale, in levels. A logistic as narrow as this in the middle of a level has 95% of
its mass there; PixelCNN++'s bound (-7 for 256 levels over [-1, 1]) is -2.15."""

WIDEST = 5.0
"""Largest log scale, in units of `unit`: far wider than all levels, and 1 / scale is not 0 yet."""


class LogisticMixture(nn.Module):
    """Mixture of logistics on the levels 0 ... N.

    A network gives 3 numbers per component: logit of the weight, location and log scale. They are
    in units of `unit` levels, so that numbers of order one suit any number of levels.

    Args:
        components: of the mixture, at least 2.
        levels: N, the largest level, until `fit`.
    """

    top: Tensor
    unit: Tensor

    def __init__(self, components: int, levels: int) -> None:
        super().__init__()
        self.components = components
        self.size = 3 * components
        self.register_buffer("top", torch.tensor(float(levels)))
        self.register_buffer("unit", torch.tensor(levels / 2))

    def fit(self, counts: Tensor) -> Tensor:
        """Fix N and the unit, the root mean square of the levels of non-zero pixels.

        Args:
            counts: (N + 1,) int64, pixels of the training images on each level; at least one
                pixel is not zero.

        Returns:
            (3 * components,): what gives about this distribution of levels, whatever the pixel:
            the first component is the zeros, the others cover the quantiles of the rest.
        """
        counts = counts.double()
        levels = torch.arange(len(counts), dtype=torch.float64)
        nonzero = counts[1:]
        unit = float(((levels[1:] ** 2 * nonzero).sum() / nonzero.sum()).sqrt())
        self.top.fill_(len(counts) - 1)
        self.unit.fill_(unit)
        others = self.components - 1
        quantiles = (torch.arange(others, dtype=torch.float64) + 0.5) / others
        places = torch.searchsorted(nonzero.cumsum(0) / nonzero.sum(), quantiles) + 1
        locations = places.clamp(max=len(counts) - 1).double()
        spacing = torch.diff(locations, prepend=torch.zeros(1, dtype=torch.float64))
        zeros = (counts[0] + 1) / (counts.sum() + 2)
        weights = torch.cat([zeros[None], ((1 - zeros) / others).expand(others)])
        # Far enough below the edge of level 0 for first outputs that differ by tenths of a unit.
        locations = torch.cat([locations.new_tensor([-0.5]), locations / unit])
        scales = torch.cat([spacing.new_tensor([1 / 16]), spacing.clamp(min=0.5) / (2 * unit)])
        return torch.cat([weights.log(), locations, scales.log()]).float()

    def _components(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights, locations and log scales (..., components), in units of `unit`."""
        logits, location, log_scale = parameters.float().split(self.components, dim=-1)
        smallest = SHARPEST - self.unit.log()
        return logits.log_softmax(-1), location, log_scale.maximum(smallest).clamp(max=WIDEST)

    def log_prob(self, parameters: Tensor, level: Tensor) -> Tensor:
        """Log-probability of levels, nats.

        Args:
            parameters: (..., size).
            level: (...,), 0 ... N, of any type.

        Returns:
            (...,).
        """
        log_weight, location, log_scale = self._components(parameters)
        inverse = (-log_scale).exp()
        middle = (level / self.unit)[..., None] - location
        half = 0.5 / self.unit
        # The mass between a > b is sigma(a) sigma(-b) (1 - exp(b - a)), without cancellation; at
        # the edges one factor and the last one are absent.
        below_upper = F.logsigmoid((middle + half) * inverse)
        above_lower = F.logsigmoid((half - middle) * inverse)
        inside = torch.log(-torch.expm1(-2 * half * inverse))
        first, last = (level == 0)[..., None], (level == self.top)[..., None]
        log_mass = (
            below_upper.masked_fill(last, 0.0)
            + above_lower.masked_fill(first, 0.0)
            + inside.masked_fill(first | last, 0.0)
        )
        return torch.logsumexp(log_weight + log_mass, -1)

    def sample(self, parameters: Tensor, uniforms: Tensor) -> Tensor:
        """Draw levels by the inverse of the cumulatives.

        Args:
            parameters: (B, size).
            uniforms: (B, 2 or more) in (0, 1): for the component, and for the place within it.

        Returns:
            (B,) float32, whole numbers 0 ... N.
        """
        log_weight, location, log_scale = self._components(parameters)
        cumulative = log_weight.exp().cumsum(-1)
        chosen = (uniforms[:, :1] >= cumulative[:, :-1]).sum(-1, keepdim=True)
        location, log_scale = location.gather(-1, chosen), log_scale.gather(-1, chosen)
        place = location + log_scale.exp() * uniforms[:, 1:2].logit()
        levels = (place[:, 0] * self.unit).round().clamp(min=0).minimum(self.top)
        return levels.abs()  # no -0.0
