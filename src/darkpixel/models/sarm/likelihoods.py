"""Distributions of a non-zero pixel given its parameters (SARM section 4.1): D+C and the base.

Each likelihood turns `size` numbers per pixel into a distribution on x > 0 (GeV); the probability
of x = 0, gamma, is a logit of its own in the network, so that zero pixels can be skipped. D+D, over
a grid of levels, is in `discrete`.

Sampling takes two uniforms per pixel, so that any sampler draws the same values from them.
"""

import math
from abc import ABC, abstractmethod

import torch
from scipy import special
from torch import Tensor, nn
from torch.nn import functional as F

SMALLEST = 1e-6
"""GeV; a pixel that is not zero stays distinguishable from zero when its sample underflows."""


class Likelihood(nn.Module, ABC):
    """Base: a distribution on x > 0."""

    size: int
    """Numbers per pixel that the network gives."""

    @abstractmethod
    def log_prob(self, parameters: Tensor, x: Tensor) -> Tensor:
        """Log density (D+C) or probability (D+D) of non-zero pixels.

        Args:
            parameters: (n, size).
            x: (n,), GeV, positive.

        Returns:
            (n,), nats.
        """

    @abstractmethod
    def sample(self, parameters: Tensor, u1: Tensor, u2: Tensor) -> Tensor:
        """Draw (n,) positive values from uniforms u1 and u2, (n,) each, in (0, 1)."""

    def quantise(self, x: Tensor) -> Tensor:
        """The value that the model sees instead of x, any shape (D+C: x itself)."""
        return x

    def spread(self, x: Tensor, u: Tensor) -> Tensor:
        """Pixels x of any shape, quantised, within the range of values that `quantise` takes there.

        Uniform in GeV, from uniforms u of the same shape in (0, 1), as `log_width` assumes; a
        pixel that is zero stays so (D+C: x itself).
        """
        return x

    def log_width(self, x: Tensor) -> Tensor:
        """Log of the range of values that `quantise` takes to x, GeV, same shape (D+C: 0)."""
        return torch.zeros_like(x)

    @abstractmethod
    def fit(self, largest: float, typical: float) -> None:
        """Set the scale from the training images: largest and mean non-zero pixel, GeV."""

    def counts(self, x: Tensor) -> Tensor:
        """How often each level occurs among pixels x, any shape, GeV: (N,) int64 (D+C: N = 0)."""
        return torch.zeros(0, dtype=torch.int64)

    def start_from(self, counts: Tensor) -> None:
        """Begin with the frequencies that all training images have (D+C: nothing)."""


class _Continuous(Likelihood):
    """Densities in y = x / scale, so that the network's outputs are of order one."""

    scale: Tensor
    largest: Tensor

    def __init__(self, log_scale: tuple[float, float]) -> None:
        super().__init__()
        self.log_scale_bounds = log_scale
        self.register_buffer("scale", torch.tensor(5.0))
        self.register_buffer("largest", torch.tensor(math.inf))

    def fit(self, largest: float, typical: float) -> None:
        self.scale.fill_(max(typical, 1e-3))

    def _log_scale(self, raw: Tensor) -> Tensor:
        """Smoothly bounded log of a scale in units of `scale`; bounds are in GeV."""
        low, high = self.log_scale_bounds
        middle, half = (low + high) / 2 - self.scale.log(), (high - low) / 2
        return middle + half * torch.tanh((raw - middle) / half)


