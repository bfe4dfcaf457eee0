"""The liquid-argon events file: the accepted events' three projections, as they were simulated.

HDF5, gzip + shuffle; the non-zero pixels of each plane one event after the other (CSR). Groups
`xy`, `yz` and `zx`, each with

- `pixel` (M,) uint16: row * 256 + column, ascending within an event;
- `charge` (M,) float32: 0.01 MeV;
- `label` (M,) uint8: 1 shower, 2 track;
- `offsets` (N + 1,) int64: event i owns the entries from `offsets[i]` to `offsets[i + 1]`;

the columns of the kind of events (`COLUMNS`), each (N, ...); root attributes: see
`ArgonEventsHeader`, and, for single particles, `drawn_{pdg}` and `accepted_{pdg}`. `start` (N, 3)
is where the particle starts, in voxels along x, y and z, the centre of the first one at 0, and
`direction` (N, 3) where it goes, of length one.

Version 1 had neither `start` nor `direction`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from darkpixel.config.lartpc import ArgonImaging
from darkpixel.errors import DarkpixelError
from darkpixel.formats.events_file import REMEDY, EventsFile
from darkpixel.formats.hdf5 import append, growing_dataset
from darkpixel.formats.image_format import SHOWER, TRACK
from darkpixel.formats.initial_state import initial_columns
from darkpixel.formats.species import SpeciesCounts
from darkpixel.simulation.argon.voxels import PLANES, SIDE

FORMAT = "darkpixel-argon-events"
VERSION = 2

COLUMNS: Mapping[str, Mapping[str, tuple[str, tuple[int, ...]]]] = {
    "single": {
        "event": ("int64", ()),
        "species": ("int32", ()),
        "momentum": ("float32", ()),
        "start": ("float32", (3,)),
        "direction": ("float32", (3,)),
    },
    "vertex": {"event": ("int64", ()), "particles": ("int32", ())},
}
"""Name, type and shape of an entry of the columns of each kind of events."""
_PIXELS = {"pixel": "uint16", "charge": "float32", "label": "uint8"}
_BLOCK = 128  # events held dense at once: 50 MB with their labels
_CHUNK = 16384  # entries per HDF5 chunk


@dataclass(frozen=True)
class ArgonEventsHeader:
    """Root attributes of an events file: what made it and what came out."""

    kind: str  # single or vertex
    images: int  # accepted events
    drawn: int  # simulated events with enough pixels, until the last accepted one
    species: SpeciesCounts  # of single particles
    seed: int
    settings: dict[str, Any]
    imaging: dict[str, Any]
    config_digest: str
    software: str


class ArgonEventsWriter:
    """Appends events to an open file, a block at a time."""

    def __init__(self, file: h5py.File, kind: str, header: Mapping[str, Any]) -> None:
        self._file = file
        file.attrs.update({"format": FORMAT, "version": VERSION, "kind": kind, **header})
        for plane in PLANES:
            for name, dtype in {**_PIXELS, "offsets": "int64"}.items():
                growing_dataset(file, f"{plane}/{name}", dtype, chunk=_CHUNK)
            append(file[f"{plane}/offsets"], np.zeros(1, np.int64))
        for name, (dtype, tail) in COLUMNS[kind].items():
            growing_dataset(file, name, dtype, chunk=_CHUNK, tail=tail)

    def append(
        self,
        planes: Mapping[str, Sequence[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]],
        columns: Mapping[str, Sequence[Any]],
    ) -> None:
        """Add events: per plane one (pixel, charge, label) each; per column one value each."""
        for plane, events in planes.items():
            start = len(self._file[f"{plane}/pixel"])
            counts = [len(pixel) for pixel, _, _ in events]
            for number, (name, dtype) in enumerate(_PIXELS.items()):
                joined = np.concatenate([np.zeros(0, dtype), *(event[number] for event in events)])
                append(self._file[f"{plane}/{name}"], joined)
            append(self._file[f"{plane}/offsets"], start + np.cumsum(counts, dtype=np.int64))
        for name, values in columns.items():
            append(self._file[name], np.asarray(values))

    def finish(self, drawn: int, counts: Mapping[str, int]) -> None:
        """Write the closing attributes."""
        images = len(self._file["event"])
        self._file.attrs.update({"images": images, "drawn": drawn, **counts})


def read_header(path: str | Path) -> ArgonEventsHeader:
    """The header of an events file.

    Raises:
        DarkpixelError: absent, not HDF5, truncated, of another format or version, incomplete.
    """
    with _open(path) as events:
        return _header(events)


def count_events(paths: Sequence[str | Path]) -> int:
    """Events in all of the files together.

    Raises:
        DarkpixelError: as `read_header`.
    """
    return sum(read_header(path).images for path in paths)


def event_blocks(
    paths: Sequence[str | Path], imaging: ArgonImaging
) -> Iterator[tuple[NDArray[np.float32], dict[str, NDArray[Any]]]]:
    """Stream the events of several files, in order.

    Yields:
        images (n, 256, 256) float32 of the plane of `imaging`, 0.01 MeV, neither cropped nor
        scaled; columns: those of the kind of events, with start and direction as
        `darkpixel.formats.initial_state` has them, and `pixel_labels` (n, 256, 256) uint8.

    Raises:
        DarkpixelError: as `read_header`; the events were accepted for another plane or crop than
            that of `imaging`; damaged pixels.
    """
    for path in paths:
        with _open(path) as events:
            header = _header(events)
            for key in ("plane", "pixels", "minimum_filled"):
                made_with, wanted = header.imaging.get(key), getattr(imaging, key)
                if made_with != wanted:
                    raise DarkpixelError(
                        f"{path}: events accepted with imaging.{key} {made_with}, not {wanted}; "
                        f"{REMEDY}, or set the key back."
                    )
            for start in range(0, header.images, _BLOCK):
                stop = min(start + _BLOCK, header.images)
                with events.reading(f"what follows event {start}"):
                    block = _dense(events, imaging.plane, header.kind, start, stop)
                yield block


def _dense(
    events: EventsFile, plane: str, kind: str, start: int, stop: int
) -> tuple[NDArray[np.float32], dict[str, NDArray[Any]]]:
    offsets = events[f"{plane}/offsets"][start : stop + 1]
    counts = np.diff(offsets)
    rising = bool((counts > 0).all()) and (start > 0 or offsets[0] == 0)
    events.check(rising, f"{plane}/offsets", "do not increase from 0")
    part = slice(int(offsets[0]), int(offsets[-1]))
    pixel, charge, label = (events[f"{plane}/{name}"][part] for name in _PIXELS)
    good = bool((charge > 0).all() and (charge < np.inf).all())
    events.check(good, f"{plane}/charge", "has values that are not above zero, or not finite")
    known = bool(np.isin(label, (SHOWER, TRACK)).all())
    events.check(known, f"{plane}/label", f"has values beside {SHOWER} and {TRACK}")
    event = np.repeat(np.arange(stop - start), counts)
    place = event * SIDE * SIDE + pixel
    images = np.zeros((stop - start, SIDE, SIDE), np.float32)
    labels = np.zeros((stop - start, SIDE, SIDE), np.uint8)
    images.reshape(-1)[place] = charge
    labels.reshape(-1)[place] = label
    columns = {name: events[name][start:stop] for name in COLUMNS[kind]}
    if kind == "single":
        columns |= initial_columns(plane, columns.pop("start"), columns.pop("direction"))
    return images, {**columns, "pixel_labels": labels}


def _open(path: str | Path) -> EventsFile:
    names = (
        "kind", "images", "drawn", "seed", "settings", "imaging", "config_digest", "software",
    )  # fmt: skip
    return EventsFile(path, FORMAT, VERSION, names)


def _header(events: EventsFile) -> ArgonEventsHeader:
    with events.reading("the header"):
        attributes = events.attributes
        kind, images = str(attributes["kind"]), int(attributes["images"])
        events.check(kind in COLUMNS, "attribute kind", f"is {kind!r}, expected single or vertex")
        expected = {name: (dtype, (images, *tail)) for name, (dtype, tail) in COLUMNS[kind].items()}
        for plane in PLANES:
            pixels = events.last(f"{plane}/offsets")
            expected |= {f"{plane}/{name}": (dtype, (pixels,)) for name, dtype in _PIXELS.items()}
            expected[f"{plane}/offsets"] = ("int64", (images + 1,))
        events.check_datasets(expected)
        imaging = json.loads(attributes["imaging"])
        events.check(isinstance(imaging, dict), "attribute imaging", "holds no keys and values")
        return ArgonEventsHeader(
            kind=kind,
            images=images,
            drawn=int(attributes["drawn"]),
            species=SpeciesCounts.of(attributes),
            seed=int(attributes["seed"]),
            settings=json.loads(attributes["settings"]),
            imaging=imaging,
            config_digest=str(attributes["config_digest"]),
            software=str(attributes["software"]),
        )
