"""How many epochs fit into a number of seconds, from a short calibration."""

import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from darkpixel.config.training import Training
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.base import Trainable
from darkpixel.training.history import HISTORY
from darkpixel.training.loop import train

EPOCHS = 20
"""Epochs that a budget is cut into where all training images take longer."""
_SPARE = 0.95  # of the budget: a rate that was measured in seconds is not that of minutes
_CALIBRATION_EPOCHS = 3  # the first is a warm-up


class Cost(NamedTuple):
    """Seconds that a training takes."""

    start: float
    """More in the first epoch than in others: compilation, first launches."""
    step: float
    epoch: float
    """Of an epoch beside its steps: validation, bookkeeping."""
    reading: float
    """Of an image into memory."""


def calibrate(
    model: Trainable,
    train_file: Path,
    validation_file: Path,
    settings: dict[str, Any],
    steps: int,
    work: Path,
) -> Cost:
    """Train for about `steps` steps and throw the result away.

    Args:
        model: untrained; afterwards it has other weights and is on the device.
        train_file: any images like the training's; with fewer than a batch the steps are too
            short, and so is their time.
        settings: keys of `Training`.
    """
    batch = Training(**settings).batch_size
    began = time.monotonic()
    with ImageFile(train_file) as file:
        images = len(file)
        file.read()
    reading = (time.monotonic() - began) / images
    each = max(1, min(images // batch, -(-steps // _CALIBRATION_EPOCHS)))
    epochs = max(_CALIBRATION_EPOCHS, -(-steps // each))
    ends: list[float] = []

    def monitor(model: Trainable, epoch: int) -> dict[str, float]:
        ends.append(time.monotonic())
        return {}

    def some(epochs: int, number: int) -> pd.DataFrame:
        shutil.rmtree(work, ignore_errors=True)
        model.cpu()  # where it is fitted to data
        training = Training(
            **{
                **settings, "epochs": epochs, "epoch_images": min(images, number * batch),
                "snapshots": [], "early_stopping": None, "keep": "last",
            }
        )  # fmt: skip
        train(
            model, train_file, validation_file, training, seed=0, monitor=monitor, progress=False,
            checkpoint_dir=work / "checkpoints", digest="calibration", output_dir=work / "model",
        )  # fmt: skip
        return pd.read_csv(work / "model" / HISTORY)

    try:
        some(1, 1)  # what a process does once is not the training's to pay
        ends.clear()
        began = time.monotonic()
        history = some(epochs, each)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    warm = history.iloc[1:]
    step = float(warm["seconds"].median()) / each
    whole = (ends[-1] - ends[0]) / (len(ends) - 1)
    return Cost(max(0.0, ends[0] - began - whole), step, max(0.0, whole - each * step), reading)


def epochs_in(
    seconds: float, cost: Cost, images: int, settings: dict[str, Any], epochs: int = EPOCHS
) -> dict[str, Any]:
    """The settings with `epochs` and `epoch_images` that end after `seconds`.

    All images an epoch if `epochs` of them fit, else as many as do.
    """
    batch = Training(**settings).batch_size
    usable = max(0.0, _SPARE * seconds - cost.start - cost.reading * images)
    all_steps = -(-images // batch)
    steps = int((usable / epochs - cost.epoch) / cost.step)
    if steps >= all_steps:
        chosen = max(1, int(usable / (all_steps * cost.step + cost.epoch)))
        return {**settings, "epochs": chosen, "epoch_images": None}
    steps = max(1, steps)
    chosen = max(1, int(usable / (steps * cost.step + cost.epoch)))
    return {**settings, "epochs": chosen, "epoch_images": min(images, steps * batch)}
