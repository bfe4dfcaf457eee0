"""Liquid-argon images before they are cropped and scaled, whatever their source."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets.splits import file_events
from darkpixel.formats.blocks import Block
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.larcv import larcv_events
from darkpixel.simulation.argon.events import event_blocks, read_header

logger = logging.getLogger(__name__)

LARCV_PIXEL_SIZE = 0.5
"""cm, in the metadata of the public files."""
_UNIT = "0.255 MeV"


class RawImages(NamedTuple):
    """All images of a source."""

    blocks: Iterator[Block]
    pixel_size: float
    """Side of a pixel, cm."""
    source: str
    """What made them, for the attribute of that name."""
    drawn: Counter[int] | None = None
    """Simulated events of each species, by PDG code, before any was refused."""
    own_unit: str | None = None
    """The unit of images that are taken as they are; None: they count charge in 0.01 MeV."""


def raw_images(
    source: str, raw: Sequence[str | Path], dataset: str, imaging: ArgonImaging, pixel_size: float
) -> RawImages:
    """The images of a data set.

    A user's own LArCV files are read like the public ones.

    Args:
        source: simulate, download or file.
        raw: chunks of simulated events, public files, or the user's own file.
        dataset: `lartpc`, whose simulated events have a species, or `lartpc_vertex`.
        imaging: its plane is read.
        pixel_size: of simulated images and of files that do not state theirs, cm.
    """
    paths = [Path(path) for path in raw]
    if source == "simulate":
        drawn = _drawn(paths) if dataset == "lartpc" else None
        made_by = "compact simulator, not Geant4"
        return RawImages(event_blocks(paths, imaging), pixel_size, made_by, drawn)
    if source == "download" or paths[0].suffix == ".root":
        names = ", ".join(path.stem for path in paths)
        return RawImages(larcv_events(paths, imaging.plane), LARCV_PIXEL_SIZE, names)
    with ImageFile(paths[0]) as file:
        pixel_size = file.attributes.get("pixel_size", pixel_size)
        unit = file.attributes.get("unit")
    if unit is None:
        unit = _UNIT
        logger.warning("%s has no attribute unit: pixels count as %s", paths[0], unit)
    return RawImages(file_events(paths[0]).blocks, pixel_size, str(paths[0]), own_unit=unit)


def _drawn(paths: Sequence[Path]) -> Counter[int]:
    drawn: Counter[int] = Counter()
    for path in paths:
        counts = read_header(path).counts.items()
        drawn.update({int(k[6:]): n for k, n in counts if k.startswith("drawn_")})
    return drawn
