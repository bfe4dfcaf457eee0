"""Write the tables of two-sample test, physics distances, coverage and memorisation."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import mark
from darkpixel.pipeline.job import job
from darkpixel.tables.distances import (
    coverage_table,
    memorisation_table,
    physics_distances_table,
    two_sample_table,
)

if TYPE_CHECKING:
    from snakemake.script import snakemake

TABLES = {
    "two_sample": two_sample_table,
    "distances": physics_distances_table,
    "coverage": coverage_table,
    "memorisation": memorisation_table,
}

with job(snakemake.log[0]):
    statuses = read_parquet(snakemake.input.convergence)
    for name, write in TABLES.items():
        rows = mark(read_parquet(snakemake.input[name]), statuses)
        write(rows, Path(snakemake.output[f"{name}_csv"]).with_suffix(""))
