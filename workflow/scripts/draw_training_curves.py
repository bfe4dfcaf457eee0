"""Draw loss by epoch of every model of a data set."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.figures.training import training_curves
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    training_curves(
        snakemake.params.histories,
        Path(snakemake.output.png).with_suffix(""),
        dataset=snakemake.wildcards.dataset,
    )
