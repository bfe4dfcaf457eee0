"""The speed of every model of a data set and of its simulation, measured one after the other."""

import itertools
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import torch

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.names import is_selected
from darkpixel.models.folder import load_generator
from darkpixel.models.sample_file import Draw, sampling_workers
from darkpixel.models.selection import DrawsImages, Selected
from darkpixel.simulation.muons.particles import Deposits
from darkpixel.studies.machine import hardware, processor
from darkpixel.studies.simulation_speed import conditions, simulation_speed
from darkpixel.studies.speed import (
    Rate,
    batch_choices,
    sampling_rate,
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
    """Images per second of each model, then of the simulation of each label, on as many cores.

    Args:
        models: name, label of the training and folder of each.
        simulated: `labels` whose simulation is timed, and the settings `simulation` and `imaging`.
        label: of the images that are drawn of models that know several.
        batches: numbers of images at once to choose from, see `sampling_rate`; on each core.
        seconds: of each measurement.
        seed: of images and simulation.
        device: that the models draw on; the simulation has the CPU.
        threads: CPU cores of a model, unless it draws on a GPU, and of the simulation.
        pool: pile-up collisions of the muons, made before.
        selection: `settings` of a selection on pT and mass and `train`, the file of training
            images (see `darkpixel.models.selection`), for the models whose name says so.

    Returns:
        `darkpixel.studies.speed.speed_rows`.
    """
    about = {"dataset": dataset, "hardware": f"{processor()}; torch {torch.__version__}"}
    gpu = hardware(device) if device.type == "cuda" else device.type
    rows = []
    for model, trained_on, folder in models:
        loaded = load_generator(folder, device=device, label=label)
        generator: DrawsImages = loaded
        conditions_of = [f"draws {label}"] if trained_on != label else []
        if selection and is_selected(model):
            generator = Selected(loaded, selection["settings"], selection["train"])
            conditions_of.append("images thrown away take part of the time")
        rate = _model_rate(generator, batches, seconds, seed, threads)
        rows.append(
            speed_row(model, rate, label=trained_on, device=gpu,
                      condition="; ".join(conditions_of), **about)
        )  # fmt: skip
        logger.info("%s: %.4g images/s", model, rate.value)
    for name in simulated["labels"]:
        simulation, imaging = simulated["simulation"], simulated["imaging"]
        rate = simulation_speed(
            dataset, name, seed, simulation, imaging, pool, seconds=seconds, cores=threads
        )
        condition = conditions(simulation, name, start_up=rate.start_up, from_pool=pool is not None)
        rows.append(
            speed_row(MONTE_CARLO, rate, label=name, device="cpu", condition=condition, **about)
        )
        logger.info("Monte Carlo, %s: %.4g images/s", name, rate.value)
    return speed_rows(rows)


def _model_rate(
    generator: DrawsImages, batches: Sequence[int], seconds: float, seed: int, cores: int
) -> Rate:
    """The speed of one model; every repetition has random streams of its own."""
    blocks = itertools.count()
    with sampling_workers(generator, cores) as workers:

        def draw(images: int) -> None:
            tasks = [Draw(images, seed, next(blocks)) for _ in range(workers.cores)]
            for _ in workers.results(tasks):
                pass

        return sampling_rate(draw, batches, seconds, cores=workers.cores)


def batches_to_try(batch: int | None, largest: int) -> list[int]:
    """The given number of images at once, or the choices up to the largest."""
    return [batch] if batch else batch_choices(largest)
