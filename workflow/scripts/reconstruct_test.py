"""Pass the test images through a trained autoencoder."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.models.folder import load_config, load_model
from darkpixel.models.vqvae.codes import reconstruct_file
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    folder = Path(snakemake.input.weights).parent
    reconstruct_file(
        load_model(folder),
        snakemake.input.test,
        snakemake.output.samples,
        digest=load_config(folder)["digest"],
    )
