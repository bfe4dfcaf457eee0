"""Measure how diverse the samples of every model are."""

from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.diversity import diversity_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    dataset, label = snakemake.wildcards
    settings = snakemake.params.settings
    rows = diversity_rows(
        snakemake.params.samples,
        snakemake.input.test,
        dataset=dataset,
        label=label,
        n=settings["diversity_images"],
        seed=settings["seed"],
    )
    write_parquet(rows, snakemake.output.rows)
