"""Draw the distributions of pixel values (SARM figures 17, 22)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.sarm.pixel_values import pixel_value_distributions
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    pixel_value_distributions(
        snakemake.params.samples,
        Path(snakemake.output.png).with_suffix(""),
        dataset=snakemake.params.dataset,
        late=late_models(pd.read_parquet(snakemake.input.convergence), snakemake.params.dataset),
        bins=snakemake.params.bins,
    )
