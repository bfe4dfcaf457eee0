"""Crop, scale and split the liquid-argon images of one label."""

from typing import TYPE_CHECKING

from darkpixel.config.data import SplitSizes
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets.lartpc import prepare_argon
from darkpixel.datasets.lartpc_raw import raw_images
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.names import SPLITS
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, (dataset, label) = snakemake.params, snakemake.wildcards
    imaging = ArgonImaging(**params.imaging)
    images = raw_images(params.source, snakemake.input.raw, dataset, imaging, params.pixel_size)
    prepare_argon(
        images.blocks,
        imaging,
        {split: snakemake.output[split] for split in SPLITS},
        sizes=SplitSizes(**params.sizes),
        seed=params.seed,
        dataset=dataset,
        label=label,
        pixel_size=images.pixel_size,
        source=images.source,
        config_digest=settings_digest(dict(params.items())),
        drawn=images.drawn,
        own_unit=images.own_unit,
    )
