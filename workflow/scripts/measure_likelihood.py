"""Measure the likelihood of test images under every model that has a tractable one."""

from typing import TYPE_CHECKING

import torch

from darkpixel.formats.parquet import write_parquet
from darkpixel.models.device import choose_device
from darkpixel.pipeline.job import job
from darkpixel.studies.density import density_rows

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    rows = density_rows(
        snakemake.params.models,
        dataset=snakemake.wildcards.dataset,
        images=snakemake.params.settings["likelihood_images"],
        draws=snakemake.params.settings["likelihood_draws"],
        seed=snakemake.params.seed,
        device=choose_device(snakemake.params.device),
    )
    write_parquet(rows, snakemake.output.rows)
