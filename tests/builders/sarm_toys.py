"""Small SARMs and images for the tests of the model and its samplers."""

from typing import Any

import torch
from torch import Tensor
from typed_models import build

from darkpixel.models.sarm.discrete import Discrete
from darkpixel.models.sarm.model import SARM
from darkpixel.models.sarm.stage import Stage


def toy_images(n: int, side: int, seed: int = 0) -> Tensor:
    """Sparse images with a bright centre, (n, side, side), GeV."""
    generator = torch.Generator().manual_seed(seed)
    steps = torch.arange(side) - (side - 1) / 2
    distance = (steps[:, None] ** 2 + steps**2).sqrt()
    values = torch.empty(n, side, side).exponential_(1.0, generator=generator)
    present = torch.rand(n, side, side, generator=generator) < 0.95 * torch.exp(-distance / 4)
    return present * values * 30 * torch.exp(-distance / 2)


def make_sarm(side: int, seed: int = 0, noise: float = 0.1, **settings: Any) -> SARM:
    """A model fitted to toy images, with noise on all its weights, masked places included."""
    torch.manual_seed(seed)
    model = build(SARM, {"model": "sarm", **settings}, (side, side))
    model.fit_to_data(lambda: iter([toy_images(200, side)]))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(noise * torch.randn_like(parameter))
    return model.eval()


def discrete(stage: Stage) -> Discrete:
    """The likelihood of a stage of a D+D model."""
    assert isinstance(stage.likelihood, Discrete)
    return stage.likelihood


VARIANTS: list[dict[str, Any]] = [
    {},
    {"centres": []},
    {"centres": [2, 4]},
    {"centres": [1], "centre_first": False},
    {"order": "spiral_in"},
    {"order": "row", "centres": []},
    {"order": "column"},
    {"order": "random", "order_seed": 3},
    {"units": 5},
    {"units": 5, "context_units": 3, "inputs": "value"},
    {"units": 90, "blocks": 1},
    {"likelihood": "truncated_logistic"},
    {"likelihood": "truncated_logistic", "truncate_above": True, "units": 7},
    {"likelihood": "exponential"},
    {"likelihood": "gamma"},
    {"residual": True},
    {"residual": True, "layers": 1, "activation": "tanh"},
    {"activation": "sigmoid"},
    {"inputs": "value", "power": 1.0},
    {"sums": True},
    {"sums": True, "centres": [], "units": 5, "layers": 1},
    {"sums": True, "shared_units": 6},
    {"totals": True},
    {"sums": True, "totals": True, "residual": True, "context_units": 4, "total_noise": 2.0},
    {
        "sums": True,
        "totals": True,
        "total_observables": ["nonzero", "energy", "pt", "mass"],
        "likelihood": "truncated_logistic",
        "centres": [2, 4],
        "shared_units": 3,
    },
]


def variant_name(settings: dict[str, Any]) -> str:
    return "-".join(f"{key}={value}" for key, value in settings.items()) or "default"
