"""Files of a user's, for a run on them (`darkpixel init`): looked at, and made into image files."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from darkpixel.config.data import TAKEN_COLUMNS
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.config.names import LARTPC
from darkpixel.datasets.charge import unit_of
from darkpixel.datasets.foreign import (
    HDF5,
    PARTICLES,
    SHOWERS,
    Grid,
    hdf5_layout,
    image_blocks,
    incident_energies,
    other_arrays,
)
from darkpixel.datasets.lartpc import crop_events
from darkpixel.datasets.own_files import file_events
from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import append, growing_dataset, new_hdf5
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.image_format import chunk_length
from darkpixel.formats.species import SpeciesCounts
from darkpixel.formats.units import GEV

ENERGY = "incident_energy"
"""Column of CaloChallenge's images, MeV: a model can be told it."""
_ARRAYS = (".npy", ".npz")
_CHUNK = 65_536  # of a column


def usual_unit(dataset: str) -> str:
    """Of the pixels of a user's files that state none."""
    return unit_of(ArgonImaging()) if dataset == LARTPC else GEV


class Look(NamedTuple):
    """What a file says of its images."""

    path: Path
    is_image_file: bool
    """Whether a run reads it as it is."""
    pixels: tuple[int, int]
    """Rows and columns; of LArCV's, of the crop."""
    pixel_size: float | None
    unit: str | None
    dataset: str | None

    @property
    def is_crop(self) -> bool:
        """Whether images are too small for argon's crop and have to be taken as one themselves."""
        crop, (height, width) = ArgonImaging().pixels, self.pixels
        return height == width != crop and height < crop + 2


def look_at(path: str | Path, shape: tuple[int, int] | None = None) -> Look:
    """What can be told of a file without reading all of it.

    Args:
        shape: rows and columns of CaloChallenge's cells.

    Raises:
        DarkpixelError: it cannot be read, or holds no images that a run could have.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    layout = hdf5_layout(path)[0] if suffix in HDF5 and path.is_file() else None
    if layout == PARTICLES:
        raise DarkpixelError(
            f"{path}: pT in units of the jet's, which is no energy; make images in GeV of its "
            "particles, as HDF5."
        )
    if suffix in (*_ARRAYS, ".root") or layout == SHOWERS:
        blocks, about = image_blocks(path, Grid(shape=shape))
        first = _first(blocks, path)
        height, width = first.shape[1:]
        is_image_file = suffix == ".root"
    else:
        with ImageFile(path) as images:
            about, is_image_file = images.attributes, True
            _, height, width = images.shape
    found = about.get("pixel_size")
    return Look(
        path, is_image_file, (height, width), None if found is None else float(found),
        about.get("unit"), about.get("dataset"),
    )  # fmt: skip


def images_in(look: Look, *, cropped: bool) -> int:
    """How many images a run would find in a file that it reads.

    Args:
        cropped: argon's, of which those count that pass the crop.
    """
    if look.path.suffix.lower() == ".root":
        return sum(len(images) for images in image_blocks(look.path)[0])
    crop = ArgonImaging()
    with ImageFile(look.path) as file:
        total = len(file)
    if not cropped or look.is_crop or look.pixels == (crop.pixels, crop.pixels):
        return total
    passed = crop_events(file_events(look.path).blocks, crop, SpeciesCounts(), str(look.path))
    return sum(len(images) for images, _ in passed)


def write_image_file(
    path: str | Path,
    output: str | Path,
    *,
    shape: tuple[int, int] | None = None,
    pixel_size: float | None = None,
    unit: str | None = None,
) -> list[str]:
    """Write the images of a file of any kind that `image_blocks` reads, block by block.

    Args:
        output: HDF5 with `images` (N, H, W) and columns (N,): `incident_energy` of CaloChallenge's
            showers, the other arrays of an .npz that have a number for each image.
        shape: rows and columns of CaloChallenge's cells.
        pixel_size, unit: kept as attributes where the file does not say them itself.

    Returns:
        Names of the arrays that were left out.

    Raises:
        DarkpixelError: the file cannot be read, or the output cannot be written.
    """
    path = Path(path)
    blocks, about = image_blocks(path, Grid(shape=shape))
    first = _first(blocks, path)
    stated = {"pixel_size": pixel_size, "unit": unit} | {
        key: about[key] for key in ("pixel_size", "unit") if key in about
    }
    left_out = []
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
                column = growing_dataset(file, ENERGY, np.float32, chunk=_CHUNK)
            append(column, energies)
            disk.check()
        for name, values in other_arrays(path):
            taken = name in TAKEN_COLUMNS and name != "event"
            if (
                values is None
                or values.shape != (len(images),)
                or values.dtype.kind not in "fiub"
                or taken
            ):
                left_out.append(name)
                continue
            append(growing_dataset(file, name, values.dtype, chunk=_CHUNK), values)
            disk.check()
    return left_out


def _first(blocks: Iterator[NDArray[np.float32]], path: Path) -> NDArray[Any]:
    first = next(blocks, None)
    if first is None:
        raise DarkpixelError(f"{path}: holds no images.")
    return first
