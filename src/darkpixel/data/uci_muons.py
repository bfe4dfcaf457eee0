"""The muon images of the UCI group: one HDF5 file per label.

`low/train` and `low/test` hold the images in GeV, (N, 32, 32) with or without axes of length one;
per-image weights, where there are any, are at `weights/low/{train,test}` or
`weights/{train,test}`, (N,). The authors' own division is not kept: both parts are joined, and
split anew by the seed as every data set here.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from darkpixel.data.prepare import Block, Events
from darkpixel.errors import DarkpixelError

PARTS = ("train", "test")
_BLOCK = 4096

logger = logging.getLogger(__name__)


def is_uci(path: str | Path) -> bool:
    """Whether a file is HDF5 with the group `low`, and no `images` of ours."""
    try:
        with h5py.File(path, "r", locking=False) as file:
            return "low" in file and "images" not in file
    except OSError:  # whoever reads it next says what is wrong
        return False


def uci_events(path: str | Path) -> Events:
    """All images of a UCI file, `low/train` first, with the column `weight` where there are any.

    Raises:
        DarkpixelError: a part is missing or of another shape.
    """
    path = Path(path)
    shapes: list[tuple[int, ...]] = []
    weights: dict[str, str] = {}
    with h5py.File(path, "r", locking=False) as file:
        for part in PARTS:
            images = file.get(f"low/{part}")
            found = images.shape if isinstance(images, h5py.Dataset) else None
            shape = found and (found[0], *(length for length in found[1:] if length != 1))
            if shape is None or len(shape) != 3 or shape[0] == 0:
                raise DarkpixelError(
                    f"{path}: low/{part} is {'missing' if found is None else f'of shape {found}'}, "
                    "expected (N, 32, 32); store your images as 'images' (N, H, W) instead."
                )
            shapes.append(shape)
            for name in (f"weights/low/{part}", f"weights/{part}"):
                weight = file.get(name)
                if isinstance(weight, h5py.Dataset) and weight.size == shape[0]:
                    weights[part] = name
                    break
        if shapes[0][1:] != shapes[1][1:]:
            raise DarkpixelError(
                f"{path}: images of low/train are {shapes[0][1:]}, those of low/test "
                f"{shapes[1][1:]}; both must have one size."
            )
        if "weights" in file and len(weights) < len(PARTS):
            logger.warning("%s: group weights has no entry per image; weights are left out", path)
            weights = {}
    return Events(_blocks(path, weights), sum(shape[0] for shape in shapes))


def _blocks(path: Path, weights: dict[str, str]) -> Iterator[Block]:
    with h5py.File(path, "r", locking=False) as file:
        for part in PARTS:
            stored = file[f"low/{part}"]
            sides = [length for length in stored.shape[1:] if length != 1]
            for start in range(0, len(stored), _BLOCK):
                stop = min(start + _BLOCK, len(stored))
                try:
                    images = stored[start:stop].reshape(-1, *sides).astype(np.float32)
                    columns = {}
                    if weights:
                        weight = file[weights[part]][start:stop]
                        columns["weight"] = weight.reshape(len(images)).astype(np.float32)
                except (OSError, RuntimeError) as error:
                    problem = " ".join(str(error).split())
                    raise DarkpixelError(
                        f"{path}: low/{part} from {start} to {stop} cannot be read ({problem}); "
                        "copy the file again."
                    ) from error
                yield images, columns
