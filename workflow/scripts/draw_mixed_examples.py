"""Draw generated and test images in one panel, without labels."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.figures.lartpc.mixed import mixed_examples
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    mixed_examples(
        snakemake.input.generated,
        snakemake.input.test,
        Path(snakemake.output.png).with_suffix(""),
        model=params.model,
        threshold=params.threshold,
        seed=params.seed,
        late=late_models(pd.read_parquet(snakemake.input.convergence), LARTPC),
    )
