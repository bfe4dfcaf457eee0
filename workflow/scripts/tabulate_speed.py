"""Write the speed tables of the SARM data sets and the likelihoods of all data sets."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.metrics.convergence import mark, read_statuses
from darkpixel.pipeline.job import job
from darkpixel.tables.likelihood import likelihood_table
from darkpixel.tables.speed import speed_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    statuses = read_statuses(snakemake.input.convergence)
    for path, (stem, title) in zip(
        snakemake.input.speeds, snakemake.params.tables.items(), strict=True
    ):
        speed_table(mark(pd.read_parquet(path), statuses), stem, title)
    likelihoods = pd.concat([pd.read_parquet(path) for path in snakemake.input.likelihoods])
    stem = Path(snakemake.output.likelihood_csv).with_suffix("")
    likelihood_table(mark(likelihoods, statuses), stem)
