"""Make the images of one label of a custom data set, and split them."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.datasets.custom import prepare
from darkpixel.datasets.splits import SPLITS
from darkpixel.formats.digests import settings_digest
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, (dataset, label) = snakemake.params, snakemake.wildcards
    raw = snakemake.input.raw
    prepare(
        dataset,
        label,
        params.settings,
        {split: getattr(snakemake.output, split) for split in SPLITS},
        seed=params.seed,
        config_digest=settings_digest(dict(params.items())),
        file=Path(raw[0]) if raw else None,
    )
