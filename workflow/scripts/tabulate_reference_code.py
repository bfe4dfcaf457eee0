"""Write the comparison of the correct PixelCNN with the authors' code."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.metrics.lartpc_rows import reference_code_rows
from darkpixel.pipeline.job import job
from darkpixel.tables.lartpc import reference_code_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    paths, params = snakemake.input, snakemake.params
    divergences = pd.read_parquet(paths.divergences)
    rows = reference_code_rows(
        pd.read_parquet(paths.distances),
        divergences[divergences["direction"] == params.direction],
        pd.read_parquet(paths.likelihoods),
        params.models,
    )
    reference_code_table(rows, Path(snakemake.output.csv).with_suffix(""))
