"""Write the table of the species, before and after the crop."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.metrics.species import species_mix
from darkpixel.pipeline.job import job
from darkpixel.tables.species import species_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    species_table(species_mix(snakemake.input.train), Path(snakemake.output.csv).with_suffix(""))
