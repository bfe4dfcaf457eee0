"""Image the jets of one label and split them."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.config.data import SplitSizes
from darkpixel.config.jets import JetImaging
from darkpixel.datasets.jets import prepare
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
        label=snakemake.wildcards.label,
        imaging=JetImaging(**params.imaging),
        sizes=SplitSizes(**params.sizes),
        seed=params.seed,
        config_digest=settings_digest(dict(params.items())),
        columns=params.columns,
        beside=params.beside,
    )
