"""Draw generated beside training images (LArTPC figure 1)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.images import generated_and_training
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job
from darkpixel.tables.names import LARTPC_ORIGINS

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    generated_and_training(
        snakemake.input.generated,
        snakemake.input.training,
        Path(snakemake.output.png).with_suffix(""),
        threshold=params.threshold,
        origin=LARTPC_ORIGINS[params.source],
        model=params.model,
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
    )
