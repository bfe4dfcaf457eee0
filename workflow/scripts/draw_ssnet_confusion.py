"""Draw true against predicted labels of the segmentation network (SSNet)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.lartpc.segmentation import confusion_matrix
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    confusion_matrix(
        pd.read_parquet(snakemake.input.rows), Path(snakemake.output.png).with_suffix("")
    )
