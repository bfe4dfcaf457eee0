"""Draw the observables of each species, generated and test images."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.observables import distributions_by_species
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    distributions_by_species(
        pd.read_parquet(snakemake.input.observables),
        Path(snakemake.output.png).with_suffix(""),
        models=params.models,
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
        bins=params.bins,
    )
