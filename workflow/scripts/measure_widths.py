"""Measure speed and memory of D+D by the width of its upsampling layer."""

from typing import TYPE_CHECKING

import torch

from darkpixel.config.search import Widths
from darkpixel.formats.parquet import write_parquet
from darkpixel.models.device import choose_device
from darkpixel.pipeline.job import job
from darkpixel.studies.machine import hardware
from darkpixel.studies.widths import width_rows

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    torch.set_flush_denormal(True)  # as training and sampling do
    widths = Widths(**snakemake.params.widths)
    device = choose_device(widths.device)
    rows = width_rows(
        snakemake.params.settings,
        snakemake.input.train,
        widths,
        device=device,
        threads=snakemake.threads,
        hardware=f"{hardware(device)}; torch {torch.__version__}",
        seed=snakemake.params.seed,
    )
    write_parquet(rows, snakemake.output.rows)
