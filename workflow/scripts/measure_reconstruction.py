"""Measure what the autoencoders lose, and how many bits their codes take."""

from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.compression import compression_rows, nats_of
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    likelihoods = pd.read_parquet(paths.likelihoods)
    rows = [
        compression_rows(
            paths.test,
            decoded,
            coded,
            model=model,
            dataset="lartpc",
            threshold=params.threshold,
            prior_nats=nats_of(likelihoods, params.priors[model], params.seed),
        )
        for model, decoded, coded in zip(
            params.models, paths.reconstructions, paths.codes, strict=True
        )
    ]
    write_parquet(pd.concat(rows, ignore_index=True), snakemake.output.rows)
