"""Write the table of the W1 of pT and mass."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import mark
from darkpixel.pipeline.job import job
from darkpixel.tables.wasserstein import wasserstein_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input.rows])
    rows = mark(rows, read_parquet(snakemake.input.convergence))
    models = snakemake.params.models
    if models:
        rows = rows[rows["model"].isin(models)]
    wasserstein_table(rows, Path(snakemake.output.csv).with_suffix(""))
