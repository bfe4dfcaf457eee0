"""Draw speed and memory of D+D by the width of its upsampling layer."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.sarm.widths import width_study
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    rows = pd.read_parquet(snakemake.input.rows)
    width_study(rows, Path(snakemake.output.png).with_suffix(""))
