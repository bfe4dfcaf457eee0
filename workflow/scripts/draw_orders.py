"""Draw the quality of the images by the order in which their pixels are generated."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.figures.orders import order_distances
from darkpixel.jobs import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    order_distances(
        pd.concat([pd.read_parquet(path) for path in snakemake.input.rows]),
        Path(snakemake.output.png).with_suffix(""),
        orders=snakemake.params.orders,
        dataset=snakemake.params.dataset,
    )
