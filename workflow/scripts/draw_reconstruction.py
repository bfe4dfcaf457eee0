"""Draw images of each species, their reconstructions, and the errors."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.codes import reconstructions_by_species
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job
from darkpixel.tables.names import LARTPC_ORIGINS

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    rows = pd.read_parquet(paths.rows)
    reconstructions_by_species(
        paths.test,
        paths.reconstructions,
        rows[rows["model"] == rows["model"].iloc[0]],
        Path(snakemake.output.png).with_suffix(""),
        threshold=params.threshold,
        autoencoder=rows["model"].iloc[0],
        origin=LARTPC_ORIGINS[params.source],
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
    )
