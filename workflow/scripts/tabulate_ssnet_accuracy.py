"""Write the table of the accuracy of the segmentation network (SSNet)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.pipeline.job import job
from darkpixel.tables.segmentation import accuracy_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    accuracy_table(
        pd.read_parquet(snakemake.input.rows), Path(snakemake.output.csv).with_suffix("")
    )
