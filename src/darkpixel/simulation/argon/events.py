"""The argon events file: the accepted events' three projections as the simulator left them.

HDF5, gzip + shuffle; the non-zero pixels of each plane one event after the other (CSR). Groups
`xy`, `yz` and `zx`, each with

- `pixel` (M,) uint16: row * 256 + column, ascending within an event;
- `charge` (M,) float32: 0.01 MeV;
- `label` (M,) uint8: 1 shower, 2 track;
- `offsets` (N + 1,) int64: event i owns the entries from `offsets[i]` to `offsets[i + 1]`;

the columns of the kind of events (`COLUMNS`), each (N,); root attributes: see `ArgonEventsHeader`,
and, for single particles, `drawn_{pdg}` and `accepted_{pdg}`.
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
from darkpixel.formats.hdf5 import append
from darkpixel.simulation.argon.voxels import PLANES, SIDE

FORMAT = "darkpixel-argon-events"
VERSION = 1

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "single": {"event": "int64", "species": "int32", "momentum": "float32"},
    "vertex": {"event": "int64", "particles": "int32"},
}
_PIXELS = {"pixel": "uint16", "charge": "float32", "label": "uint8"}
_BLOCK = 128  # events held dense at once: 50 MB with their labels
_REMEDY = "delete the file and run the simulation again"


@dataclass(frozen=True)
class ArgonEventsHeader:
    """Root attributes of an events file: what made it and what came out."""

    kind: str  # single or vertex
    images: int  # accepted events
    drawn: int  # simulated events with enough pixels, until the last accepted one
    counts: dict[str, int]  # drawn_{pdg} and accepted_{pdg}
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
                _create(file, f"{plane}/{name}", dtype)
            append(file[f"{plane}/offsets"], np.zeros(1, np.int64))
        for name, dtype in COLUMNS[kind].items():
            _create(file, name, dtype)

    def append(
        self,
        planes: Mapping[str, Sequence[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]],
        columns: Mapping[str, Sequence[float]],
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


def _create(file: h5py.File, name: str, dtype: str) -> None:
    file.create_dataset(
        name,
        shape=(0,),
        maxshape=(None,),
        chunks=(16384,),
        dtype=dtype,
        compression="gzip",
        shuffle=True,
        track_times=False,
    )


def read_header(path: str | Path) -> ArgonEventsHeader:
    """The header of an events file.

    Raises:
        DarkpixelError: absent, not HDF5, truncated, of another format or version, incomplete.
    """
    with _open(Path(path)) as file:
        return _header(Path(path), file)


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
        scaled; columns: those of the kind of events, and `pixel_labels` (n, 256, 256) uint8.

    Raises:
        DarkpixelError: as `read_header`; the events were accepted for another plane or crop than
            that of `imaging`; damaged pixels.
    """
    for path in map(Path, paths):
        with _open(path) as file:
            header = _header(path, file)
            for key in ("plane", "pixels", "minimum_filled"):
                found, wanted = header.imaging[key], getattr(imaging, key)
                if found != wanted:
                    raise DarkpixelError(
                        f"{path}: events accepted with imaging.{key} {found}, not {wanted}; "
                        f"{_REMEDY}, or set the key back."
                    )
            for start in range(0, header.images, _BLOCK):
                stop = min(start + _BLOCK, header.images)
                try:
                    yield _dense(path, file, imaging.plane, header.kind, start, stop)
                except OSError as error:
                    raise DarkpixelError(
                        f"{path}: unreadable after event {start} ({error}); {_REMEDY}."
                    ) from error


def _dense(
    path: Path, file: h5py.File, plane: str, kind: str, start: int, stop: int
) -> tuple[NDArray[np.float32], dict[str, NDArray[Any]]]:
    group = file[plane]
    offsets = group["offsets"][start : stop + 1]
    counts = np.diff(offsets)
    _check(path, bool((counts > 0).all()), f"{plane}/offsets", "do not increase")
    part = slice(int(offsets[0]), int(offsets[-1]))
    charge, label = group["charge"][part], group["label"][part]
    good = bool((charge > 0).all() and (charge < np.inf).all())
    _check(path, good, f"{plane}/charge", "has values that are not above zero, or not finite")
    _check(path, bool(np.isin(label, (1, 2)).all()), f"{plane}/label", "has values beside 1 and 2")
    event = np.repeat(np.arange(stop - start), counts)
    place = event * SIDE * SIDE + group["pixel"][part]
    images = np.zeros((stop - start, SIDE, SIDE), np.float32)
    labels = np.zeros((stop - start, SIDE, SIDE), np.uint8)
    images.reshape(-1)[place] = charge
    labels.reshape(-1)[place] = label
    columns = {name: file[name][start:stop] for name in COLUMNS[kind]}
    return images, {**columns, "pixel_labels": labels}


def _open(path: Path) -> h5py.File:
    if not path.is_file():
        raise DarkpixelError(f"{path}: no such file; run the simulation that makes it.")
    try:
        # The file never changes once it has its name, and some cluster disks have no locks.
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        raise DarkpixelError(f"{path}: not a whole HDF5 file ({error}); {_REMEDY}.") from error


def _header(path: Path, file: h5py.File) -> ArgonEventsHeader:
    attributes = file.attrs
    found = attributes.get("format", "none")
    _check(path, found == FORMAT, "attribute format", f"is {found!r}, expected {FORMAT!r}")
    version = attributes.get("version", "none")
    _check(path, version == VERSION, "attribute version", f"is {version}, expected {VERSION}")
    for name in (
        "kind", "images", "drawn", "seed", "settings", "imaging", "config_digest", "software",
    ):  # fmt: skip
        _check(path, name in attributes, f"attribute {name}", "is missing")
    kind, images = str(attributes["kind"]), int(attributes["images"])
    _check(path, kind in COLUMNS, "attribute kind", f"is {kind!r}, expected single or vertex")
    lengths = {name: (dtype, images) for name, dtype in COLUMNS[kind].items()}
    for plane in PLANES:
        offsets = file.get(f"{plane}/offsets")
        whole = isinstance(offsets, h5py.Dataset) and len(offsets) > 0
        last = int(offsets[-1]) if whole else 0
        lengths |= {f"{plane}/{name}": (dtype, last) for name, dtype in _PIXELS.items()}
        lengths[f"{plane}/offsets"] = ("int64", images + 1)
    for name, (dtype, length) in lengths.items():
        _check(path, isinstance(file.get(name), h5py.Dataset), name, "is missing")
        data = file[name]
        _check(path, data.dtype == dtype, name, f"is {data.dtype}, expected {dtype}")
        expected = f"has shape {data.shape}, expected {(length,)}"
        _check(path, data.shape == (length,), name, expected)
    return ArgonEventsHeader(
        kind=kind,
        images=images,
        drawn=int(attributes["drawn"]),
        counts={
            name: int(attributes[name])
            for name in attributes
            if name.startswith(("drawn_", "accepted_"))
        },
        seed=int(attributes["seed"]),
        settings=json.loads(attributes["settings"]),
        imaging=json.loads(attributes["imaging"]),
        config_digest=str(attributes["config_digest"]),
        software=str(attributes["software"]),
    )


def _check(path: Path, good: bool, field: str, found: str) -> None:
    if not good:
        raise DarkpixelError(f"{path}: {field} {found}; {_REMEDY}.")
