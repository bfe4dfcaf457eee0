"""The images of jets, whatever their source."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from darkpixel.config.jets import JetImaging
from darkpixel.datasets.lagan_jets import PIXEL_SIZE, lagan_events
from darkpixel.datasets.splits import file_in_angles
from darkpixel.formats.blocks import Events
from darkpixel.simulation.jets.images import count_events, event_blocks


class Images(NamedTuple):
    """All images of a label before they are split."""

    events: Events
    pixel_size: float
    """Side of a pixel in eta and phi."""
    source: str
    """What made them, for the attribute of that name."""


def jet_images(
    source: str,
    raw: Sequence[str | Path],
    label: str,
    imaging: JetImaging,
    beside: Sequence[str | Path],
) -> Images:
    """The jet images of a label.

    Args:
        source: simulate, download or file.
        raw: chunks of simulated events, the public file, or the user's own.
        label: of the images.
        imaging: of simulated events; its pixel size also for files that do not state theirs.
        beside: the user's own files of the other labels, which must be on the same scale.
    """
    paths = [Path(path) for path in raw]
    match source:
        case "simulate":
            events = Events(event_blocks(paths, imaging), count_events(paths))
            return Images(events, imaging.pixel_size, "Pythia 8")
        case "download":  # the pixel size is the public file's own, whatever `imaging` says
            return Images(
                lagan_events(paths[0], label, imaging.threshold), PIXEL_SIZE, paths[0].stem
            )
        case _:
            events, pixel_size = file_in_angles(paths[0], imaging.pixel_size, beside)
            return Images(events, pixel_size, str(paths[0]))
