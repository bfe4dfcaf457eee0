"""Write the speed tables of the SARM data sets and the likelihoods of all data sets."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import mark
from darkpixel.metrics.published import load_published
from darkpixel.pipeline.job import job
from darkpixel.tables.likelihood import likelihood_table
from darkpixel.tables.speed import PUBLISHED_TABLES, speed_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    paths, params = snakemake.input, snakemake.params
    statuses = read_parquet(paths.convergence)
    for path, (stem, title) in zip(paths.speeds, params.tables.items(), strict=True):
        rows = pd.read_parquet(path)
        dataset = rows["dataset"].iloc[0]
        published = None
        if dataset in PUBLISHED_TABLES and dataset in params.published:
            published = load_published(paths.published, "sarm", PUBLISHED_TABLES[dataset])
        speed_table(mark(rows, statuses), stem, title, published)
    likelihoods = mark(read_parquet(paths.likelihoods), statuses)
    likelihood_table(likelihoods, Path(snakemake.output.likelihood_csv).with_suffix(""))
