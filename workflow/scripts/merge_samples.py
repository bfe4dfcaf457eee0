"""Join the shards of a model's images into one file."""

from typing import TYPE_CHECKING

from darkpixel.formats.image_concatenation import concatenate
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    concatenate(snakemake.input.shards, snakemake.output.samples)
