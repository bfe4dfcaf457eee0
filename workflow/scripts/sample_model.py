"""Generate one shard of a model's images."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.jobs import job
from darkpixel.models.base import load_config, load_generator
from darkpixel.sampling.shards import shard_blocks, write_shard
from darkpixel.training import choose_device

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    device = choose_device(snakemake.params.device)
    folder = Path(snakemake.input.weights).parent
    config = load_config(folder)
    model = load_generator(folder, weights=snakemake.params.weights, device=device)
    size = snakemake.params.block_size
    write_shard(
        model,
        snakemake.output.shard,
        images=snakemake.params.images,
        block_size=size,
        blocks=shard_blocks(
            snakemake.params.images, size, int(snakemake.wildcards.shard), snakemake.params.shards
        ),
        seed=snakemake.params.seed,
        about=config["images"],
        source=snakemake.wildcards.model,
        config_digest=config["digest"],
    )
