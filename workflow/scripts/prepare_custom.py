"""Make the images of one label of a custom data set, and split them."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.datasets.splits import file_events, write_splits
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.names import SPLITS
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, (dataset, label) = snakemake.params, snakemake.wildcards
    module = import_module(f"darkpixel.datasets.{dataset}")
    settings = module.Settings.model_validate(params.settings)
    if snakemake.input.raw:
        path = Path(snakemake.input.raw[0])
        events, source = file_events(path), str(path)
    else:
        events, source = module.events(settings, label, params.seed), dataset
    write_splits(
        *events,
        {split: snakemake.output[split] for split in SPLITS},
        sizes=settings.images,
        seed=params.seed,
        dataset=dataset,
        label=label,
        pixel_size=settings.pixel_size,
        unit=settings.unit,
        source=source,
        config_digest=settings_digest(dict(params.items())),
    )
