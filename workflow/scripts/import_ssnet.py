"""Make the folder of a segmentation network (SSNet) from a file of its weights."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.models.ssnet.model import import_weights
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    images = dict(snakemake.params.images)
    pixels = images.pop("pixels")
    import_weights(
        snakemake.input.weights,
        snakemake.params.settings,
        Path(snakemake.output.weights).parent,
        image_size=(pixels, pixels),
        images=images,
    )
