"""Write settings and size of each VQ-VAE (LArTPC table 2)."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.metrics.published import load_published
from darkpixel.models.configs import read_configs
from darkpixel.pipeline.job import job
from darkpixel.tables.lartpc import vqvae_parameters_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    vqvae_parameters_table(
        read_configs(snakemake.params.configs),
        Path(snakemake.output.csv).with_suffix(""),
        load_published(snakemake.input.published, "lartpc", "table2_vqvae_parameters"),
    )
