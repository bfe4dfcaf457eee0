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
from darkpixel.formats.hdf5 import check_readable, one_line, open_hdf5

PIXEL_SIZE = 0.1
"""Eta and phi per pixel of the LAGAN file: 25 pixels over 2 x 1.25 (its file name says R1.25)."""
THRESHOLD = 1e-3
"""GeV; LAGAN sets smaller pixels to zero before training."""
_SIGNAL = {"signal": 1, "background": 0}
COLUMNS = (
    *("jet_pt", "jet_eta", "jet_phi", "jet_mass", "jet_delta_R"),
    *("tau_1", "tau_2", "tau_3", "tau_21", "tau_32"),
)
_BLOCK = 4096


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
    with _open(Path(path)) as file:
        rows = np.flatnonzero(file["signal"][:] == _SIGNAL[label])
    return Events(_blocks(Path(path), rows, threshold), len(rows))


def _blocks(path: Path, rows: NDArray[np.intp], threshold: float) -> Iterator[Block]:
    with _open(path) as file:
        for start in range(0, len(file["image"]), _BLOCK):
            stop = min(start + _BLOCK, len(file["image"]))
            first, last = np.searchsorted(rows, [start, stop])
            if first == last:
                continue
            event = rows[first:last]
            try:
                images = file["image"][start:stop][event - start].astype(np.float32)
                columns = {name: file[name][start:stop][event - start] for name in COLUMNS}
            except (OSError, RuntimeError) as error:
                raise DarkpixelError(
                    f"{path}: rows {start} to {stop} cannot be read ({one_line(error)}); download "
                    "it again."
                ) from error
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
    file = open_hdf5(path, missing="download it, or check the path", remedy="download it again")
    expected = {"image": 3, "signal": 1, **dict.fromkeys(COLUMNS, 1)}
    for name, rank in expected.items():
        item = file.get(name)
        shape = item.shape if isinstance(item, h5py.Dataset) else None
        if shape is None or len(shape) != rank or shape[0] != file["image"].shape[0]:
            file.close()
            raise DarkpixelError(
                f"{path}: {name} is {'missing' if shape is None else f'of shape {shape}'}, not as "
                "in the LAGAN file; for files of your own use `source: file`."
            )
        try:
            check_readable(path, item)
        except DarkpixelError:
            file.close()
            raise
    return file
