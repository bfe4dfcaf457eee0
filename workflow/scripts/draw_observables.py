"""Draw the distributions of mass and pT."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.sarm.observables import observable_distributions
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    observables = {
        label: pd.read_parquet(path)
        for label, path in zip(params.labels, snakemake.input.observables, strict=True)
    }
    if params.models:
        shown = [MONTE_CARLO, *params.models]
        observables = {k: rows[rows["model"].isin(shown)] for k, rows in observables.items()}
    observable_distributions(
        observables,
        Path(snakemake.output.png).with_suffix(""),
        dataset=params.dataset,
        late=late_models(pd.read_parquet(snakemake.input.convergence), params.dataset),
        bins=params.bins,
    )
