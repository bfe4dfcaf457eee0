"""Train classifiers on the images of one source and score the Monte Carlo test images."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.config.classifier import ClassifierTraining
from darkpixel.formats.digests import file_digest, settings_digest
from darkpixel.pipeline.job import job
from darkpixel.studies.classifiers import train_classifiers

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    torch.set_num_threads(snakemake.resources.cpus_per_task)
    judged = {
        "settings": params.settings,
        "training": params.training,
        **params.numbers,
        "seed": params.seed,
    }
    inputs = [file_digest(path) for path in snakemake.input.images]
    train_classifiers(
        params.sources,
        dict(zip(params.labels, snakemake.input.tests, strict=True)),
        Path(snakemake.output.scores).parent,
        **(judged | {"training": ClassifierTraining(**params.training)}),
        checkpoint_dir=params.checkpoints,
        digest=settings_digest([inputs, judged, params.code]),
    )
