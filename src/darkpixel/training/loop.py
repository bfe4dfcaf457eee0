"""The training loop of every model: resumable at any step, reproducible, stopped by bad numbers.

A training run that is interrupted (SIGTERM, SIGINT, kill -9, a lost node) and started again with
the same arguments goes on from its last checkpoint and ends with the weights of an uninterrupted
one: bit for bit on a CPU with the same number of threads, to rounding elsewhere. For that,
everything random is a function of the seed: the order of images of (seed, epoch), dropout and
noise of torch's global generator, whose state is part of the checkpoint.
"""

import logging
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, get_total_norm
from tqdm import tqdm

from darkpixel.config.data import Symmetries
from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Trainable
from darkpixel.models.device import choose_device, uses_bfloat16
from darkpixel.models.folder import save_weights
from darkpixel.training.checkpoints import CheckpointFolder
from darkpixel.training.explosion import warn_of_explosion
from darkpixel.training.feed import ImageBatches
from darkpixel.training.history import Row, best_epoch
from darkpixel.training.optimisation import learning_rate, network_of
from darkpixel.training.output import write_model
from darkpixel.training.signals import StopRequest, StopRequested, noted_signals
from darkpixel.training.state import TrainingState

logger = logging.getLogger(__name__)

_GPU_CHECK_STEPS = 50  # each check waits for the GPU to finish what it has queued

Monitor = Callable[[Trainable, int], Mapping[str, float]]
"""Further measures of a model after an epoch (counted from 1): name to value."""


def train(
    model: Trainable,
    train_file: str | Path,
    validation_file: str | Path,
    settings: Training,
    *,
    seed: int,
    checkpoint_dir: str | Path,
    digest: str,
    output_dir: str | Path,
    monitor: Monitor | None = None,
    monitor_every: int = 1,
    symmetries: Symmetries = "none",
    provenance: Mapping[str, Any] | None = None,
    progress: bool | None = None,
) -> None:
    """Train `model` and write its folder: weights, `config.yaml`, `history.csv`, snapshots.

    Call `torch.set_num_threads` before; the number of threads is the caller's to choose.

    Args:
        model: from `build_model`, with weights drawn from the seed.
        train_file, validation_file: image files of the model's image size.
        settings: the training settings.
        seed: of the order of images and of all noise in training; torch's generator is seeded.
        checkpoint_dir: folder for the state of this training run; removed when the model is
            written.
        digest: of the inputs, the configuration and the code: a state with another digest is not
            resumed.
        output_dir: the model's folder.
        monitor: called after every `monitor_every` epochs and after the last, with the model in
            evaluation mode and averaged weights; its noise does not touch that of the training.
        symmetries: by which training images are turned at random, a name of
            `darkpixel.training.symmetries.SYMMETRIES`; those of validation are not.
        provenance: further entries of `config.yaml`, plain values (dataset, label, ...).
        progress: show a progress bar; None: if standard error is a terminal. Without it, one
            line per epoch is logged.

    Raises:
        DarkpixelError: the files do not fit the model, a loss is not finite, or another
            process trains in `checkpoint_dir`.
        SystemExit: stopped by SIGTERM or SIGINT, with status 128 + signal; the checkpoint is
            written.
    """
    device = choose_device(settings.device)

    def feed(path: str | Path, **options: Any) -> ImageBatches:
        return ImageBatches(
            path,
            settings.batch_size,
            device=device,
            memory_mb=settings.memory_mb,
            seed=seed,
            columns=model.columns,
            **options,
        )

    with (
        _without_denormals(),
        CheckpointFolder(checkpoint_dir, digest) as checkpoints,
        feed(train_file, epoch_images=settings.epoch_images, symmetries=symmetries) as batches,
        feed(validation_file) as validation,
    ):
        for images in (batches, validation):
            if (images.height, images.width) != model.input_size:
                raise DarkpixelError(
                    f"{images.path}: images of {images.height}x{images.width} pixels, the model "
                    f"is built for {model.input_size[0]}x{model.input_size[1]}."
                )
            model.examine(images.in_order(), images.path)
        state = TrainingState(model, batches, validation, settings, seed, device, checkpoints)
        if state.updates:
            logger.info("resumed at epoch %d, step %d", state.epoch + 1, state.step)
        with noted_signals() as stop, _progress_bar(state, batches.epoch_images, progress) as bar:
            loop = _Loop(state, batches, validation, stop, bar)
            try:
                while not loop.finished:
                    loop.train_epoch()
                    loop.end_epoch(loop.validate(monitor, monitor_every))
            except StopRequested as request:
                state.save()
                where = f"epoch {state.epoch + 1}, step {state.step}"
                logger.warning("stopped by %s at %s; start again to go on.", request.name, where)
                raise SystemExit(128 + request.number) from None
        entries = {**(provenance or {}), "seed": seed, "digest": digest}
        checkpoints.check_held()
        write_model(state, Path(output_dir), entries)
        checkpoints.remove()


