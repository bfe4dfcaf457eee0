"""Lower bounds of the likelihood of models with latent variables, by importance weights.

The mean of K unbiased estimates of a density is an unbiased estimate too, and the mean of its
logarithm is a lower bound of the log-density that rises with K and ends at it (Burda et al. 2016,
arXiv:1509.00519, theorem 1).
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from darkpixel.models.base import GenerativeModel


class Bound(NamedTuple):
    """Lower bounds of the log-density of B images, nats."""

    whole: Tensor
    """(B,), from all K estimates."""
    half: Tensor
    """(B,), from half of them: the mean of the bounds of either half. How far it lies below `whole`
    says how far that may lie below the log-density."""


def log_mean_exp(logs: Tensor) -> Tensor:
    """Logarithm of the mean over the first axis, (K, ...) -> (...)."""
    return torch.logsumexp(logs, 0) - math.log(len(logs))


def importance_bound(
    model: GenerativeModel, images: Tensor, draws: int, *, generator: torch.Generator
) -> Bound | None:
    """The bound of images (B, H, W); None where a model has no estimates of its density.

    Args:
        model: in evaluation mode.
        images: on the model's device.
        draws: K, at least 2; of an odd number the last one is in no half.
        generator: of the estimates.
    """
    logs = model.density_estimates(images, draws, generator=generator)
    if logs is None:
        return None
    logs = logs.double()
    halves = logs[: draws // 2], logs[draws // 2 : draws // 2 * 2]
    half = torch.stack([log_mean_exp(part) for part in halves]).mean(0)
    return Bound(log_mean_exp(logs), half)
