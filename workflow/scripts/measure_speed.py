"""Measure how fast each model of a data set, and its simulation, make images, one by one."""

from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.models.device import choose_device
from darkpixel.pipeline.job import job
from darkpixel.simulation.muons.pileup import read_pileup
from darkpixel.studies.dataset_speed import batches_to_try, dataset_speeds

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, pool = snakemake.params, snakemake.input.pool
    rows = dataset_speeds(
        snakemake.wildcards.dataset,
        params.models,
        params.simulated,
        label=params.label,
        batches=batches_to_try(params.speed["batch"], params.block_size),
        seconds=params.speed["seconds"],
        seed=params.seed,
        device=choose_device(params.device),
        threads=snakemake.threads,
        pool=read_pileup(pool[0]) if pool else None,
        selection=params.selection,
    )
    write_parquet(rows, snakemake.output.rows)
