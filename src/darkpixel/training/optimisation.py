"""Learning rate, optimisers, and the exponential average of the weights."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from darkpixel.config.training import Training
from darkpixel.models.base import Trainable


def learning_rate(settings: Training, update: int, updates_per_epoch: int) -> float:
    """The learning rate of an update.

    Args:
        settings: of the training run.
        update: counted from 0 through all epochs.
        updates_per_epoch: updates in one epoch.

    `halve` halves it every `halve_every` epochs (SARM section 8.6); `cosine` falls to 0 at the
    end of the last epoch. Warm-up multiplies either by a linear rise from 1 / `warmup_steps`.
    """
    # By hand because torch's schedulers multiply the last rate and so round anew at every update;
    # this is a function of the update alone, and a resumed run needs no state for it.
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
    """The network whose optimiser a phase uses: the part of its name before the colon."""
    return phase.partition(":")[0]


def build_optimisers(
    model: Trainable, settings: Training, device: torch.device
) -> dict[str, torch.optim.Optimizer]:
    """One optimiser for each network that the phases name: Adam, or AdamW with `weight_decay`.

    Weight decay acts on matrices only: a bias or scale that decays shifts what the model predicts.

    Args:
        model: on its device already.
        settings: of the training run.
        device: where the model is.

    Returns:
        Name of the network (see `network_of`) to its optimiser.
    """
    optimisers: dict[str, torch.optim.Optimizer] = {}
    for network in dict.fromkeys(map(network_of, model.phases)):
        parameters = [p for p in model.phase_parameters(network) if p.requires_grad]
        # One pass over memory. torch does not choose this by itself, and its other ways round
        # differently: on a CPU, too, the choice is part of the results.
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

    By hand, around torch's own step, because `AveragedModel` copies the buffers at every update
    and walks through both models: the same bits, 3 to 25 times slower (docs/dependencies.md).

    Args:
        model: its parameters, already on their device.
        decay: weight of the past in one update, in (0, 1).

    Attributes:
        average: the averaged parameters, in the order of `model.parameters()`.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.parameters: list[Tensor] = list(model.parameters())
        self.average: list[Tensor] = [p.detach().clone() for p in self.parameters]

    def update(self, t: int) -> None:
        """Take in the parameters after update `t` (counted from 1)."""
        step = get_ema_multi_avg_fn(min(self.decay, (1 + t) / (10 + t)))
        step(self.average, self.parameters, t)

    @torch.no_grad()
    def load(self, saved: list[Tensor]) -> None:
        """Take the average from a checkpoint."""
        for average, value in zip(self.average, saved, strict=True):
            average.copy_(value)

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
            trained = parameter.detach().clone()  # copied: compiled code keeps the addresses
            parameter.copy_(average)
            average.copy_(trained)
