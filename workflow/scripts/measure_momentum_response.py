"""Measure length, charge and pixels by momentum, generated for it and simulated."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.momentum_response import momentum_response
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    settings = SimpleNamespace(**params.settings)
    bins, deviations = momentum_response(
        pd.read_parquet(snakemake.input.observables),
        params.models,
        splits=settings.floor_splits,
        seed=settings.seed,
    )
    write_parquet(bins, snakemake.output.bins)
    write_parquet(deviations, snakemake.output.deviations)
