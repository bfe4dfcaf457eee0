"""Crop, scale and split the liquid-argon images of one label."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.config.data import SplitSizes
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets.lartpc import prepare_argon
from darkpixel.datasets.splits import file_events
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.larcv import larcv_events
from darkpixel.pipeline.job import job
from darkpixel.simulation.argon.events import event_blocks, read_header

if TYPE_CHECKING:
    from snakemake.script import snakemake

LARCV_PIXEL_SIZE = 0.5  # cm, in the metadata of the public files

with job(snakemake.log[0]) as logger:
    params, dataset = snakemake.params, snakemake.wildcards.dataset
    imaging = ArgonImaging(**params.imaging)
    paths = [Path(path) for path in snakemake.input.raw]
    pixel_size, drawn, own_unit = params.pixel_size, None, None
    # A user's own LArCV files are read like the public ones.
    larcv = params.source == "download" or paths[0].suffix == ".root"
    if params.source == "simulate":
        blocks = event_blocks(paths, imaging)
        if dataset == "lartpc":
            drawn = Counter()
            for path in paths:
                counts = read_header(path).counts.items()
                drawn.update({int(k[6:]): n for k, n in counts if k.startswith("drawn_")})
        source = "compact simulator, not Geant4"
    elif larcv:
        blocks = larcv_events(paths, imaging.plane)
        source, pixel_size = ", ".join(path.stem for path in paths), LARCV_PIXEL_SIZE
    else:
        blocks = file_events(paths[0]).blocks
        source = str(paths[0])
        with ImageFile(paths[0]) as file:
            pixel_size = file.attributes.get("pixel_size", pixel_size)
            own_unit = file.attributes.get("unit")
        if own_unit is None:
            own_unit = "0.255 MeV"
            logger.warning("%s has no attribute unit: pixels count as %s", paths[0], own_unit)
    prepare_argon(
        blocks,
        imaging,
        {split: getattr(snakemake.output, split) for split in ("train", "validation", "test")},
        sizes=SplitSizes(**params.sizes),
        seed=params.seed,
        dataset=dataset,
        label=snakemake.wildcards.label,
        pixel_size=pixel_size,
        source=source,
        config_digest=settings_digest(dict(params.items())),
        drawn=drawn,
        own_unit=own_unit,
    )
