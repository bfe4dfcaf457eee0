"""Measure the codebooks, and the -log p of code maps under every prior."""

from typing import TYPE_CHECKING

import pandas as pd
import torch

from darkpixel.formats.parquet import write_parquet
from darkpixel.models.device import choose_device
from darkpixel.models.vqvae.codes import code_statistics
from darkpixel.pipeline.job import job
from darkpixel.studies.code_likelihood import likelihood_rows, prior_likelihoods, receptive_fields

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.resources.cpus_per_task)
    params = snakemake.params
    codebooks = [
        code_statistics(f"{folder}/test.h5", f"{folder}/train.h5", model=name)
        for name, folder in params.codes.items()
    ]
    likelihoods = prior_likelihoods(params.models, params.codes, choose_device(params.device))
    rows = pd.concat([*codebooks, likelihood_rows(likelihoods)], ignore_index=True)
    write_parquet(rows, snakemake.output.codebooks)
    write_parquet(likelihoods, snakemake.output.likelihoods)
    write_parquet(receptive_fields(params.models), snakemake.output.receptive_fields)
