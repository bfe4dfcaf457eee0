"""Measure whether each training run on a data set had converged."""

from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.convergence import convergence_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    rows = convergence_rows(
        dataset=snakemake.wildcards.dataset, seeds=params.seeds, **params.trainings
    )
    write_parquet(rows, snakemake.output.rows)
