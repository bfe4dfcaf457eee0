"""Files of other programs made into image files, for a run on them (`darkpixel init`)."""

from itertools import chain
from pathlib import Path

import h5py
import numpy as np

from darkpixel.datasets.foreign import Grid, image_blocks, incident_energies
from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import append, growing_dataset, new_hdf5, open_hdf5, sound
from darkpixel.formats.image_format import chunk_length

ENERGY = "incident_energy"
"""Column of CaloChallenge's images, MeV: a model can be told it."""
_REMAKE = "make the file again"


def is_image_file(path: str | Path) -> bool:
    """Whether a run reads the file as it is: HDF5 with `images`, or what it must refuse itself."""
    path = Path(path)
    if path.suffix.lower() in (".npy", ".npz"):
        return False
    if path.suffix.lower() not in (".h5", ".hdf5") or not path.is_file():
        return True
    with open_hdf5(path, missing="correct the path", remedy=_REMAKE) as file, sound(path, _REMAKE):
        return "images" in file


def write_image_file(
    path: str | Path,
    output: str | Path,
    *,
    grid: Grid | None = None,
    pixel_size: float | None = None,
    unit: str | None = None,
) -> int:
    """Write the images of a file of any kind that `image_blocks` reads, block by block.

    Args:
        output: HDF5 with `images` (N, H, W), and `incident_energy` (N,) of CaloChallenge's showers.
        pixel_size, unit: kept as attributes where the file does not say them itself.

    Returns:
        How many images it holds.

    Raises:
        DarkpixelError: the file cannot be read, or says another unit or size of pixels; the
            output cannot be written.
    """
    path = Path(path)
    blocks, about = image_blocks(path, grid)
    asked = {"pixel_size": pixel_size, "unit": unit}
    for key, value in asked.items():
        if value is not None and about.get(key, value) != value:
            raise DarkpixelError(f"{path}: has the {key} {about[key]}, not {value}; leave it out.")
    stated = {key: about.get(key, value) for key, value in asked.items()}
    first = next(blocks, None)
    if first is None:
        raise DarkpixelError(f"{path}: holds no images.")
    with new_hdf5(output) as (file, disk):
        chunk = chunk_length(*first.shape[1:])
        images = growing_dataset(file, "images", np.float32, chunk=chunk, tail=first.shape[1:])
        for block in chain([first], blocks):
            append(images, block)
            disk.check()
        file.attrs.update({key: value for key, value in stated.items() if value is not None})
        column: h5py.Dataset | None = None
        for energies in incident_energies(path):
            if column is None:
                column = growing_dataset(file, ENERGY, np.float32, chunk=len(energies))
            append(column, energies)
            disk.check()
        return len(images)
