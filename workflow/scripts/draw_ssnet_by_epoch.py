"""Draw SSNet's output by epoch of the PixelCNN (LArTPC figure 5)."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.labels import ssnet_by_epoch
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    ssnet_by_epoch(
        snakemake.params.snapshots,
        snakemake.input.test,
        Path(snakemake.output.png).with_suffix(""),
        model=snakemake.params.model,
        settings=SimpleNamespace(**snakemake.params.settings),
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
    )