class TruncatedLogistic(_Continuous):
    """Mixture of logistics truncated to x > 0 (D+C, SARM equation 4.3).

    mu is a location, not the mean. With z = (x - mu) / s, the log density of a component is
    -z - 2 softplus(-z) - log s - log sigma(mu / s).

    Args:
        mixtures: components (SARM section 8.6: 5).
        log_scale: bounds of log(s / GeV).
        truncate_above: also truncate at 1.05 times the largest training value; the logistic's
            tail otherwise makes rare pixels far above it.
    """

    start: Tensor
    start_location: Tensor

    def __init__(
        self,
        mixtures: int = 5,
        log_scale: tuple[float, float] = (-7.0, 3.5),
        truncate_above: bool = False,
    ) -> None:
        super().__init__(log_scale)
        self.mixtures, self.truncate_above = mixtures, truncate_above
        self.size = 3 * mixtures
        # Components start spread over scales from small to large: equal ones would stay equal.
        start = torch.linspace(-2.0, 1.0, mixtures)
        self.register_buffer("start", start, persistent=False)
        self.register_buffer("start_location", start.exp(), persistent=False)

    def fit(self, largest: float, typical: float) -> None:
        super().fit(largest, typical)
        if self.truncate_above:
            self.largest.fill_(1.05 * largest)

    def _components(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights, locations and log scales, (n, mixtures) each, in units of `scale`."""
        logits, location, raw = parameters.float().split(self.mixtures, dim=-1)
        log_s = self._log_scale(raw + self.start)
        return torch.log_softmax(logits, -1), location + self.start_location, log_s

    def _log_below_largest(self, location: Tensor, log_s: Tensor) -> Tensor:
        """log P(x < largest | x > 0) of each component."""
        s = log_s.exp()
        largest = self.largest / self.scale
        return F.logsigmoid((largest - location) / s) + torch.log(-torch.expm1(-largest / s))

    def log_prob(self, parameters: Tensor, x: Tensor) -> Tensor:
        log_weight, location, log_s = self._components(parameters)
        inverse = (-log_s).exp()
        z = ((x / self.scale)[:, None] - location) * inverse
        log_density = -z - 2 * F.softplus(-z) - log_s - F.logsigmoid(location * inverse)
        if self.truncate_above:
            log_density = log_density - self._log_below_largest(location, log_s)
        return torch.logsumexp(log_weight + log_density, -1) - self.scale.log()

    def sample(self, parameters: Tensor, u1: Tensor, u2: Tensor) -> Tensor:
        log_weight, location, log_s = self._components(parameters)
        chosen = choose_component(log_weight, u1)
        location, log_s = location.gather(-1, chosen)[:, 0], log_s.gather(-1, chosen)[:, 0]
        if self.truncate_above:
            u2 = u2 * self._log_below_largest(location, log_s).exp()
        s = log_s.exp()
        # The textbook inverse log(u / (1 - u)) overflows once sigma(mu / s) underflows.
        mass = torch.sigmoid(location / s)
        y = s * (torch.log1p((u2 - 1) * mass) - torch.log1p(-u2) + F.softplus(location / s))
        return (y * self.scale).clamp(min=SMALLEST)


class Exponential(_Continuous):
    """Exponential with its scale as the only parameter (SARM section 4.1: inferior)."""

    size = 1

    def __init__(self, log_scale: tuple[float, float] = (-7.0, 5.0)) -> None:
        super().__init__(log_scale)

    def log_prob(self, parameters: Tensor, x: Tensor) -> Tensor:
        log_s = self._log_scale(parameters[:, 0].float())
        return -(x / self.scale) * (-log_s).exp() - log_s - self.scale.log()

    def sample(self, parameters: Tensor, u1: Tensor, u2: Tensor) -> Tensor:
        log_s = self._log_scale(parameters[:, 0].float())
        return (-torch.log1p(-u2) * log_s.exp() * self.scale).clamp(min=SMALLEST)


class Gamma(_Continuous):
    """Gamma distribution with shape in [e^-3, e^4] (SARM section 4.1: inferior)."""

    size = 2

    def __init__(self, log_scale: tuple[float, float] = (-7.0, 5.0)) -> None:
        super().__init__(log_scale)

    def _shape_and_log_scale(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        raw_shape, raw_scale = parameters.float().unbind(-1)
        shape = torch.exp(0.5 + 3.5 * torch.tanh((raw_shape - 0.5) / 3.5))
        return shape, self._log_scale(raw_scale)

    def log_prob(self, parameters: Tensor, x: Tensor) -> Tensor:
        shape, log_s = self._shape_and_log_scale(parameters)
        y = x / self.scale
        log_density = (shape - 1) * y.log() - y * (-log_s).exp() - shape * log_s
        return log_density - torch.lgamma(shape) - self.scale.log()

    def sample(self, parameters: Tensor, u1: Tensor, u2: Tensor) -> Tensor:
        shape, log_s = self._shape_and_log_scale(parameters)
        # torch has no inverse of the incomplete gamma function.
        y = special.gammaincinv(shape.double().cpu().numpy(), u2.double().cpu().numpy())
        value = torch.as_tensor(y, dtype=torch.float32, device=shape.device)
        return (value * log_s.exp() * self.scale).clamp(min=SMALLEST)


def choose_component(log_weight: Tensor, u: Tensor) -> Tensor:
    """Component (n, 1) of a mixture by inverse cumulative weights, from uniforms (n,)."""
    cumulative = log_weight.exp().cumsum(-1)
    return (u[:, None] >= cumulative[:, :-1]).sum(-1, keepdim=True)
