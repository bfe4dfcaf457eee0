"""Write what rounding the test images to the grids of D+D costs, power by power."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch

from darkpixel.config.evaluation import Evaluation
from darkpixel.metrics.images import largest_pixel
from darkpixel.metrics.rows import quantisation_rows
from darkpixel.models.sarm.discrete import Discrete
from darkpixel.pipeline.job import job
from darkpixel.tables.sarm import quantisation_table

if TYPE_CHECKING:
    from snakemake.script import snakemake


def quantiser(largest):
    """Round images to the grid of a power, one level per GeV, up to the largest training pixel."""

    def quantise(images, power):
        grid = Discrete(1, None, power)
        grid.fit(largest, 1.0)
        images = torch.from_numpy(images)
        return grid.quantise(images).numpy(), grid.clipped(images)

    return quantise


with job(snakemake.log[0]):
    params = snakemake.params
    rows = [
        quantisation_rows(
            path,
            quantiser(largest_pixel(train)),
            params.powers,
            dataset=params.dataset,
            label=label,
            settings=Evaluation(**params.evaluation),
        )
        for label, path, train in zip(
            params.labels, snakemake.input.test, snakemake.input.train, strict=True
        )
    ]
    quantisation_table(pd.concat(rows), Path(snakemake.output.csv).with_suffix(""))
