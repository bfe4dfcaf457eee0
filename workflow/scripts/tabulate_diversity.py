"""Write the table of how diverse the samples are."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import mark
from darkpixel.pipeline.job import job
from darkpixel.tables.diversity import diversity_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input.rows])
    rows = mark(rows, read_parquet(snakemake.input.convergence))

    diversity_table(rows, Path(snakemake.output.csv).with_suffix(""))
