"""Label the pixels of one file of images as track or shower."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.models.device import choose_device
from darkpixel.models.folder import load_config, load_model
from darkpixel.models.ssnet.labelling import label_file
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    folder = Path(snakemake.input.weights).parent
    config = load_config(folder)
    label_file(
        load_model(folder, device=choose_device(snakemake.params.device)),
        snakemake.input.images,
        snakemake.output.labels,
        images=config["images"],
        threshold=snakemake.params.settings["threshold"],
        bins=snakemake.params.settings["score_bins"],
        config_digest=config["digest"],
    )
