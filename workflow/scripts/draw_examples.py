"""Draw example images of every model beside Monte Carlo (SARM figures 6, 11, 18)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.sarm.examples import example_images, first_seeds
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    example_images(
        first_seeds(snakemake.params.samples),
        Path(snakemake.output.png).with_suffix(""),
        dataset=snakemake.params.dataset,
        late=late_models(pd.read_parquet(snakemake.input.convergence), snakemake.params.dataset),
    )
