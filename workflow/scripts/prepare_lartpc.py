"""Crop, scale and split the liquid-argon images of one label."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.config.data import SplitSizes
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets.lartpc import prepare
from darkpixel.datasets.splits import SPLITS
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.download import Source, check_downloads
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, raw = snakemake.params, [Path(path) for path in snakemake.input.raw]
    if params.source == "download":
        check_downloads([Source(**entry) for entry in params.downloads], raw)
    prepare(
        params.source,
        raw,
        {split: getattr(snakemake.output, split) for split in SPLITS},
        dataset=snakemake.wildcards.dataset,
        label=snakemake.wildcards.label,
        imaging=ArgonImaging(**params.imaging),
        pixel_size=params.pixel_size,
        sizes=SplitSizes(**params.sizes),
        seed=params.seed,
        config_digest=settings_digest(dict(params.items())),
        columns=params.columns,
    )
