"""Image the jets of one label and split them."""

from typing import TYPE_CHECKING

from darkpixel.config.data import SplitSizes
from darkpixel.config.jets import JetImaging
from darkpixel.datasets.jets import jet_images
from darkpixel.datasets.splits import write_splits
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.names import SPLITS
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, (dataset, label) = snakemake.params, snakemake.wildcards
    images = jet_images(
        params.source, snakemake.input.raw, label, JetImaging(**params.imaging), params.beside
    )
    write_splits(
        *images.events,
        {split: snakemake.output[split] for split in SPLITS},
        sizes=SplitSizes(**params.sizes),
        seed=params.seed,
        dataset=dataset,
        label=label,
        pixel_size=images.pixel_size,
        unit="GeV",
        source=images.source,
        config_digest=settings_digest(dict(params.items())),
    )
