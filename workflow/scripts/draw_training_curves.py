"""Draw loss by epoch of every model of a data set."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.training import training_curves
from darkpixel.metrics.convergence import late_models
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    dataset, histories = snakemake.wildcards.dataset, snakemake.params.histories
    statuses = pd.read_parquet(snakemake.input.convergence)
    training_curves(
        histories,
        Path(snakemake.output.png).with_suffix(""),
        dataset=dataset,
        late={label: late_models(statuses, dataset, label) for label in histories},
    )
