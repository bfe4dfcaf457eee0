"""The muon images of the UCI group: one HDF5 file per label.

`low/train` and `low/test` hold the images in GeV, (N, 32, 32) with or without axes of length one;
per-image weights, where there are any, are at `weights/low/{train,test}` or
`weights/{train,test}`, (N,): they give the signal's muons the pT spectrum of the background's
(SARM section 2.2). The authors' own division is not kept: both parts are joined, and split anew by
the seed as every data set here.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, Events
from darkpixel.formats.hdf5 import check_readable, open_hdf5, sound
from darkpixel.formats.image_format import LARGEST_IMAGE, batch_length
from darkpixel.simulation.muons.particles import Floats

PARTS = ("train", "test")
_BLOCK = 4096
_REMEDY = "copy the file again"

logger = logging.getLogger(__name__)


def is_uci(path: str | Path) -> bool:
    """Whether a file is HDF5 with the group `low`, and no `images` of ours."""
    path = Path(path)
    try:
        with _open(path) as file, sound(path, _REMEDY):
            return "low" in file and "images" not in file
    except DarkpixelError:  # whoever reads it next says what is wrong
        return False


def uci_events(path: str | Path, *, seed: int | None) -> Events:
    """The images of a UCI file, `low/train` first.

    A generative model is trained on images without weights: an image of weight w is kept with the
    probability w / (largest weight), as `darkpixel.datasets.muon_matching` does with simulated
    ones.

    Args:
        seed: of that draw; None: every image is kept, its weight as the column `weight`.

    Raises:
        DarkpixelError: a part is missing or of another shape, or the weights are none.
    """
    path = Path(path)
    weights: dict[str, str] = {}
    with _open(path) as file, sound(path, _REMEDY):
        shapes = _shapes(path, file)
        for part, shape in zip(PARTS, shapes, strict=True):
            for name in (f"weights/low/{part}", f"weights/{part}"):
                weight = file.get(name)
                if isinstance(weight, h5py.Dataset) and weight.size == shape[0]:
                    check_readable(path, weight)
                    weights[part] = name
                    break
        if "weights" in file and len(weights) < len(PARTS):
            logger.warning("%s: group weights has no entry per image; all images are kept", path)
            weights = {}
    total = sum(shape[0] for shape in shapes)
    if not weights or seed is None:
        return Events(_blocks(path, weights, np.ones(total, bool)), total)
    kept = np.random.default_rng([seed, 1]).random(total) < _probability(path, weights)
    left = int(kept.sum())
    logger.info(
        "%s: of %d images %d are kept (%.1f %%), in proportion to their weights; "
        "`datasets.muons.match_pt: false` keeps all",
        *(path, total, left, 100 * left / total),
    )
    return Events(_blocks(path, {}, kept), left)


def uci_size(path: str | Path) -> tuple[int, int]:
    """Height and width of the images of a UCI file, pixels.

    Raises:
        DarkpixelError: a part is missing or of another shape.
    """
    path = Path(path)
    with _open(path) as file, sound(path, _REMEDY):
        _, height, width = _shapes(path, file)[0]
    return height, width


def _shapes(path: Path, file: h5py.File) -> list[tuple[int, ...]]:
    """(N, H, W) of both parts."""
    shapes: list[tuple[int, ...]] = []
    for part in PARTS:
        images = file.get(f"low/{part}")
        stored = images.shape if isinstance(images, h5py.Dataset) else None
        shape = stored and (stored[0], *(length for length in stored[1:] if length != 1))
        if shape is None or len(shape) != 3 or shape[0] == 0:
            fault = "missing" if stored is None else f"of shape {stored}"
            raise DarkpixelError(
                f"{path}: low/{part} is {fault}, expected (N, 32, 32); store your images as "
                "'images' (N, H, W) instead."
            )
        if images.dtype.kind not in "fiu":
            raise DarkpixelError(
                f"{path}: low/{part} has type {images.dtype}; store real numbers, best float32."
            )
        if shape[1] * shape[2] > LARGEST_IMAGE:
            raise DarkpixelError(
                f"{path}: low/{part} has images of {shape[1]} x {shape[2]} pixels, "
                f"{LARGEST_IMAGE} at most are read; crop them, or make their pixels larger."
            )
        check_readable(path, images)
        shapes.append(shape)
    if shapes[0][1:] != shapes[1][1:]:
        raise DarkpixelError(
            f"{path}: images of low/train are {shapes[0][1:]}, those of low/test "
            f"{shapes[1][1:]}; both must have one size."
        )
    return shapes


def _probability(path: Path, weights: dict[str, str]) -> Floats:
    """With which probability each image is kept, (N,): its weight over the largest."""
    with _open(path) as file, sound(path, _REMEDY, "weights"):
        pieces = [np.asarray(file[weights[part]], np.float64).ravel() for part in PARTS]
    weight: Floats = np.concatenate(pieces)
    good = np.isfinite(weight) & (weight >= 0)
    if not good.all() or not weight.any():
        number = int(np.argmin(good))
        problem = "all are 0" if good.all() else f"that of image {number} is {weight[number]:g}"
        raise DarkpixelError(
            f"{path}: weights must be finite, none negative and one above 0, but {problem}; "
            "correct them, or keep all images with `datasets.muons.match_pt: false`."
        )
    probability: Floats = weight / weight.max()
    return probability


def _blocks(path: Path, weights: dict[str, str], kept: NDArray[np.bool_]) -> Iterator[Block]:
    """The images to be kept, (N,), with the column `weight` where the weights' places are given."""
    first = 0
    with _open(path) as file:
        for part in PARTS:
            stored = file[f"low/{part}"]
            height, width = (length for length in stored.shape[1:] if length != 1)
            size = batch_length(height, width, _BLOCK)
            for start in range(0, len(stored), size):
                stop = min(start + size, len(stored))
                with sound(path, _REMEDY, f"low/{part} from {start} to {stop}"):
                    images = stored[start:stop].reshape(-1, height, width).astype(np.float32)
                    columns = {}
                    if weights:
                        weight = file[weights[part]][start:stop]
                        columns["weight"] = weight.reshape(len(images)).astype(np.float32)
                chosen = kept[first : first + len(images)]
                first += len(images)
                yield images[chosen], {name: values[chosen] for name, values in columns.items()}


def _open(path: Path) -> h5py.File:
    return open_hdf5(path, missing="check the path", remedy=_REMEDY)
