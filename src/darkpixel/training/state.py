"""The state of a training run: what a checkpoint holds, and how it is saved and restored."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Trainable
from darkpixel.models.folder import load_state
from darkpixel.training.checkpoints import CheckpointFolder
from darkpixel.training.feed import ImageBatches
from darkpixel.training.history import Row
from darkpixel.training.optimisation import WeightAverage, build_optimisers, learning_rate

_CHECKPOINT_SHARE = 0.05  # of the time, at most, goes into writing checkpoints


@contextmanager
def _saved_by_such_a_run(path: Path) -> Iterator[None]:
    """One line for a state whose bytes are whole, but which is not what `TrainingState` saves."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise DarkpixelError(
            f"{path}: not a state of this training run ({type(error).__name__}); "
            "remove the file to start afresh."
        ) from error


class TrainingState:
    """Model, optimisers, position and sums of one training run.

    On construction everything is taken from the checkpoint, if there is one; otherwise the model
    is fitted to the data. The model is then on the device.

    Args:
        model: with its initial weights, on the CPU.
        batches: the training images.
        validation: the validation images.
        settings: of the training run.
        seed: of torch's generator.
        device: where to train.
        checkpoints: the folder of this run's checkpoint, held by this process.

    Attributes:
        epoch: epochs done, validation and all.
        step: steps done in the next epoch.
        seen: images seen in those steps.
        seconds: time spent on them.
        sums: sums over those steps, on the device: loss times images by network, gradient norm.
        history: a row for every epoch done.
        best: weights and buffers with the smallest validation loss, if these are to be kept.
        start: loss and gradient norm of the first step of all; None before it.
    """

    def __init__(
        self,
        model: Trainable,
        batches: ImageBatches,
        validation: ImageBatches,
        settings: Training,
        seed: int,
        device: torch.device,
        checkpoints: CheckpointFolder,
    ) -> None:
        self.model = model
        self.settings = settings
        self.seed = seed
        self.device = device
        self.checkpoints = checkpoints
        self.steps = batches.steps_per_epoch
        self.epoch = 0
        self.step = 0
        self.seen = 0
        self.seconds = 0.0
        self.history: list[Row] = []
        self.best: dict[str, Tensor] | None = None
        self.start: Row | None = None

        torch.manual_seed(seed)
        saved = checkpoints.load()
        if saved is None:
            model.fit_to_columns(batches.whole_columns())
            model.fit_to_data(batches.images_in_order, validation.images_in_order)
        else:
            with _saved_by_such_a_run(checkpoints.state_path):
                load_state(model, saved["model"], checkpoints.state_path)
        model.to(device)
        self.optimisers = build_optimisers(model, settings, device)
        self.average: WeightAverage | None = None
        if settings.average is not None:
            self.average = WeightAverage(model, settings.average)
        kind = torch.float32 if device.type == "mps" else torch.float64
        names = [*(f"loss_{network}" for network in self.optimisers), "gradient_norm"]
        self.sums = {name: torch.zeros((), dtype=kind, device=device) for name in names}
        if saved is not None:
            with _saved_by_such_a_run(checkpoints.state_path):
                self._restore(saved)

    def _restore(self, saved: dict[str, Any]) -> None:
        self.epoch, self.step, self.seen = (int(saved[name]) for name in ("epoch", "step", "seen"))
        self.seconds = float(saved["seconds"])
        self.history, self.best = saved["history"], saved["best"]
        self.start = saved["start"]
        for network, optimiser in self.optimisers.items():
            optimiser.load_state_dict(saved["optimisers"][network])
        if self.average is not None:
            self.average.load(saved["average"])
        for name, total in self.sums.items():
            total.copy_(saved["sums"][name])
        torch.set_rng_state(saved["noise"]["cpu"])
        if self.device.type != "cpu" and self.device.type in saved["noise"]:
            torch.get_device_module(self.device).set_rng_state(saved["noise"][self.device.type])

    def save(self) -> None:
        """Write a checkpoint, but never one that holds weights that are not finite."""
        self.check_finite()
        if not all(bool(p.isfinite().all()) for p in self.model.parameters()):
            self.fail("a weight")
        noise = {"cpu": torch.get_rng_state()}
        if self.device.type != "cpu":
            noise[self.device.type] = torch.get_device_module(self.device).get_rng_state()
        self.checkpoints.save(
            {
                "epoch": self.epoch,
                "step": self.step,
                "seen": self.seen,
                "seconds": self.seconds,
                "history": self.history,
                "best": self.best,
                "start": self.start,
                "model": self.model.state_dict(),
                "optimisers": {k: o.state_dict() for k, o in self.optimisers.items()},
                "average": None if self.average is None else self.average.average,
                "sums": self.sums,
                "noise": noise,
            }
        )

    def save_if_due(self, interval: float) -> None:
        """Save when the last checkpoint is `interval` seconds old, and writing one is cheap.

        With `checkpoint_seconds: 0` every call saves.
        """
        if self.settings.checkpoint_seconds > 0:
            interval = max(interval, self.checkpoints.write_seconds / _CHECKPOINT_SHARE)
            if time.monotonic() - self.checkpoints.last_write < interval:
                return
        self.save()

    @property
    def updates(self) -> int:
        """Steps done in all epochs."""
        return self.epoch * self.steps + self.step

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return learning_rate(self.settings, self.updates, self.steps)

    def end_epoch(self, row: Row) -> None:
        """Keep the row of the history and go to the next epoch."""
        self.history.append(row)
        self.epoch, self.step, self.seen, self.seconds = self.epoch + 1, 0, 0, 0.0
        for total in self.sums.values():
            total.zero_()

    def check_finite(self) -> None:
        """Stop when a loss or gradient of this epoch was not finite: its sum never is again.

        Raises:
            DarkpixelError: see `fail`.
        """
        for name, total in self.sums.items():
            if not math.isfinite(total.item()):
                self.fail(name.replace("_", " "))

    def fail(self, what: str) -> None:
        """Stop with one line: where training broke, what is left, and what to try.

        Raises:
            DarkpixelError: always.
        """
        path = self.checkpoints.state_path
        name = self.model.settings["model"]
        kept = f"the last good state is {path}" if path.exists() else "there is no checkpoint yet"
        raise DarkpixelError(
            f"model {name}: training stopped: {what} is not finite at epoch {self.epoch + 1}, "
            f"step {self.step} (learning rate {self.rate:.3g}); {kept}. Try a smaller "
            "learning_rate or gradient_clip, more warmup_steps, or precision: float32."
        )

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """Within the block: evaluation mode, averaged weights, noise of its own.

        The noise is a function of (seed, epoch), and that of the training is not touched, so an
        evaluation can be stopped and repeated, or left out, without effect on the weights.
        """
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), self._averaged():
            torch.manual_seed(self.seed * 1_000_003 + self.epoch + 1)
            self.model.eval()
            yield

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        if self.average is None:
            yield
        else:
            with self.average.in_use():
                yield
