"""Draw length, charge and pixels against momentum, per species."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.momentum import momentum_figure
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    momentum_figure(
        pd.read_parquet(snakemake.input.bins),
        Path(snakemake.output.png).with_suffix(""),
        models=snakemake.params.models,
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
    )
