"""Write one of the tables whose rows are measured elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import mark
from darkpixel.pipeline.job import job
from darkpixel.tables.diversity import diversity_table
from darkpixel.tables.statistics import statistics_table
from darkpixel.tables.wasserstein import wasserstein_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input.rows])
    rows = mark(rows, read_parquet(snakemake.input.convergence))
    if snakemake.params.models:
        rows = rows[rows["model"].isin(snakemake.params.models)]
    stem = Path(snakemake.output.csv).with_suffix("")
    match snakemake.params.table:
        case "wasserstein":
            wasserstein_table(rows, stem, snakemake.params.title, snakemake.params.observables)
        case "statistics":
            statistics_table(rows, stem)
        case "diversity":
            diversity_table(rows, stem)
        case unknown:
            raise ValueError(f"no table is called {unknown}")
