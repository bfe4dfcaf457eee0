"""Write the images/s of models and simulation of one data set."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import mark
from darkpixel.metrics.published import with_published_speed
from darkpixel.pipeline.job import job
from darkpixel.tables.speed import speed_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    paths = snakemake.input
    # The papers' numbers say nothing about a user's own images.
    published = None if snakemake.params.source == "file" else paths.published
    rows = with_published_speed(pd.read_parquet(paths.rows), published)
    speed_table(
        mark(rows, read_parquet(paths.convergence)), Path(snakemake.output.csv).with_suffix("")
    )
