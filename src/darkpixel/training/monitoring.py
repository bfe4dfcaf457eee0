"""What is measured after the epochs of a training run, found by the monitor's name."""

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from darkpixel.config.training import Training
from darkpixel.training.loop import Monitor

_MONITORS = "darkpixel.training.monitors"


class Monitoring(NamedTuple):
    """What is measured, and how often."""

    monitor: Monitor | None
    every: int
    """Epochs from one measurement to the next."""


def find_monitoring(
    name: str | None, train: str | Path, validation: str | Path, training: Training, seed: int
) -> Monitoring:
    """What the monitor of that name measures in a training run; nothing without a name.

    By name, since a monitor may know the model that it looks at, and other models' training runs
    do not depend on it.

    Args:
        name: of a module in `darkpixel.training.monitors`, which has a function `monitoring`.
        train, validation: image files of the training run.
        training: its settings.
        seed: its seed.
    """
    if name is None:
        return Monitoring(None, training.monitor_every or 1)
    module = import_module(f"{_MONITORS}.{name}")
    found: Monitoring = module.monitoring(train, validation, training, seed)
    return found
