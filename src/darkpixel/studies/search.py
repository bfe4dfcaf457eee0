"""Hyper-parameter search (SARM section 8.6): trials of settings, compared by likelihood.

Validation losses of different grids cannot be compared: a coarser grid of pixel values has higher
probabilities. Trials are therefore compared by the density of the validation images themselves,
in bits per pixel, with the same measure for every grid (`GenerativeModel.log_density`, and
`darkpixel.studies.zero_level` for what is rounded to zero).

A study that is interrupted goes on where it was, in the middle of a trial: the trials that are
done are in the study's checkpoint, and which settings come next is a function of them and of the
seed alone.
"""

import csv
import itertools
import json
import logging
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from darkpixel.config.search import Space, Study
from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.image_file import ImageFile, ImageWriter, count_images
from darkpixel.formats.image_format import ATTRIBUTES
from darkpixel.models.base import GenerativeModel, Trainable
from darkpixel.models.build import build_model, with_image_settings
from darkpixel.models.folder import load_config
from darkpixel.studies.density import bits_per_pixel
from darkpixel.training.checkpoints import CheckpointFolder
from darkpixel.training.history import HISTORY
from darkpixel.training.loop import train

logger = logging.getLogger(__name__)

Choice = dict[str, Any]
"""One choice for each key of a space."""

_PROPOSALS = 20  # of TPE for one trial; they repeat where it is sure of itself


class Trial(NamedTuple):
    """Settings that were tried, and what came of it."""

    choice: Choice
    bits: Tensor
    """-log2 density per pixel of each validation image, (n,) float64; GeV^-1 where not zero."""
    rounded_to_zero: float
    """Share of the non-zero pixels that the grid takes to zero."""
    epochs: int
    steps: int
    """Of training, in all epochs."""
    best_epoch: int
    """Whose weights were compared."""
    parameters: int
    """Without masked ones."""
    seconds: float
    """Of training."""

    @property
    def value(self) -> float:
        """Mean bits per pixel, what the search minimises."""
        return float(self.bits.mean())


Evaluate = Callable[[Choice], Trial]


def run_study(
    space: Space, evaluate: Evaluate, *, trials: int, seed: int, folder: str | Path, digest: str
) -> list[Trial]:
    """Try settings until there are `trials`; go on from those that the folder holds.

    The folder keeps what is done: a study that is given more trials later tries only those.

    Args:
        space: choices by key.
        evaluate: tries one choice of each key.
        trials: settings to try, at most as many as there are.
        seed: of the proposals.
        folder: of this study's state; its `lock` keeps a second process out.
        digest: of everything that a trial depends on; trials of another digest are dropped.

    Raises:
        DarkpixelError: another process holds the folder, or a trial failed.
    """
    trials = min(trials, space_size(space))
    with CheckpointFolder(folder, digest) as checkpoints:
        saved = checkpoints.load()
        done = [] if saved is None else [Trial(*trial) for trial in saved["trials"]]
        if done:
            logger.info("%d of %d trials are done already", min(len(done), trials), trials)
        while len(done) < trials:
            choice = next_choice(space, done, trials=trials, seed=seed)
            trial = evaluate(choice)
            done.append(trial)
            checkpoints.save({"trials": [tuple(entry) for entry in done]})
            logger.info("trial %d: %s: %.5f bits per pixel", len(done), choice, trial.value)
    return done[:trials]


def space_size(space: Space) -> int:
    """Number of different settings."""
    return math.prod(len(choices) for choices in space.values())


def next_choice(space: Space, done: Sequence[Trial], *, trials: int, seed: int) -> Choice:
    """Settings that were not tried: the next of the grid if all are to be tried, else of TPE.

    The same settings with the same seed would give the same result, so what TPE proposes again is
    passed over; if it proposes nothing else, settings are drawn at random.

    Raises:
        DarkpixelError: all have been tried.
    """
    tried = [trial.choice for trial in done]
    if len(tried) >= space_size(space):
        raise DarkpixelError(f"search: all {len(tried)} settings of the space have been tried.")
    whole = trials >= space_size(space)
    choices = _grid(space) if whole else _proposed(space, done, seed)
    return next(choice for choice in choices if choice not in tried)


def _grid(space: Space) -> Iterator[Choice]:
    for values in itertools.product(*space.values()):
        yield dict(zip(space, values, strict=True))


def _proposed(space: Space, done: Sequence[Trial], seed: int) -> Iterator[Choice]:
    """What TPE would try next (Optuna), then random settings; a function of the arguments."""
    import optuna

    number = int(settings_digest([seed, len(done)]), 16) % 2**32
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=number))
    # Optuna stores plain values only, and a choice may be a list.
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        key: optuna.distributions.CategoricalDistribution([json.dumps(c) for c in choices])
        for key, choices in space.items()
    }
    for trial in done:
        known = {key: json.dumps(choice) for key, choice in trial.choice.items()}
        study.add_trial(
            optuna.trial.create_trial(params=known, distributions=distributions, value=trial.value)
        )
    for _ in range(_PROPOSALS):
        proposed = study.ask(distributions).params
        yield {key: json.loads(value) for key, value in proposed.items()}
    drawn = random.Random(number)
    while True:
        yield {key: drawn.choice(choices) for key, choices in space.items()}


