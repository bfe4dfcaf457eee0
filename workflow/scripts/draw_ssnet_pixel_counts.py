"""Draw SSNet's pixels per image, generated and test (LArTPC figure 2)."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.labels import pixel_counts
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job
from darkpixel.tables.names import LARTPC_ORIGINS

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    pixel_counts(
        snakemake.input.generated,
        snakemake.input.test,
        Path(snakemake.output.png).with_suffix(""),
        settings=SimpleNamespace(**params.settings),
        threshold=params.threshold,
        origin=LARTPC_ORIGINS[params.source],
        model=params.model,
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
    )
