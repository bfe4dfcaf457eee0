"""Measure how diverse the samples of every model are."""

from typing import TYPE_CHECKING

from darkpixel.formats.files import whole_file
from darkpixel.metrics.diversity import diversity_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    dataset, label = snakemake.wildcards
    rows = diversity_rows(
        snakemake.params.samples,
        snakemake.input.test,
        dataset=dataset,
        label=label,
        n=snakemake.params.images,
        seed=snakemake.params.seed,
    )
    with whole_file(snakemake.output.rows) as path:
        rows.to_parquet(path, index=False)
