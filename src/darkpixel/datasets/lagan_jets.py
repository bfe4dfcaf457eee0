"""The public LAGAN jet images: one HDF5 file with both labels, 25 x 25 pixels, in GeV.

Datasets: `image` (N, 25, 25), `signal` (N,), 1 for W bosons and 0 for QCD, and the attributes of
`COLUMNS`, (N,) each. L. de Oliveira, M. Paganini, B. Nachman, arXiv:1701.05927; the file's place
and checksum are in config/sources.yaml.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, Events
from darkpixel.formats.hdf5 import check_readable, open_hdf5, sound

PIXEL_SIZE = 0.1
"""Eta and phi per pixel of the LAGAN file: 25 pixels over 2 x 1.25 (its file name says R1.25)."""
THRESHOLD = 1e-3
"""GeV; LAGAN sets smaller pixels to zero before training."""
SHAPE = 25, 25
_SIGNAL = {"signal": 1, "background": 0}
COLUMNS = (
    *("jet_pt", "jet_eta", "jet_phi", "jet_mass", "jet_delta_R"),
    *("tau_1", "tau_2", "tau_3", "tau_21", "tau_32"),
)
_BLOCK = 4096
_REMEDY = "download it again"


def lagan_events(path: str | Path, label: str, threshold: float = THRESHOLD) -> Events:
    """The events of one label of the public LAGAN file (25 x 25 pixels, GeV).

    Pixels below `threshold` are set to zero, as LAGAN does. The column `event` is the row in the
    file; the other columns are the file's own jet attributes.

    Args:
        label: `signal` (W bosons) or `background` (QCD).

    Raises:
        DarkpixelError: the file is damaged, has another layout, or holds bad pixels.
    """
    if label not in _SIGNAL:
        raise DarkpixelError(
            f"{path}: no label '{label}' in the LAGAN file; it has signal and background."
        )
    path = Path(path)
    with _open(path) as file, sound(path, _REMEDY, "signal"):
        rows = np.flatnonzero(file["signal"][:] == _SIGNAL[label])
    return Events(_blocks(path, rows, threshold), len(rows))


def _blocks(path: Path, rows: NDArray[np.intp], threshold: float) -> Iterator[Block]:
    with _open(path) as file:
        for start in range(0, len(file["image"]), _BLOCK):
            stop = min(start + _BLOCK, len(file["image"]))
            first, last = np.searchsorted(rows, [start, stop])
            if first == last:
                continue
            event = rows[first:last]
            with sound(path, _REMEDY, f"what is in rows {start} to {stop}"):
                images = file["image"][start:stop][event - start].astype(np.float32)
                columns = {name: file[name][start:stop][event - start] for name in COLUMNS}
            # Rounding may leave tiny negative values; anything larger is no calorimeter image.
            bad = ~(np.isfinite(images) & (images > -threshold)).all(axis=(1, 2))
            if bad.any():
                raise DarkpixelError(
                    f"{path}: image[{event[bad.argmax()]}] holds NaN, infinite or negative pixels; "
                    "download it again."
                )
            images[images < threshold] = 0
            yield images, {"event": event.astype(np.int64), **columns}


def _open(path: Path) -> h5py.File:
    """Open the LAGAN file and check its layout."""
    file = open_hdf5(path, missing="download it, or check the path", remedy=_REMEDY)
    try:
        with sound(path, _REMEDY):
            _check_layout(path, file)
    except DarkpixelError:
        file.close()
        raise
    return file


def _check_layout(path: Path, file: h5py.File) -> None:
    other = "not as in the LAGAN file; for files of your own use `source: file`."
    count = None
    for name in ("image", "signal", *COLUMNS):
        item = file.get(name)
        if not isinstance(item, h5py.Dataset):
            raise DarkpixelError(f"{path}: {name} is missing, {other}")
        tail = SHAPE if name == "image" else ()
        if item.ndim == 0 or item.shape[1:] != tail or item.shape[0] != (count or item.shape[0]):
            raise DarkpixelError(f"{path}: {name} is of shape {item.shape}, {other}")
        if item.dtype.kind not in "fiu":
            raise DarkpixelError(f"{path}: {name} has type {item.dtype}, {other}")
        check_readable(path, item)
        count = item.shape[0]
