"""Draw more example images of every model (SARM figures 23, 24)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.sarm.examples import first_seeds, more_example_images
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    more_example_images(
        first_seeds(snakemake.params.samples),
        Path(snakemake.output.png).with_suffix(""),
        dataset=snakemake.params.dataset,
        per_model=snakemake.params.examples,
        late=late_models(pd.read_parquet(snakemake.input.convergence), snakemake.params.dataset),
    )
