"""Run Snakemake's reporter over the results that are there."""

from typing import TYPE_CHECKING

from darkpixel.pipeline.job import job
from darkpixel.pipeline.report import write_report

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    write_report(snakemake.params.config, snakemake.output.html, snakemake.log[0])
