"""Draw one typical image of each data set."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.figures.sarm.examples import typical_images
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    typical_images(
        dict(zip(snakemake.params.titles, snakemake.input.files, strict=True)),
        Path(snakemake.output.png).with_suffix(""),
    )
