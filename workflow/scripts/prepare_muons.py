"""Match the muons' spectrum, where asked for, and split the images of one label."""

from typing import TYPE_CHECKING

from darkpixel.config.data import SplitSizes
from darkpixel.config.muons import MuonImaging
from darkpixel.datasets.muons import muon_images
from darkpixel.datasets.splits import write_splits
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.names import SPLITS
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, sizes = snakemake.params, SplitSizes(**snakemake.params.sizes)
    images = muon_images(
        params.source,
        snakemake.input.raw,
        snakemake.input.reference,
        MuonImaging(**params.imaging),
        images=sizes.total,
        match_pt=params.match_pt,
        seed=params.seed,
        beside=params.beside,
    )
    write_splits(
        *images.events,
        {split: snakemake.output[split] for split in SPLITS},
        sizes=sizes,
        seed=params.seed,
        dataset="muons",
        label=snakemake.wildcards.label,
        pixel_size=images.pixel_size,
        unit="GeV",
        source=images.source,
        config_digest=settings_digest(dict(params.items())),
    )