class Trainer:
    """Trains a model on a part of the images and measures its likelihood.

    Every trial has the same images, the same seed and the same order of images: what differs
    are the settings.

    Args:
        settings: `model` and its keys, those of the space to be replaced.
        study: numbers of images and epochs.
        training: of the model's entry; its snapshots and monitor are left out, and its warm-up
            takes no more than a tenth of a trial's steps, else a short trial would end within it.
        train_file, validation_file: image files; the first images are taken.
        seed: of weights and training.
        folder: for the images taken and the state of the trial in progress.
        digest: as in `run_study`.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        study: Study,
        training: Training,
        train_file: str | Path,
        validation_file: str | Path,
        *,
        seed: int,
        folder: str | Path,
        digest: str,
    ) -> None:
        self.settings, self.study = settings, study
        self.training = training.model_copy(
            update={"epochs": study.epochs, "snapshots": [], "monitor_images": 0}
        )
        self.sources = Path(train_file), Path(validation_file)
        self.seed, self.folder, self.digest = seed, Path(folder), digest

    @cached_property
    def files(self) -> tuple[Path, Path]:
        """Training and validation images of all trials."""
        train_file, validation_file = self.sources
        return (
            first_images(train_file, self.study.images, self.folder / "train.h5"),
            first_images(
                validation_file, self.study.validation_images, self.folder / "validation.h5"
            ),
        )

    def __call__(self, choice: Choice) -> Trial:
        """Train with these settings.

        Raises:
            DarkpixelError: the model refuses them, its training fails, or it has no likelihood.
        """
        train_file, validation_file = self.files
        with ImageFile(train_file) as file:
            images, height, width = file.shape
            settings = with_image_settings(self.settings, file.attributes)
        output = self.folder / "model"
        try:
            model = build_model({**settings, **choice}, (height, width), seed=self.seed)
            train(
                model,
                train_file,
                validation_file,
                _with_short_warmup(self.training, images),
                seed=self.seed,
                checkpoint_dir=self.folder / "training",
                digest=settings_digest([self.digest, choice]),
                output_dir=output,
                progress=False,
            )
            bits, rounded = _likelihood(model, train_file, validation_file)
        except DarkpixelError as error:
            raise DarkpixelError(f"search: trial of {choice}: {error}") from error
        trained = load_config(output)
        with (output / HISTORY).open(encoding="utf-8", newline="") as rows:
            history = list(csv.DictReader(rows))
        return Trial(
            choice,
            bits,
            rounded,
            epochs=trained["epochs"],
            steps=int(history[-1]["step"]),
            best_epoch=trained["kept_epoch"],
            parameters=trained["parameters"]["free"],
            seconds=sum(float(row["seconds"]) for row in history),
        )


def _with_short_warmup(training: Training, images: int) -> Training:
    """The training with a warm-up of at most a tenth of its steps on so many images."""
    epoch_images = min(images, training.epoch_images or images)
    steps = training.epochs * math.ceil(epoch_images / training.batch_size)
    return training.model_copy(update={"warmup_steps": min(training.warmup_steps, steps // 10)})


def _likelihood(model: Trainable, train_file: Path, path: Path) -> tuple[Tensor, float]:
    """Bits per pixel of each validation image, and the share of pixels that are rounded to zero.

    Raises:
        DarkpixelError: the model has no exact likelihood of the images.
    """
    model.eval()
    likelihood = None
    if isinstance(model, GenerativeModel):
        likelihood = bits_per_pixel(model, path, count_images(path), train_file)
    if likelihood is None:
        raise DarkpixelError(
            f"model {model.settings['model']}: no exact likelihood of images with these settings; "
            "search a model that has one."
        )
    return torch.from_numpy(likelihood.of_images), likelihood.rounded_to_zero


def first_images(source: str | Path, images: int, path: Path) -> Path:
    """The first `images` of an image file as a file at `path`; `source` itself if it has no more.

    Returns:
        Where they are.
    """
    with ImageFile(source) as file:
        if images >= len(file):
            return Path(source)
        attributes = {name: file.attributes[name] for name in ATTRIBUTES if name != "software"}
        columns = file.column_types()
        _, height, width = file.shape
        writer = ImageWriter(path, height=height, width=width, columns=columns, **attributes)
        with writer:
            for start in range(0, images, file.chunk):
                stop = min(start + file.chunk, images)
                block = {name: file.column(name, start, stop) for name in columns}
                writer.append(file.read(start, stop), **block)
    return path
