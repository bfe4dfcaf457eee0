"""Judge whether each training of a data set had levelled off."""

from typing import TYPE_CHECKING

from darkpixel.formats.files import whole_file
from darkpixel.metrics.convergence import convergence_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = convergence_rows(
        snakemake.params.histories,
        dataset=snakemake.wildcards.dataset,
        seeds=snakemake.params.seeds,
        **snakemake.params.trainings,
    )
    with whole_file(snakemake.output.rows) as path:
        rows.to_parquet(path, index=False)
