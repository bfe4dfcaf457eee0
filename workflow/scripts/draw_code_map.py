"""Draw images, their code maps, and what the decoder makes of them (LArTPC figure 3)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.codes import code_maps, generated_codes
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job
from darkpixel.tables.names import LARTPC_ORIGINS

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    code_maps(
        paths.test,
        paths.codes,
        paths.reconstructions,
        Path(snakemake.output.png).with_suffix(""),
        autoencoder=params.autoencoder,
        model=params.model,
        generated=generated_codes(paths.generated),
        threshold=params.threshold,
        origin=LARTPC_ORIGINS[params.source],
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
    )
