"""Draw mean images, generated beside simulated (SARM figures 7, 12, 19)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.sarm.mean_images import mean_images
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    mean_images(
        snakemake.params.samples,
        Path(snakemake.output.png).with_suffix(""),
        dataset=snakemake.params.dataset,
        late=late_models(pd.read_parquet(snakemake.input.convergence), snakemake.params.dataset),
    )
