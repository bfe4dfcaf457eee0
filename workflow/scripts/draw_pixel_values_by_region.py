"""Draw pixel values by region, and the path in which SARM-2 generates the pixels."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.figures.sarm.pixel_values import pixel_values_by_region
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.orders import order
from darkpixel.models.sarm.orders import stage_pixels
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    paths = {label: snakemake.input[label] for label in snakemake.params.labels}
    centre = snakemake.params.settings["centre"]
    with ImageFile(next(iter(paths.values()))) as file:
        side = file.shape[1]
    pixel_values_by_region(
        paths,
        stage_pixels(side, [centre], order("spiral_out", side)),
        Path(snakemake.output.png).with_suffix(""),
        side=side,
        centre=centre,
        bins=snakemake.params.settings["pixel_bins"],
    )
