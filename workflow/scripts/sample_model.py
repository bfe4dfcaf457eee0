"""Generate one shard of a model's images."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.models.device import choose_device
from darkpixel.models.folder import load_config, load_generator
from darkpixel.models.sample_file import shard_blocks, write_shard
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    device = choose_device(snakemake.params.device)
    folder = Path(snakemake.input.weights).parent
    config = load_config(folder)
    about, label = config["images"], snakemake.wildcards.label
    weights = snakemake.params.weights
    model = load_generator(folder, weights=weights, device=device, label=label)
    size = snakemake.params.block_size
    shard = int(snakemake.wildcards.get("shard", 0))
    write_shard(
        model,
        snakemake.output.samples,
        images=snakemake.params.images,
        block_size=size,
        blocks=shard_blocks(snakemake.params.images, size, shard, snakemake.params.shards),
        seed=snakemake.params.seed,
        about={name: about[name] for name in ("dataset", "pixel_size", "unit")} | {"label": label},
        source=snakemake.wildcards.model,
        config_digest=config["digest"],
    )
