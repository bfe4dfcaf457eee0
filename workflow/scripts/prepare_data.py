"""Image the events of one label and split them."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.config.data import SplitSizes
from darkpixel.config.jets import JetImaging
from darkpixel.datasets.lagan_jets import PIXEL_SIZE, lagan_events
from darkpixel.datasets.splits import file_in_angles, write_splits
from darkpixel.formats.blocks import Events
from darkpixel.formats.digests import settings_digest
from darkpixel.pipeline.job import job
from darkpixel.simulation.jets.images import count_events, event_blocks

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, label = snakemake.params, snakemake.wildcards.label
    imaging = JetImaging(**params.imaging)
    pixel_size = imaging.pixel_size
    paths = [Path(path) for path in snakemake.input.raw]
    match params.source:
        case "simulate":
            events = Events(event_blocks(paths, imaging), count_events(paths))
            source = "Pythia 8"
        case "download":
            events = lagan_events(paths[0], label, imaging.threshold)
            source = paths[0].stem
            pixel_size = PIXEL_SIZE  # the public file's own, whatever `imaging` says
        case "file":
            events, pixel_size = file_in_angles(paths[0], pixel_size, params.beside)
            source = str(paths[0])
    write_splits(
        *events,
        {split: getattr(snakemake.output, split) for split in ("train", "validation", "test")},
        sizes=SplitSizes(**params.sizes),
        seed=params.seed,
        dataset=snakemake.wildcards.dataset,
        label=label,
        pixel_size=pixel_size,
        unit="GeV",
        source=source,
        config_digest=settings_digest(dict(params.items())),
    )
