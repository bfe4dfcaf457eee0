"""Write the comparison of 512 with 256 code vectors."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.metrics.lartpc_rows import ablation_rows
from darkpixel.pipeline.job import job
from darkpixel.tables.lartpc import ablation_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    model, variant = snakemake.params.models
    observables = pd.read_parquet(snakemake.input.observables)
    rows = ablation_rows(observables, model=model, variant=variant, dataset="lartpc", label="all")
    ablation_table(rows, Path(snakemake.output.csv).with_suffix(""))
