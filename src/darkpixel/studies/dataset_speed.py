"""The speed of every model of a data set and of its simulation, measured one after the other."""

import itertools
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import torch

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.names import is_selected
from darkpixel.models.folder import load_generator
from darkpixel.models.sample_file import block_generator
from darkpixel.models.selection import DrawsImages, Selected
from darkpixel.simulation.muons.particles import Deposits
from darkpixel.studies.machine import hardware, processor
from darkpixel.studies.simulation_speed import conditions, simulate
from darkpixel.studies.speed import (
    Collisions,
    batch_choices,
    sampling_rate,
    simulation_rate,
    speed_row,
    speed_rows,
)

logger = logging.getLogger(__name__)


def dataset_speeds(
    dataset: str,
    models: Sequence[tuple[str, str, str]],
    simulated: Mapping[str, Any],
    *,
    label: str,
    batches: Sequence[int],
    seconds: float,
    seed: int,
    device: torch.device,
    threads: int,
    pool: Deposits | None = None,
    selection: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Images per second of each model, then of the simulation of each label.

    Args:
        models: name, label of the training and folder of each.
        simulated: `labels` whose simulation is timed, and the settings `simulation` and `imaging`.
        label: of the images that are drawn of models that know several.
        batches: numbers of images at once to choose from, see `sampling_rate`.
        seconds: of each measurement.
        seed: of images and simulation.
        device: that the models draw on; the simulation has one CPU core.
        threads: of torch, for the rows; set by the caller.
        pool: pile-up collisions of the muons, made before.
        selection: `settings` of a selection on pT and mass and `train`, the file of training
            images (see `darkpixel.models.selection`), for the models whose name says so.

    Returns:
        `darkpixel.studies.speed.speed_rows`.
    """
    about = {"dataset": dataset, "hardware": f"{processor()}; torch {torch.__version__}"}
    gpu = hardware(device) if device.type == "cuda" else device.type
    rows = []
    with torch.inference_mode():
        for model, trained_on, folder in models:
            loaded = load_generator(folder, device=device, label=label)
            generator: DrawsImages = loaded
            conditions_of = [f"draws {label}"] if trained_on != label else []
            if selection and is_selected(model):
                generator = Selected(loaded, selection["settings"], selection["train"])
                conditions_of.append("images thrown away take part of the time")
            blocks = itertools.count()

            def draw(images: int, generator: Any = generator, blocks: Any = blocks) -> object:
                """Images in the computer's memory, from a random stream of their own."""
                stream = block_generator(seed, next(blocks))
                return generator.sample_events(images, generator=stream)[0].cpu()

            rate = sampling_rate(draw, batches, seconds)
            rows.append(
                speed_row(model, rate, label=trained_on, threads=threads, device=gpu,
                          condition="; ".join(conditions_of), **about)
            )  # fmt: skip
            logger.info("%s: %.4g images/s", model, rate.value)
    for name in simulated["labels"]:
        simulation, imaging = simulated["simulation"], simulated["imaging"]
        rate = simulation_rate(
            partial(_simulated, dataset, name, seed, simulation, imaging, pool), seconds
        )
        condition = conditions(simulation, name, start_up=rate.start_up, from_pool=pool is not None)
        rows.append(
            speed_row(MONTE_CARLO, rate, label=name, threads=1, device="cpu",
                      condition=condition, **about)
        )  # fmt: skip
        logger.info("Monte Carlo, %s: %.4g images/s", name, rate.value)
    return speed_rows(rows)


def _simulated(
    dataset: str,
    label: str,
    seed: int,
    simulation: Mapping[str, Any],
    imaging: Mapping[str, Any],
    pool: Deposits | None,
    images: int,
) -> Collisions:
    return simulate(dataset, label, images, seed, simulation, imaging, pool)


def batches_to_try(batch: int | None, largest: int) -> list[int]:
    """The given number of images at once, or the choices up to the largest."""
    return [batch] if batch else batch_choices(largest)
