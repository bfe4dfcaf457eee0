"""Draw the correct PixelCNN beside the authors' code."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.observables import reference_code_comparison
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    reference_code_comparison(
        pd.read_parquet(snakemake.input.observables),
        Path(snakemake.output.png).with_suffix(""),
        models=params.models,
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
        receptive_fields=pd.read_parquet(snakemake.input.receptive_fields),
        bins=params.bins,
    )
