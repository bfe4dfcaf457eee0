"""Write the code maps of an autoencoder for the images of every split."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.models.folder import load_config, load_model
from darkpixel.models.vqvae.codes import encode_file
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    folder = Path(snakemake.input.weights).parent
    model, digest = load_model(folder), load_config(folder)["digest"]
    for split in ("train", "validation", "test"):
        encode_file(model, snakemake.input[split], snakemake.output[split], digest=digest)
