"""Draw the distributions of mass and pT."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.observables import observable_distributions
from darkpixel.jobs import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    observable_distributions(
        {
            label: pd.read_parquet(path)
            for label, path in zip(
                snakemake.params.labels, snakemake.input.observables, strict=True
            )
        },
        Path(snakemake.output.png).with_suffix(""),
        dataset=snakemake.params.dataset,
        bins=snakemake.params.bins,
    )
