"""Write settings and size of each PixelCNN (LArTPC table 3)."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.metrics.published import load_published
from darkpixel.models.configs import read_configs
from darkpixel.pipeline.job import job
from darkpixel.tables.lartpc import pixelcnn_parameters_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    pixelcnn_parameters_table(
        read_configs(snakemake.params.configs),
        Path(snakemake.output.csv).with_suffix(""),
        load_published(snakemake.input.published, "lartpc", "table3_pixelcnn_parameters"),
    )
