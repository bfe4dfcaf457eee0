"""Prepared jet images: of simulated jets, of the public LAGAN file, or of a user's own file."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from darkpixel.config.data import SplitSizes
from darkpixel.config.jets import JetImaging
from darkpixel.config.names import PYTHIA
from darkpixel.datasets.lagan_jets import PIXEL_SIZE, lagan_events
from darkpixel.datasets.own_files import file_in_angles, repeated_events
from darkpixel.datasets.repeats import Repeats
from darkpixel.datasets.splits import write_splits
from darkpixel.formats.blocks import Events
from darkpixel.simulation.jets.images import count_events, event_blocks


def prepare(
    source: Literal["simulate", "download", "file"],
    paths: Sequence[Path],
    outputs: Mapping[str, str | Path],
    *,
    label: str,
    imaging: JetImaging,
    sizes: SplitSizes,
    seed: int,
    config_digest: str,
    beside: Iterable[str | Path] = (),
    columns: Sequence[str] = (),
) -> None:
    """Write the images of one label in three splits; either all of them appear or none.

    Args:
        source: of the jets, as in the configuration.
        paths: events files of a simulation, or one file: LAGAN's, or a user's own.
        outputs: path of each split.
        imaging: how simulated jets become images. The public file has its own pixels, and a
            user's file may state its own.
        sizes, seed, config_digest: as in `write_splits`.
        beside: a user's files of the other labels, whose images must have the same size.
        columns: that the images must have, as `required` in `write_splits`.

    Raises:
        DarkpixelError: a file is bad, or there are too few events.
    """
    pixel_size, origin = imaging.pixel_size, PYTHIA
    groups = None
    match source:
        case "simulate":
            events = Events(event_blocks(paths, imaging), count_events(paths))
        case "download":
            events = lagan_events(paths[0], label, imaging.threshold)
            pixel_size, origin = PIXEL_SIZE, paths[0].stem
            repeats = Repeats()
            repeats.see_all(lagan_events(paths[0], label, imaging.threshold).blocks)
            groups = repeats.groups(str(paths[0]))
        case "file":
            events, pixel_size = file_in_angles(paths[0], pixel_size, beside)
            origin, groups = str(paths[0]), repeated_events(paths[0])
    write_splits(
        *events,
        outputs,
        sizes=sizes,
        seed=seed,
        dataset="jets",
        label=label,
        pixel_size=pixel_size,
        unit="GeV",
        source=origin,
        config_digest=config_digest,
        required=columns,
        shuffled=source != "simulate",
        groups=groups,
    )
