"""Write the KL divergences by checkpoint (LArTPC table 4)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.pipeline.job import job
from darkpixel.tables.divergence import divergence_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    divergence_table(
        pd.read_parquet(snakemake.input.rows),
        Path(snakemake.output.csv).with_suffix(""),
        direction=snakemake.params.direction,
    )
