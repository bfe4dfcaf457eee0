"""Write the table of the hyper-parameter search."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.pipeline.job import job
from darkpixel.tables.search import search_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input.rows])
    search_table(rows, Path(snakemake.output.csv).with_suffix(""))
