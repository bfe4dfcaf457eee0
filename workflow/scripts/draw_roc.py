"""Draw the ROC curves of the classifiers trained on each source of one data set's images."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.sarm.roc import roc_curves
from darkpixel.metrics.convergence import mark
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    roc_curves(
        pd.read_parquet(snakemake.input.curves),
        mark(pd.read_parquet(snakemake.input.rows), pd.read_parquet(snakemake.input.convergence)),
        Path(snakemake.output.png).with_suffix(""),
        dataset=snakemake.params.dataset,
    )
