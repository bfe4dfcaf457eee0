"""Generate all of a model's images."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.models.device import choose_device
from darkpixel.models.sample_file import sample_folder
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, recipe = snakemake.params, snakemake.params.recipe
    sample_folder(
        Path(snakemake.input.weights).parent,
        snakemake.output.samples,
        weights=params.weights,
        label=snakemake.wildcards.label,
        source=snakemake.wildcards.model,
        images=recipe["images"],
        block_size=recipe["block_size"],
        shard=0,
        shards=1,
        seed=params.seed,
        device=choose_device(recipe["device"]),
        cores=snakemake.threads,
        selection=params.selection,
        train=snakemake.input.get("train"),
    )
