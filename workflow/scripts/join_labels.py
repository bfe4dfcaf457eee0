"""Write the images of all labels into one file."""

from typing import TYPE_CHECKING

from darkpixel.datasets.joint import join_labels
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    join_labels(
        dict(zip(snakemake.params.labels, snakemake.input, strict=True)), snakemake.output.images
    )
