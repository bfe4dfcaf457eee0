"""Measure what the autoencoders lose, and how many bits their codes take."""

from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.files import whole_file
from darkpixel.metrics.compression import compression_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    likelihoods = pd.read_parquet(paths.likelihoods)
    rows = []
    for model, decoded, coded in zip(
        params.models, paths.reconstructions, paths.codes, strict=True
    ):
        prior = likelihoods[
            (likelihoods["model"] == params.priors[model])
            & (likelihoods["seed"] == params.seed)
            & (likelihoods["split"] == "test")
        ]
        rows.append(
            compression_rows(
                paths.test,
                decoded,
                coded,
                model=model,
                dataset="lartpc",
                threshold=params.threshold,
                prior_nats=prior.sort_values("image")["nats"].to_numpy(),
            )
        )
    with whole_file(snakemake.output.rows) as path:
        pd.concat(rows, ignore_index=True).to_parquet(path, index=False)
