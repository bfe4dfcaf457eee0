"""Parts of the training step: learning rate, optimisers, and the average of the weights."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from darkpixel.config.training import Training
from darkpixel.models.base import Trainable


def learning_rate(settings: Training, update: int, updates_per_epoch: int) -> float:
    """The learning rate of an update, counted from 0 through all epochs.

    `halve` halves it every `halve_every` epochs (SARM section 8.6); `cosine` falls to 0 at the
    end of the last epoch. Warm-up multiplies either by a linear rise from 1 / `warmup_steps`.
    """
    rate = settings.learning_rate
    if settings.schedule == "halve":
        rate *= 0.5 ** (update // updates_per_epoch // settings.halve_every)
    elif settings.schedule == "cosine":
        done = update / (settings.epochs * updates_per_epoch)
        rate *= 0.5 * (1 + math.cos(math.pi * done))
    if update < settings.warmup_steps:
        rate *= (update + 1) / settings.warmup_steps
    return rate


def network_of(phase: str) -> str:
    """The name by which a phase has its optimiser: what stands before the colon."""
    return phase.partition(":")[0]


def build_optimisers(
    model: Trainable, settings: Training, device: torch.device
) -> dict[str, torch.optim.Optimizer]:
    """One optimiser for each network that the phases name: Adam, or AdamW with `weight_decay`.

    The decay moves matrices only: a decaying bias or scale shifts what the model predicts.
    """
    optimisers: dict[str, torch.optim.Optimizer] = {}
    for network in dict.fromkeys(map(network_of, model.phases)):
        parameters = [p for p in model.phase_parameters(network) if p.requires_grad]
        # The fused kernels do the whole update in one pass over memory.
        fused = device.type in ("cpu", "cuda") and all(p.is_floating_point() for p in parameters)
        if settings.weight_decay == 0:
            optimisers[network] = torch.optim.Adam(
                parameters, settings.learning_rate, betas=settings.adam_betas, fused=fused
            )
        else:
            groups = [
                {
                    "params": [p for p in parameters if p.ndim >= 2],
                    "weight_decay": settings.weight_decay,
                },
                {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
            ]
            optimisers[network] = torch.optim.AdamW(
                groups, settings.learning_rate, betas=settings.adam_betas, fused=fused
            )
    return optimisers


class WeightAverage:
    """An exponential average of a model's parameters; buffers are taken as they are.

    The decay after update t is min(decay, (1 + t) / (10 + t)), so that the average leaves the
    initial weights quickly whatever the decay.

    Args:
        model: its parameters, already on their device.
        decay: weight of the past in one update, in (0, 1).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.parameters: list[Tensor] = list(model.parameters())
        self.average: list[Tensor] = [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def update(self, t: int) -> None:
        """Take in the parameters after update `t` (counted from 1)."""
        decay = min(self.decay, (1 + t) / (10 + t))
        torch._foreach_lerp_(self.average, self.parameters, 1 - decay)

    @torch.no_grad()
    def load(self, average: list[Tensor]) -> None:
        for mine, saved in zip(self.average, average, strict=True):
            mine.copy_(saved)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Within the block the model's parameters hold the average."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    @torch.no_grad()
    def _exchange(self) -> None:
        for parameter, average in zip(self.parameters, self.average, strict=True):
            held = parameter.detach().clone()  # values are copied: compiled code keeps addresses
            parameter.copy_(average)
            average.copy_(held)
