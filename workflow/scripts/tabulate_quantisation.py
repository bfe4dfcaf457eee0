"""Write what rounding the test images to the grids of D+D costs, power by power."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.metrics.images import largest_pixel
from darkpixel.models.sarm.settings import POWERS
from darkpixel.pipeline.job import job
from darkpixel.studies.quantisation import quantisation_rows
from darkpixel.tables.quantisation import quantisation_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    rows = [
        quantisation_rows(
            path,
            largest_pixel(train),
            POWERS,
            dataset=params.dataset,
            label=label,
            settings=SimpleNamespace(**params.settings),
        )
        for label, path, train in zip(
            params.labels, snakemake.input.test, snakemake.input.train, strict=True
        )
    ]
    quantisation_table(pd.concat(rows), Path(snakemake.output.csv).with_suffix(""))
