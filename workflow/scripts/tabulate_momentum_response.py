"""Write the table of images generated for a momentum against simulated ones."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.pipeline.job import job
from darkpixel.tables.momentum import momentum_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    momentum_table(
        pd.read_parquet(snakemake.input.rows), Path(snakemake.output.csv).with_suffix("")
    )
