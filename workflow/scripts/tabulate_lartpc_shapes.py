"""Write the table of the shapes of liquid-argon images."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.pipeline.job import job
from darkpixel.tables.lartpc import shapes_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    shapes_table(pd.read_parquet(snakemake.input.rows), Path(snakemake.output.csv).with_suffix(""))
