"""Draw the differences of mean images (SARM figures 16, 21)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.sarm.mean_images import mean_differences
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    mean_differences(
        snakemake.params.samples,
        Path(snakemake.output.png).with_suffix(""),
        dataset=snakemake.params.dataset,
        late=late_models(pd.read_parquet(snakemake.input.convergence), snakemake.params.dataset),
    )
