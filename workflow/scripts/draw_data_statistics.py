"""Draw what the training images of a data set look like."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.figures.data import data_statistics
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    data_statistics(
        dict(zip(snakemake.params.labels, snakemake.input.train, strict=True)),
        Path(snakemake.output.png).with_suffix(""),
        title=f"{snakemake.wildcards.dataset}, training images",
        bins=snakemake.params.bins,
    )
