"""Train one model on one label; go on from the checkpoint if there is one."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.config.training import Training
from darkpixel.data.image_file import ImageFile
from darkpixel.jobs import job
from darkpixel.metrics.monitor import observable_monitor
from darkpixel.models.base import build_model, with_pixel_size
from darkpixel.provenance import file_digest, settings_digest
from darkpixel.training import train

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    training = Training(**params.training)
    torch.set_num_threads(snakemake.threads)
    with ImageFile(paths.train) as images:
        about = {
            name: images.attributes[name] for name in ("dataset", "label", "pixel_size", "unit")
        }
        settings = with_pixel_size(params.settings, about["pixel_size"])
        model = build_model(settings, images.shape[1:], seed=params.seed)
    inputs = [file_digest(paths.train), file_digest(paths.validation)]
    train(
        model,
        paths.train,
        paths.validation,
        training,
        seed=params.seed,
        checkpoint_dir=params.checkpoints,
        digest=settings_digest([inputs, model.settings, params.training, params.seed, params.code]),
        output_dir=Path(snakemake.output.weights).parent,
        monitor=observable_monitor(paths.validation, training.monitor_images, params.seed),
        monitor_every=training.monitor_every or training.epochs,
        provenance={"images": about},
    )
