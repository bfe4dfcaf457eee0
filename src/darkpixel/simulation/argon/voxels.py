# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""From energy deposits to three projections with pixel labels, as in the public data.

The box is a cube of 256 voxels a side that contains the vertex and is placed to hold as much of
the energy as possible. Energy is summed per voxel, voxels below a threshold are dropped and the
others capped; planes are sums of voxels. Values are in 0.01 MeV.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkpixel.formats.image_format import SHOWER, TRACK
from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.record import DEPOSITS, Record

SIDE = 256
PLANES = ("xy", "yz", "zx")
UNITS = 100.0  # image values per MeV
_OFFSETS = 64  # places of the box that are tried per axis
_HASH_BITS = 19  # twice as many entries as an event has deposits at most


class Projections(NamedTuple):
    """Scratch of one event's images, empty between events.

    images: (3, 256, 256) float32, 0.01 MeV; labels: (3, 256, 256) uint8; pixels: (3, 65536) int32,
    flat indices of the pixels in use, the first `counts[plane]`; the rest is a hash table of
    voxels: key, energy in MeV, whether a track is in it, the entries in use.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]
    pixels: NDArray[np.int32]
    counts: NDArray[np.int64]
    keys: NDArray[np.int32]
    energy: NDArray[np.float64]
    track: NDArray[np.uint8]
    entries: NDArray[np.int32]


def new_projections() -> Projections:
    """Empty scratch, 16 MB."""
    size = 2**_HASH_BITS
    return Projections(
        np.zeros((3, SIDE, SIDE), np.float32),
        np.zeros((3, SIDE, SIDE), np.uint8),
        np.zeros((3, SIDE * SIDE), np.int32),
        np.zeros(3, np.int64),
        np.full(size, -1, np.int32),
        np.zeros(size),
        np.zeros(size, np.uint8),
        np.zeros(size, np.int32),
    )


@kernel
def choose_box(record: Record, side: float, corner: NDArray[np.float64]) -> None:
    """Fill `corner` (3,), cm: the box [corner, corner + side) holds the origin and most energy.

    Each axis on its own, over 64 places at random phase, uniformly among the best of them.
    """
    step = side / _OFFSETS
    sums = np.empty(2 * _OFFSETS + 1)
    for axis in range(3):
        # The first place ends just beyond the origin, the last begins just before it.
        first = -side + step * np.random.random()
        sums[:] = 0
        for i in range(record.counts[DEPOSITS]):
            cell = int(np.floor((record.deposits[i, axis] - first) / step))
            if 0 <= cell < 2 * _OFFSETS:
                sums[cell + 1] += record.deposits[i, 3]
        for cell in range(2 * _OFFSETS):
            sums[cell + 1] += sums[cell]
        most = 0.0
        for offset in range(_OFFSETS):
            most = max(most, sums[offset + _OFFSETS] - sums[offset])
        equal = 0
        for offset in range(_OFFSETS):
            # 1 keV: less than any pixel's threshold
            if sums[offset + _OFFSETS] - sums[offset] >= most - 1e-3:
                equal += 1
                if np.random.random() * equal < 1:
                    corner[axis] = first + offset * step


@kernel
def project(
    record: Record,
    corner: NDArray[np.float64],
    pixel_size: float,
    cap: float,
    threshold: float,
    labelling: int,
    projections: Projections,
) -> None:
    """Fill the empty `projections` from the deposits inside the box.

    Args:
        cap: of a voxel, MeV.
        threshold: voxels below it are dropped, MeV.
        labelling: column of the record's `makers`, 0 by particle, 1 by ancestor.
    """
    mask = projections.keys.size - 1
    used = 0
    for i in range(record.counts[DEPOSITS]):
        a = int(np.floor((record.deposits[i, 0] - corner[0]) / pixel_size))
        b = int(np.floor((record.deposits[i, 1] - corner[1]) / pixel_size))
        c = int(np.floor((record.deposits[i, 2] - corner[2]) / pixel_size))
        if min(a, b, c) < 0 or max(a, b, c) >= SIDE:
            continue
        key = (a * SIDE + b) * SIDE + c
        # Fibonacci hashing, then the next free entry.
        entry = ((key * 2654435769) >> 12) & mask
        while projections.keys[entry] != key and projections.keys[entry] != -1:
            entry = (entry + 1) & mask
        if projections.keys[entry] == -1:
            projections.keys[entry] = key
            projections.entries[used] = entry
            used += 1
        projections.energy[entry] += record.deposits[i, 3]
        if record.makers[i, labelling] == TRACK:
            projections.track[entry] = 1
    for i in range(used):
        entry = projections.entries[i]
        key = projections.keys[entry]
        energy = projections.energy[entry]
        label = TRACK if projections.track[entry] else SHOWER
        projections.keys[entry] = -1
        projections.energy[entry] = 0
        projections.track[entry] = 0
        if energy < threshold:
            continue
        charge = min(energy, cap) * UNITS
        x, y, z = key // (SIDE * SIDE), key // SIDE % SIDE, key % SIDE
        # Rows are the plane's second axis, columns its first.
        _add(projections, 0, y, x, charge, label)
        _add(projections, 1, z, y, charge, label)
        _add(projections, 2, x, z, charge, label)


@kernel
def _add(
    projections: Projections, plane: int, row: int, column: int, charge: float, label: int
) -> None:
    """Add a voxel to a plane; where particles overlap, the pixel is track."""
    if projections.labels[plane, row, column] == 0:
        projections.pixels[plane, projections.counts[plane]] = row * SIDE + column
        projections.counts[plane] += 1
    projections.images[plane, row, column] += charge
    if label > projections.labels[plane, row, column]:
        projections.labels[plane, row, column] = label


@kernel
def empty(projections: Projections) -> None:
    """Clear the planes for the next event."""
    for plane in range(3):
        for i in range(projections.counts[plane]):
            row, column = divmod(projections.pixels[plane, i], SIDE)
            projections.images[plane, row, column] = 0
            projections.labels[plane, row, column] = 0
        projections.counts[plane] = 0


@kernel
def sparse(
    projections: Projections,
    plane: int,
    index: NDArray[np.uint16],
    charge: NDArray[np.float32],
    label: NDArray[np.uint8],
) -> None:
    """Copy the pixels of a plane in raster order into arrays of length `counts[plane]`."""
    pixels = np.sort(projections.pixels[plane, : projections.counts[plane]])
    for i in range(pixels.size):
        row, column = divmod(pixels[i], SIDE)
        index[i] = pixels[i]
        charge[i] = projections.images[plane, row, column]
        label[i] = projections.labels[plane, row, column]
