"""Train one model on one label, or the judge; go on from the checkpoint if there is one."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.config.training import Training
from darkpixel.formats.digests import file_digest, settings_digest
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.build import build_model, with_image_settings
from darkpixel.models.folder import load_config, load_model
from darkpixel.models.vqvae_pixelcnn.model import with_autoencoder
from darkpixel.pipeline.job import job
from darkpixel.training.loop import train
from darkpixel.training.monitors.codebook import vqvae_monitor
from darkpixel.training.monitors.observables import observable_monitor
from darkpixel.training.monitors.segmentation import ssnet_monitor

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    training = Training(**params.training)
    torch.set_num_threads(snakemake.threads)
    inputs = [file_digest(path) for path in paths]
    with ImageFile(paths.train) as images:
        image_size = images.shape[1:]
        about = {
            name: images.attributes[name] for name in ("dataset", "label", "pixel_size", "unit")
        }
        if "classes" in images.attributes:
            about["classes"] = images.attributes["classes"].split(",")
        settings = with_image_settings(params.settings, images.attributes)
    autoencoder = paths.get("autoencoder")
    if autoencoder:
        folder = Path(autoencoder).parent
        settings, image_size = with_autoencoder(settings, folder)
        about = load_config(folder)["images"]  # what is sampled are images, not codes
    model = build_model(settings, image_size, seed=params.seed)
    if autoencoder:
        model.adopt_autoencoder(load_model(folder).state_dict())
    monitor, every = None, training.monitor_every or 1
    match params.monitor:
        case "codebook":
            monitor = vqvae_monitor(paths.validation)
        case "segmentation":
            monitor = ssnet_monitor(paths.train, paths.validation, training.monitor_images or 500)
        case "observables":
            monitor = observable_monitor(paths.validation, training.monitor_images, params.seed)
            every = training.monitor_every or training.epochs
    train(
        model,
        paths.train,
        paths.validation,
        training,
        seed=params.seed,
        checkpoint_dir=params.checkpoints,
        digest=settings_digest([inputs, model.settings, params.training, params.seed, params.code]),
        output_dir=Path(snakemake.output.weights).parent,
        monitor=monitor,
        monitor_every=every,
        provenance={"images": about},
    )
