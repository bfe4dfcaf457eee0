"""A small autoregressive density of an image's totals, such as its pT and mass.

Calorimeter generators (CaloFlow, for one) draw the total energy first and the pixels given it.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sarm.likelihoods import choose_component

_NARROWEST, _WIDEST = -4.0, -0.5
"""Bounds of the log scale of a logistic, in standard deviations of the training values."""


_NARROWEST_PROPOSAL = 0.01
"""Least scale of a proposal, as a fraction of 1 + s."""
_WIDE = 0.25
"""Share of the proposals that is drawn from p(s)."""


class TotalsDensity(nn.Module):
    """p(s) = prod_t p(s_t | s_<t), each a mixture of logistics in a standardised log(1 + s_t).

    Args:
        count: number of totals, T.
        mixtures: logistics for each.
        noise: scale of the Laplace noise with which the pixels are given the totals, GeV (or
            pixels), one for all or one for each (see `noisy`).
        hidden: units of the network that conditions a total on those before it.
    """

    mean: Tensor
    deviation: Tensor
    noise_scale: Tensor

    def __init__(
        self,
        count: int,
        mixtures: int = 32,
        noise: float | Sequence[float] = 0.0,
        hidden: int = 64,
    ) -> None:
        super().__init__()
        self.count, self.mixtures = count, mixtures
        self.without_noise = noise == 0
        self.register_buffer("noise_scale", torch.tensor(noise), persistent=False)
        self.networks = nn.ModuleList()
        for before in range(count):
            last = nn.Linear(hidden, 3 * mixtures)
            with torch.no_grad():  # components spread over the training range
                last.weight.mul_(0.3)
                last.bias.zero_()
                last.bias[mixtures : 2 * mixtures] = torch.linspace(-2.5, 2.5, mixtures)
                last.bias[2 * mixtures :] = -1.5
            first = nn.Linear(max(before, 1), hidden)
            self.networks.append(nn.Sequential(first, nn.GELU(), last))
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("deviation", torch.ones(count))

    def standardised(self, totals: Tensor) -> Tensor:
        """(B, T) in GeV or pixels -> (B, T) of order one: the context of every stage."""
        return (totals.log1p() - self.mean) / self.deviation

    def noisy(self, totals: Tensor) -> Tensor:
        """Totals (B, T) as the model is given them: with Laplace noise, never below zero.

        Without noise, what is left of a total is never negative in training, but a sample whose
        pixels overshoot meets just that, and goes astray. With noise s' = s + n, the product
        p(s') p(x | s') still has the images' own distribution as its margin, whatever the scale.
        """
        if self.without_noise:
            return totals
        # Its own check of the arguments would make a GPU's host wait.
        zeros, ones = torch.zeros_like(totals), torch.ones_like(totals)
        unit = torch.distributions.Laplace(zeros, ones, validate_args=False)
        return (totals + self.noise_scale * unit.sample()).clamp(min=0)

    def fit(self, totals: Tensor) -> None:
        """Standardise by training values (B, T)."""
        logs = totals.log1p()
        self.mean.copy_(logs.mean(0))
        self.deviation.copy_(logs.std(0).clamp(min=1e-3))

    def _components(self, y: Tensor, t: int) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights, locations and log scales of total t given those before, (B, K) each."""
        earlier = y[:, :t] if t else torch.zeros_like(y[:, :1])
        logits, location, raw = self.networks[t](earlier).float().split(self.mixtures, -1)
        middle, half = (_NARROWEST + _WIDEST) / 2, (_WIDEST - _NARROWEST) / 2
        return logits.log_softmax(-1), location, middle + half * torch.tanh((raw - middle) / half)

    def log_prob(self, totals: Tensor) -> Tensor:
        """Log density of totals (B, T) in GeV^-1 (or per pixel) each; (B,) nats."""
        slope = (self.deviation.log() + totals.log1p()).sum(1)
        return self.log_prob_standardised(self.standardised(totals)) - slope

    def log_prob_standardised(self, y: Tensor) -> Tensor:
        """Log density of standardised totals (B, T), any real numbers; (B,) nats."""
        log_density = y.new_zeros(len(y))
        for t in range(self.count):
            log_weight, location, log_s = self._components(y, t)
            z = (y[:, t, None] - location) * (-log_s).exp()
            component = -z - 2 * F.softplus(-z) - log_s
            log_density = log_density + torch.logsumexp(log_weight + component, -1)
        return log_density

    def sample(self, uniforms: Tensor) -> Tensor:
        """Totals (B, T) from uniforms (2, B, T)."""
        return self.from_standardised(self._sample_standardised(uniforms))

    def _sample_standardised(self, uniforms: Tensor) -> Tensor:
        y = torch.zeros_like(uniforms[0])
        for t in range(self.count):
            log_weight, location, log_s = self._components(y, t)
            chosen = choose_component(log_weight, uniforms[0, :, t])
            location, log_s = location.gather(-1, chosen)[:, 0], log_s.gather(-1, chosen)[:, 0]
            y[:, t] = location + log_s.exp() * torch.logit(uniforms[1, :, t])
        return y

    def from_standardised(self, y: Tensor) -> Tensor:
        """The totals (B, T), GeV or pixels, that stand for any real numbers y: never below zero."""
        return (y * self.deviation + self.mean).expm1().clamp(min=0)

    def propose(self, totals: Tensor, uniforms: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised totals near those of images, and the log of the density of the proposal.

        Laplace, as wide as the noise with which the pixels are given the totals: given an image,
        they have just that distribution in training. Without noise a hundredth of 1 + s. A quarter
        is drawn from p(s) instead, so that no importance weight is above four times p(x | s).

        Args:
            totals: of the images, (B, T).
            uniforms: (B, 1 + 3 T) in (0, 1).

        Returns:
            (B, T), and (B,) nats.
        """
        choice, near, *wide = uniforms.split([1, *[self.count] * 3], 1)
        relative = (self.noise_scale / (1 + totals)).clamp(min=_NARROWEST_PROPOSAL)
        middle, scale = self.standardised(totals), relative / self.deviation
        u = near - 0.5
        laplace = middle - scale * u.sign() * torch.log1p(-2 * u.abs())
        y = torch.where(choice < _WIDE, self._sample_standardised(torch.stack(wide)), laplace)
        log_near = -((y - middle).abs() / scale + (2 * scale).log()).sum(1)
        log_wide = self.log_prob_standardised(y)
        return y, torch.logaddexp(log_near + math.log(1 - _WIDE), log_wide + math.log(_WIDE))
