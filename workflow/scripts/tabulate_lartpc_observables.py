"""Write the table of the observables of liquid-argon images."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.metrics.names import snapshot_epoch
from darkpixel.pipeline.job import job
from darkpixel.tables.lartpc import observables_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = pd.read_parquet(snakemake.input.rows)
    trained = rows[[snapshot_epoch(name) is None for name in rows["model"]]]
    observables_table(trained, Path(snakemake.output.csv).with_suffix(""))
