"""Draw the quality of the images by the order in which their pixels are generated."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.sarm.orders import order_distances
from darkpixel.metrics.convergence import mark
from darkpixel.pipeline.job import job
from darkpixel.tables.layout import one_or_range

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    statuses = pd.read_parquet(snakemake.input.convergence)
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input.rows])
    order_distances(
        mark(rows, statuses),
        Path(snakemake.output.png).with_suffix(""),
        orders=snakemake.params.orders,
        epochs=statuses.groupby("model")["epochs"].apply(one_or_range).to_dict(),
        dataset="jets",
    )