@contextmanager
def _without_denormals() -> Iterator[None]:
    """Activations near zero become denormal numbers, which are 10-100 times slower on a CPU.

    The processor's mode is the whole process's, and the caller's own arithmetic may want them.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


class _Loop:
    """Epochs over one training state: steps, validation, the row of the history."""

    def __init__(
        self,
        state: TrainingState,
        batches: ImageBatches,
        validation: ImageBatches,
        stop: StopRequest,
        bar: "tqdm[Any] | None",
    ) -> None:
        self.state = state
        self.model = state.model
        self.settings = state.settings
        self.batches = batches
        self.validation = validation
        self.stop = stop
        self.bar = bar
        self.on_cpu = state.device.type == "cpu"
        self.loss = torch.compile(self.model.loss) if self.settings.compile else self.model.loss
        self.bfloat16 = uses_bfloat16(self.settings.precision, state.device)

    @property
    def finished(self) -> bool:
        """All epochs are done, or the validation loss has stopped falling."""
        patience, history = self.settings.early_stopping, self.state.history
        if self.state.epoch >= self.settings.epochs:
            return True
        if patience is None or self.state.epoch < max(self.settings.snapshots, default=1):
            return False
        return self.state.epoch - best_epoch(history) >= patience

    def autocast(self) -> AbstractContextManager[Any]:
        if self.bfloat16:
            return torch.autocast(self.state.device.type, torch.bfloat16)
        return nullcontext()

    def train_epoch(self) -> None:
        """The remaining steps of the epoch."""
        state = self.state
        self.model.train()
        clock = time.monotonic()
        for images, columns in self.batches.epoch(state.epoch, state.step):
            self.update(images, columns)
            state.step += 1
            state.seen += len(images)
            if state.start is None:
                state.start = self.means()
            if self.on_cpu or state.step % _GPU_CHECK_STEPS == 0 or state.step == state.steps:
                state.check_finite()
                self.show_progress()
            state.seconds += time.monotonic() - clock
            self.stop.check()
            state.save_if_due(self.settings.checkpoint_seconds)
            clock = time.monotonic()

    def update(self, images: Tensor, columns: dict[str, Tensor]) -> None:
        """One step of every phase on one batch."""
        state = self.state
        rate = state.rate
        for phase in self.model.phases:
            network = network_of(phase)
            optimiser = state.optimisers[network]
            optimiser.zero_grad(set_to_none=True)
            with self.autocast():
                loss = self.loss(images, phase, **columns)
            torch.autograd.backward(loss)
            parameters = [p for group in optimiser.param_groups for p in group["params"]]
            if self.settings.gradient_clip is None:
                norm = get_total_norm([p.grad for p in parameters if p.grad is not None])
            else:
                norm = clip_grad_norm_(parameters, self.settings.gradient_clip)
            state.sums[f"loss_{network}"] += loss.detach() * len(images)
            state.sums["gradient_norm"] += norm
            if self.on_cpu:  # where looking costs nothing; the weights stay finite
                state.check_finite()
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
        if state.average is not None:
            state.average.update(state.updates + 1)

    def means(self) -> Row:
        """Of the steps of this epoch: loss, that of each network, and gradient norm."""
        state, networks = self.state, [network_of(phase) for phase in self.model.phases]
        losses = {
            network: state.sums[f"loss_{network}"].item() / (state.seen * networks.count(network))
            for network in state.optimisers
        }
        return {
            "train_loss": sum(losses.values()),
            **{f"train_loss_{network}": loss for network, loss in losses.items()},
            "gradient_norm": state.sums["gradient_norm"].item() / (state.step * len(networks)),
        }

    @torch.no_grad()
    def validate(self, monitor: Monitor | None, monitor_every: int) -> dict[str, float]:
        """Validation loss and the monitor's measures; keeps the best weights and snapshots."""
        state = self.state
        epoch = state.epoch + 1
        with state.evaluation():
            total = torch.zeros_like(state.sums["gradient_norm"])
            for images, columns in self.validation.in_order():
                with self.autocast():
                    total += self.model.validation_loss(images, **columns) * len(images)
                self.stop.check()
            loss = total.item() / self.validation.images
            if not math.isfinite(loss):
                state.fail("validation loss")
            measures = {"validation_loss": loss}
            if monitor and (epoch % monitor_every == 0 or epoch == self.settings.epochs):
                values = monitor(self.model, epoch)
                measures |= {name: float(value) for name, value in values.items()}
                self.stop.check()
            before = min((row["validation_loss"] for row in state.history), default=math.inf)
            if self.settings.keep == "best" and loss < before:
                weights = self.model.state_dict()
                state.best = {k: v.detach().to("cpu", copy=True) for k, v in weights.items()}
            if epoch in self.settings.snapshots:
                save_weights(self.model.state_dict(), state.checkpoints.snapshot(epoch))
        return measures

    def end_epoch(self, measures: Mapping[str, float]) -> None:
        """Write the epoch's row of the history and save."""
        state, means = self.state, self.means()
        losses = {name: mean for name, mean in means.items() if name.startswith("train_loss_")}
        row: Row = {
            "epoch": state.epoch + 1,
            "step": state.updates,
            "train_loss": means["train_loss"],
            "validation_loss": measures["validation_loss"],
            "learning_rate": learning_rate(self.settings, state.updates - 1, state.steps),
            "gradient_norm": means["gradient_norm"],
            "images_per_second": state.seen / max(state.seconds, 1e-9),
            "seconds": state.seconds,
        }
        if len(losses) > 1:
            row |= losses
        row |= measures
        if self.bar is None:
            logger.info(", ".join(f"{name} {value:.6g}" for name, value in row.items()))
        if state.start is not None:
            warn_of_explosion(self.model.settings["model"], state.start, row)
        state.end_epoch(row)
        state.save_if_due(0.0)

    def show_progress(self) -> None:
        if self.bar is None:
            return
        state = self.state
        total = sum(state.sums[f"loss_{network}"].item() for network in state.optimisers)
        loss = total / state.seen
        text = f"epoch {state.epoch + 1}/{self.settings.epochs}, loss {loss:.5g}"
        self.bar.set_description(text, refresh=False)
        self.bar.update(state.epoch * self.batches.epoch_images + state.seen - self.bar.n)


def _progress_bar(
    state: TrainingState, images: int, wanted: bool | None
) -> "AbstractContextManager[tqdm[Any] | None]":
    """Images done in all epochs and images/s, on standard error."""
    if not (sys.stderr.isatty() if wanted is None else wanted):
        return nullcontext()
    bar: AbstractContextManager[tqdm[Any]] = tqdm(
        total=state.settings.epochs * images,
        initial=state.epoch * images + state.seen,
        unit=" images",
        unit_scale=True,
    )
    return bar
