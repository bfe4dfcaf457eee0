"""Measure how fast each model of a data set, and its simulation, make images, one by one."""

import itertools
from typing import TYPE_CHECKING

import torch

from darkpixel.formats.files import whole_file
from darkpixel.metrics.names import MONTE_CARLO
from darkpixel.models.folder import load_generator
from darkpixel.models.sample_file import block_generator
from darkpixel.pipeline.job import job
from darkpixel.simulation.muons.pileup import read_pileup
from darkpixel.studies.machine import processor
from darkpixel.studies.simulation_speed import conditions, simulate
from darkpixel.studies.speed import (
    batch_choices,
    sampling_rate,
    simulation_rate,
    speed_row,
    speed_rows,
)

if TYPE_CHECKING:
    from snakemake.script import snakemake


with job(snakemake.log[0]) as logger:
    params, dataset = snakemake.params, snakemake.wildcards.dataset
    torch.set_num_threads(snakemake.threads)
    device = choose_device(params.device)
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    about = {"dataset": dataset, "hardware": f"{processor()}; torch {torch.__version__}"}
    batches = [params.speed["batch"]] if params.speed["batch"] else batch_choices(params.block_size)
    seconds, rows = params.speed["seconds"], []
    with torch.inference_mode():
        for model, label, folder in params.models:
            generator = load_generator(folder, device=device, label=params.label)
            blocks = itertools.count()

            def draw(images, generator=generator, blocks=blocks):
                """Images in the computer's memory, from a random stream of their own."""
                stream = block_generator(params.seed, next(blocks))
                return generator.sample_events(images, generator=stream)[0].cpu()

            rate = sampling_rate(draw, batches, seconds)
            joint = f"draws {params.label}" if label != params.label else ""
            rows.append(
                speed_row(model, rate, label=label, threads=snakemake.threads, device=gpu,
                          condition=joint, **about)
            )  # fmt: skip
            logger.info("%s: %.4g images/s", model, rate.value)
    pool_path = snakemake.input.get("pool")
    pool = read_pileup(pool_path) if pool_path else None
    simulated = params.simulated
    for label in simulated["labels"]:
        recipe = simulated["simulation"], simulated["imaging"]
        rate = simulation_rate(
            lambda images, label=label, recipe=recipe: simulate(
                dataset, label, images, params.seed, *recipe, pool
            ),
            seconds,
        )
        condition = conditions(
            simulated["simulation"], label, start_up=rate.start_up, from_pool=pool is not None
        )
        rows.append(
            speed_row(MONTE_CARLO, rate, label=label, threads=1, device="cpu",
                      condition=condition, **about)
        )  # fmt: skip
        logger.info("Monte Carlo, %s: %.4g images/s", label, rate.value)
    with whole_file(snakemake.output.rows) as path:
        speed_rows(rows).to_parquet(path, index=False)
