"""The jet events file: the cells of trimmed jets as the generator left them, before imaging.

HDF5, gzip + shuffle, jets of varying length stored one after the other (CSR):

- `cells` (M, 3) float32: pseudorapidity and azimuth relative to the leading subjet, pT in GeV;
- `offsets` (N + 1,) int64: jet i owns `cells[offsets[i]:offsets[i + 1]]`;
- the columns of `COLUMNS`, each (N,);
- root attributes: see `JetEventsHeader`.

`jet_mass`, `jet_pt` and `jet_eta` (pseudorapidity) are those of the trimmed jet. `subjet_deta`
and `subjet_dphi` point from the leading to the subleading kept subjet and are NaN when only one
was kept. `event` is the position in the generator's sequence, so `(seed, event)` names a collision.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from darkpixel.formats.events_file import EventsFile
from darkpixel.formats.hdf5 import append, growing_dataset

FORMAT = "darkpixel-jet-events"
VERSION = 1

COLUMNS: dict[str, str] = {
    "jet_pt": "float32",
    "jet_eta": "float32",
    "jet_mass": "float32",
    "subjet_deta": "float32",
    "subjet_dphi": "float32",
    "subjets": "int32",
    "event": "int64",
}
_MAY_BE_NAN = ("subjet_deta", "subjet_dphi")
_BLOCK = 2048  # jets written at once, whatever the generator's batch: same seed, same bytes


@dataclass(frozen=True)
class JetEvents:
    """A block of n jets.

    cells: (M, 3) float32, delta eta, delta phi, pT in GeV; offsets: (n + 1,) int64, from 0 to M;
    columns: the arrays of `COLUMNS`, each (n,).
    """

    cells: NDArray[np.float32]
    offsets: NDArray[np.int64]
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, part: slice) -> "JetEvents":
        """A contiguous range of jets, with offsets that start at 0 again."""
        start, stop, step = part.indices(len(self))
        if step != 1:
            raise ValueError("jets are taken in order, with step 1")
        offsets = self.offsets[start : max(start, stop) + 1]
        return JetEvents(
            self.cells[offsets[0] : offsets[-1]],
            offsets - offsets[0],
            {name: values[part] for name, values in self.columns.items()},
        )


@dataclass(frozen=True)
class JetEventsHeader:
    """Root attributes of an events file: what made it and what came out."""

    images: int  # accepted jets
    generated: int  # collisions simulated until the last accepted jet
    label: str
    seed: int
    settings: dict[str, Any]
    config_digest: str
    software: str


def concatenate(blocks: list[JetEvents]) -> JetEvents:
    """Join blocks of jets, in order."""
    counts = [np.diff(block.offsets) for block in blocks]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([*counts, np.zeros(0, np.int64)]))])
    return JetEvents(
        np.concatenate([np.zeros((0, 3), np.float32), *(block.cells for block in blocks)]),
        offsets.astype(np.int64),
        {
            name: np.concatenate([np.zeros(0, dtype), *(b.columns[name] for b in blocks)])
            for name, dtype in COLUMNS.items()
        },
    )


class JetEventsWriter:
    """Appends jets to an open events file with bounded memory.

    The bytes depend on the jets only, not on how many were appended at a time.
    """

    def __init__(self, file: h5py.File, header_attributes: dict[str, Any]) -> None:
        self._file = file
        self._file.attrs.update({"format": FORMAT, "version": VERSION, "dataset": "jets"})
        self._file.attrs.update(header_attributes)
        self._waiting: list[JetEvents] = []
        self._cells = growing_dataset(file, "cells", "float32", chunk=16384, tail=(3,))
        self._offsets = growing_dataset(file, "offsets", "int64", chunk=_BLOCK)
        self._columns = {
            name: growing_dataset(file, name, dtype, chunk=_BLOCK)
            for name, dtype in COLUMNS.items()
        }
        append(self._offsets, np.zeros(1, np.int64))

    def append(self, jets: JetEvents) -> None:
        self._waiting.append(jets)
        if sum(map(len, self._waiting)) < _BLOCK:
            return
        waiting = concatenate(self._waiting)
        whole = len(waiting) // _BLOCK * _BLOCK
        for start in range(0, whole, _BLOCK):
            self._write(waiting[start : start + _BLOCK])
        self._waiting = [waiting[whole:]]

    def _write(self, jets: JetEvents) -> None:
        start = len(self._cells)
        append(self._cells, jets.cells)
        append(self._offsets, jets.offsets[1:] + start)
        for name, column in self._columns.items():
            append(column, jets.columns[name])

    def finish(self, generated: int) -> None:
        """Write what waits and the closing attributes."""
        self._write(concatenate(self._waiting))
        self._waiting = []
        images = len(self._columns["event"])
        self._file.attrs.update(
            {
                "images": images,
                "generated": generated,
                "acceptance": images / max(generated, 1),
                "mean_jet_pt": float(np.mean(self._columns["jet_pt"][:], dtype=np.float64)),
                "mean_jet_mass": float(np.mean(self._columns["jet_mass"][:], dtype=np.float64)),
            }
        )


def read_header(path: str | Path) -> JetEventsHeader:
    """The header of an events file.

    Raises:
        DarkpixelError: absent, not HDF5, truncated, of another format or version, incomplete.
    """
    with _open(path) as events:
        return _header(events)


def read_blocks(path: str | Path, block: int = 4096) -> Iterator[JetEvents]:
    """Stream the jets of an events file, `block` at a time, in order.

    Raises:
        DarkpixelError: as `read_header`, or cells that are not finite, pT not above zero.
    """
    with _open(path) as events:
        images = _header(events).images
        for start in range(0, images, block):
            stop = min(start + block, images)
            with events.reading(f"what follows event {start}"):
                offsets = events["offsets"][start : stop + 1]
                rising = start > 0 or offsets[0] == 0
                rising = bool(rising and np.all(np.diff(offsets) > 0))
                events.check(rising, "offsets", "do not increase from 0")
                cells = events["cells"][offsets[0] : offsets[-1]]
                columns = {name: events[name][start:stop] for name in COLUMNS}
            events.check(bool(np.isfinite(cells).all()), "cells", "has values that are not finite")
            events.check(bool((cells[:, 2] > 0).all()), "cells", "has pT that is not above zero")
            for name, values in columns.items():
                finite = name in _MAY_BE_NAN or bool(np.isfinite(values).all())
                events.check(finite, name, "has values that are not finite")
            yield JetEvents(cells, offsets - offsets[0], columns)


def _open(path: str | Path) -> EventsFile:
    names = ("images", "generated", "label", "seed", "settings", "config_digest", "software")
    return EventsFile(path, FORMAT, VERSION, names)


def _header(events: EventsFile) -> JetEventsHeader:
    with events.reading("the header"):
        attributes = events.attributes
        images = int(attributes["images"])
        events.check_datasets(
            {
                "cells": ("float32", (events.last("offsets"), 3)),
                "offsets": ("int64", (images + 1,)),
                **{name: (dtype, (images,)) for name, dtype in COLUMNS.items()},
            }
        )
        return JetEventsHeader(
            images=images,
            generated=int(attributes["generated"]),
            label=str(attributes["label"]),
            seed=int(attributes["seed"]),
            settings=json.loads(attributes["settings"]),
            config_digest=str(attributes["config_digest"]),
            software=str(attributes["software"]),
        )
