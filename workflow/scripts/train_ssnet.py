"""Train the segmentation network (SSNet) on events with known labels."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.pipeline.job import job
from darkpixel.training.on_files import train_on_files

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    torch.set_num_threads(snakemake.resources.cpus_per_task)
    train_on_files(
        paths.train,
        paths.validation,
        Path(snakemake.output.weights).parent,
        settings=params.settings,
        training=params.training,
        seed=params.seed,
        checkpoint_dir=params.checkpoints,
        code=params.code,
        monitor="segmentation",
        symmetries=params.symmetries,
    )
