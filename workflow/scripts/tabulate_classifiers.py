"""Write the table of what classifiers learn from each source of images."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import mark
from darkpixel.pipeline.job import job
from darkpixel.tables.classifiers import classifier_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input.rows], ignore_index=True)
    rows = mark(rows, read_parquet(snakemake.input.convergence))
    classifier_table(rows, Path(snakemake.output.csv).with_suffix(""))
