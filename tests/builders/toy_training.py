"""A small model with everything that makes resuming hard, and a program that trains it.

As a program it serves trainings on request, each in a child process of its own, so that torch
is imported once: a line with a folder and the seconds between checkpoints on standard input
starts one; the answers are `pid N`, `training` at the child's first step, and `ended STATUS`.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from darkpixel.config.training import Training
from darkpixel.models.base import Batches, GenerativeModel
from darkpixel.training.loop import train

SIDE = 4
QUICK = Training(epochs=3, batch_size=16, learning_rate=1e-2, device="cpu")
EPOCHS = 8
SETTINGS = Training(
    epochs=EPOCHS,
    batch_size=16,
    learning_rate=1e-2,
    schedule="cosine",
    warmup_steps=5,
    average=0.9,
    weight_decay=1e-2,
    snapshots=[2, EPOCHS],
    device="cpu",
)


class ToyModel(GenerativeModel):
    """A normal density of log(1 + x), its mean a small network of a constant, with dropout."""

    def __init__(self, pause: float = 0.0) -> None:
        super().__init__()
        self.pause = pause
        self.hidden = nn.Linear(3, 32)
        self.norm = nn.BatchNorm1d(SIDE * SIDE)  # running means: buffers that training moves
        self.dropout = nn.Dropout(0.3)
        self.out = nn.Linear(32, SIDE * SIDE)
        self.register_buffer("scale", torch.ones(()))
        self.scale: Tensor
        self.settings = {"model": "toy"}
        self.image_size = (SIDE, SIDE)

    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        self.scale = torch.cat([b.flatten(1) for b in batches()]).std()

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        time.sleep(self.pause)
        hidden = torch.tanh(self.hidden(torch.ones(len(images), 3)))
        mean = self.out(self.dropout(hidden))
        values = self.norm(torch.log1p(images.flatten(1) / self.scale))
        squares: Tensor = (values - mean) ** 2
        return 0.5 * squares.sum(1).mean()

    def sample(self, n: int, *, generator: torch.Generator, **options: object) -> Tensor:
        return torch.rand((n, *self.image_size), generator=generator)


def write_toy_images(
    path: Path, images: int, seed: int = 0, side: int = SIDE, **columns: ArrayLike
) -> Path:
    """Sparse random images as a user's own file would hold them, in chunks of 7."""
    rng = np.random.default_rng(seed)
    values = rng.exponential(5.0, (images, side, side)) * (rng.random((images, side, side)) < 0.4)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=values.astype(np.float32), chunks=(7, side, side))
        for name, column in columns.items():
            file[name] = column
    return path


def changed(**keys: Any) -> Training:
    """`QUICK` with other values."""
    return Training.model_validate({**QUICK.model_dump(), **keys})


def train_toy(
    folder: Path, settings: Training = SETTINGS, model: ToyModel | None = None, **more: Any
) -> ToyModel:
    """Train on the files of `folder`; the model goes to `folder/model`."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    keys: dict[str, Any] = {
        "seed": 3,
        "checkpoint_dir": folder / "checkpoints",
        "digest": "d1",
    }
    model = model or ToyModel()
    train(
        model,
        folder / "train.h5",
        folder / "validation.h5",
        settings,
        **{**keys, "output_dir": folder / "model", **more},
    )
    return model


def serve() -> None:
    with tempfile.TemporaryDirectory() as name:  # torch imports much of itself on first use
        folder = Path(name)
        for split in ("train", "validation"):
            write_toy_images(folder / f"{split}.h5", 20)
        train_toy(folder)
    for line in sys.stdin:
        place, seconds = line.split()
        child = os.fork()
        if child == 0:
            train_in_child(Path(place), float(seconds))
        print("pid", child, flush=True)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print("ended", status, flush=True)


class SlowModel(ToyModel):
    """Slow enough to be interrupted; says when its training begins."""

    told = False

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        if self.training and not self.told:
            self.told = True
            print("training", flush=True)
        return super().loss(images, phase, **columns)


def train_in_child(folder: Path, seconds: float) -> None:
    """Train, and end the process."""
    torch.manual_seed(1)
    model = SlowModel(pause=0.004)
    settings = SETTINGS.model_copy(update={"checkpoint_seconds": seconds})
    status = 1
    try:
        train_toy(folder, settings, model)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
