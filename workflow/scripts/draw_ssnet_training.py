"""Draw loss and accuracy of the segmentation network (SSNet) by epoch."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.figures.lartpc.segmentation import ssnet_training
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    ssnet_training(snakemake.input.histories, Path(snakemake.output.png).with_suffix(""))
