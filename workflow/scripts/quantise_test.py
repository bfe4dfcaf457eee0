"""Round the test images to the grid of a trained model, spread within the levels as it draws."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.formats.image_file import ImageFile, ImageWriter
from darkpixel.models.folder import load_config, load_model
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]) as logger, ImageFile(snakemake.input.test) as test:
    folder = Path(snakemake.input.weights).parent
    config, model = load_config(folder), load_model(folder)
    _, height, width = test.shape
    clipped = sum(model.clipped(torch.from_numpy(batch["images"])) for batch in test.batches())
    generator = torch.Generator().manual_seed(snakemake.params.seed)
    logger.info("%s; %d test pixels above its largest level", config["fitted"], clipped)
    with ImageWriter(
        snakemake.output.samples,
        height=height,
        width=width,
        split="test",
        source=f"{snakemake.input.test} on the grid of {snakemake.wildcards.model}",
        seed=snakemake.params.seed,
        config_digest=config["digest"],
        attributes={**config["fitted"], "clipped_pixels": clipped},
        **config["images"],
    ) as writer:
        for batch in test.batches():
            images = torch.from_numpy(batch["images"])
            writer.append(model.as_generated(images, generator=generator).numpy())
