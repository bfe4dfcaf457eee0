"""Write the table of the W1 of observables that no model draws beforehand."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import mark
from darkpixel.pipeline.job import job
from darkpixel.tables.wasserstein import shape_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input.rows])
    rows = mark(rows, read_parquet(snakemake.input.convergence))
    shape_table(rows, Path(snakemake.output.csv).with_suffix(""))
