"""Images of other programs, for `darkpixel evaluate`: some of each file, at random.

Read are image files (HDF5 with `images`, see `docs/formats.md`), NumPy's `.npy` and `.npz`, LArCV
ROOT files of single particles, CaloChallenge showers (arXiv:2410.21611: HDF5 with `showers` and
`incident_energies`) and JetNet particle lists (arXiv:2106.11535: HDF5 with `particle_features`).
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets.charge import unit_of
from darkpixel.datasets.lartpc import LARCV_PIXEL_SIZE, crop_events, scale_events
from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import check_readable, open_hdf5, sound
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.image_format import LARGEST_IMAGE, bad_value
from darkpixel.formats.larcv import larcv_events
from darkpixel.formats.species import SpeciesCounts

Images = NDArray[np.float32]

HDF5 = (".h5", ".hdf5")
IMAGES = "images"
SHOWERS, ENERGIES, PARTICLES = "showers", "incident_energies", "particle_features"
SHAPES = {6480: (45, 144), 40500: (45, 900)}
"""Rows (layers) and columns (cells of a layer) of CaloChallenge's data sets 2 and 3, by voxels."""
_JETNET_PIXELS, _JETNET_REACH = 28, 0.8  # of the images; particles beyond are left out
_BLOCK = 2048
_LARGEST_NPZ = 4 * 2**30  # bytes of an array, which a zip archive gives whole or not at all
_REMAKE = "make the file again"


class Grid(NamedTuple):
    """How images are made of what is none."""

    shape: tuple[int, int] | None = None
    """Rows and columns of CaloChallenge's voxels; None: those of `SHAPES`."""
    pixels: int = _JETNET_PIXELS
    """A side, of JetNet's images in relative eta and phi from -0.8 to 0.8."""


class Named(NamedTuple):
    """Images that are in no file."""

    name: str
    """What messages call them."""
    images: ArrayLike
    """(N, H, W), or with a channel of one"""

    def __str__(self) -> str:
        return self.name


class Foreign(NamedTuple):
    """Images in random order, and what their file says of them."""

    images: Images
    """(n, H, W)"""
    total: int
    """How many the file holds."""
    about: dict[str, Any]
    """Of `dataset`, `label`, `split`, `pixel_size` and `unit` what is known."""


def random_images(
    path: str | Path | Named,
    most: int,
    seed: int,
    grid: Grid | None = None,
    *,
    memory: int | None = None,
) -> Foreign:
    """Up to `most` images of a file, drawn at random without replacement, in random order.

    The file is read block by block; twice the images that are kept are in memory.

    Args:
        most: at least 1.
        seed: of the draw: files of one length give the same images.
        grid: for files that hold no images.
        memory: bytes that may be taken, by fewer images if need be; None: any number.

    Raises:
        DarkpixelError: the file cannot be read, or is none of the kinds that are.
    """
    blocks, about = image_blocks(path, grid)
    random = np.random.default_rng(seed)
    kept: list[Images] = []
    keys: NDArray[np.float64] = np.empty(0)
    total = 0
    for images in blocks:
        if not total and memory is not None:
            most = max(1, min(most, memory // (2 * 4 * math.prod(images.shape[1:]))))
        total += len(images)
        drawn = random.random(len(images))
        if (room := most - len(keys)) > 0:
            kept.append(np.array(images[:room], np.float32))  # ours, to be written to
            keys = np.concatenate([keys, drawn[:room]])
            images, drawn = images[room:], drawn[room:]
        if len(images):
            kept = [np.concatenate(kept)] if len(kept) > 1 else kept
            chosen = np.argpartition(np.concatenate([keys, drawn]), most)[:most]
            gone, new = np.setdiff1d(np.arange(most), chosen), chosen[chosen >= most] - most
            kept[0][gone], keys[gone] = images[new], drawn[new]
    if not total:
        raise DarkpixelError(f"{path}: holds no images.")
    order = np.argsort(keys)
    return Foreign(np.concatenate(kept)[order], total, about)


def first_images(
    path: str | Path, most: int, grid: Grid | None = None
) -> tuple[Images, dict[str, Any]]:
    """The first images of a file, `most` at most, in the file's order, and what it says of them.

    Raises:
        DarkpixelError: as `image_blocks`; there are none.
    """
    blocks, about = image_blocks(path, grid)
    kept: list[Images] = []
    for images in blocks:
        kept.append(np.asarray(images[: most - sum(map(len, kept))], np.float32))
        if sum(map(len, kept)) >= most:
            break
    if not sum(map(len, kept)):
        raise DarkpixelError(f"{path}: holds no images.")
    return np.concatenate(kept), about


def image_blocks(
    path: str | Path | Named, grid: Grid | None = None
) -> tuple[Iterator[Images], dict[str, Any]]:
    """The images of a file in its order, in blocks (n, H, W), and what the file says of them.

    Raises:
        DarkpixelError: as `random_images`; of pixels that are none, once they are reached.
    """
    blocks, about = _opened(path if isinstance(path, Named) else Path(path), grid or Grid())

    def checked() -> Iterator[Images]:
        total = 0
        for images in blocks:
            if (found := bad_value(images)) is not None:
                raise DarkpixelError(
                    f"{path}: image {total + found[0]} holds the pixel value {found[1]}; pixels "
                    "must be finite and not negative."
                )
            total += len(images)
            yield images

    return checked(), about


def _opened(path: Path | Named, grid: Grid) -> tuple[Iterator[Images], dict[str, Any]]:
    if isinstance(path, Named):
        return _blocks_of(np.asarray(path.images), path.name), {}
    match path.suffix.lower():
        case ".npy":
            return _blocks_of(_npy(path), path), {}
        case ".npz":
            return _blocks_of(_npz(path), path), {}
        case ".root":
            return _larcv(path)
        case suffix if suffix in HDF5:
            return _hdf5(path, grid)
    if path.is_dir():
        raise DarkpixelError(f"{path}: a folder; name a file of images in it.")
    raise DarkpixelError(
        f"{path}: a file that ends in '{path.suffix}'; .h5, .hdf5, .npy, .npz and .root are read."
    )


def _npy(path: Path) -> NDArray[Any]:
    if not path.is_file():
        raise DarkpixelError(f"{path}: no such file; correct the path.")
    with sound(path, _REMAKE):
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _npz(path: Path) -> NDArray[Any]:
    """The array `images`, or the only one that there is."""
    if not path.is_file():
        raise DarkpixelError(f"{path}: no such file; correct the path.")
    # Of a damaged archive numpy.load leaves its own file open.
    with (
        sound(path, _REMAKE),
        path.open("rb") as stream,
        np.load(stream, allow_pickle=False) as arrays,
    ):
        sizes = {info.filename.removesuffix(".npy"): info.file_size
                 for info in arrays.zip.infolist()}  # fmt: skip
        if "images" not in sizes and len(sizes) != 1:
            raise DarkpixelError(
                f"{path}: holds {_shown(sizes)}; call the array of the images `images`."
            )
        name = "images" if "images" in sizes else next(iter(sizes))
        if sizes[name] > _LARGEST_NPZ:
            raise DarkpixelError(
                f"{path}: the array {name!a} has {sizes[name] / 1e9:.1f} GB; an archive is read "
                "whole: save it with numpy.save as .npy."
            )
        array: NDArray[Any] = arrays[name]
    return array


def other_arrays(path: str | Path) -> Iterator[tuple[str, NDArray[Any] | None]]:
    """Name and values of the arrays of an .npz beside its images; none of another file.

    Of an array that is too large to be read the values are None.

    Raises:
        DarkpixelError: one of them cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() != ".npz":
        return
    with (
        sound(path, _REMAKE),
        path.open("rb") as stream,
        np.load(stream, allow_pickle=False) as arrays,
    ):
        names = [name for name in arrays.files if name != "images"]
        for name in names if "images" in arrays.files else []:
            fits = arrays.zip.getinfo(f"{name}.npy").file_size <= _LARGEST_NPZ
            yield name, arrays[name] if fits else None


def _shown(names: Iterable[Any]) -> str:
    """Names of a file, which may be damaged, in printable letters."""
    return ", ".join(sorted(ascii(name)[1:-1] for name in names)) or "nothing"


def _blocks_of(array: NDArray[Any], path: Path | str) -> Iterator[Images]:
    """Of images (N, H, W), or with a channel (N, 1, H, W) or (N, H, W, 1)."""
    if array.dtype.kind not in "fiub":
        raise DarkpixelError(f"{path}: an array of type {array.dtype}; numbers are expected.")
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    elif array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim != 3 or not array.size:
        raise DarkpixelError(
            f"{path}: an array of shape {array.shape}; (N, H, W) is expected, N images."
        )
    if math.prod(array.shape[1:]) > LARGEST_IMAGE:
        raise DarkpixelError(
            f"{path}: images of {array.shape[1:]} pixels; at most {LARGEST_IMAGE} pixels are read."
        )
    for at in range(0, len(array), _BLOCK):
        with sound(path, _REMAKE):
            block = np.asarray(array[at : at + _BLOCK], np.float32)
        yield block


def _larcv(path: Path) -> tuple[Iterator[Images], dict[str, Any]]:
    imaging = ArgonImaging()
    raw = larcv_events([path], imaging.plane)
    cropped = scale_events(crop_events(raw, imaging, SpeciesCounts(), str(path)), imaging)
    about = {"dataset": "lartpc", "pixel_size": LARCV_PIXEL_SIZE, "unit": unit_of(imaging)}
    return (images for images, _ in cropped), about


def _hdf5(path: Path, grid: Grid) -> tuple[Iterator[Images], dict[str, Any]]:
    layout, names = hdf5_layout(path)
    if layout == IMAGES:
        with ImageFile(path) as images:
            known = ("dataset", "label", "split", "pixel_size", "unit")
            about = {key: images.attributes[key] for key in known if key in images.attributes}
        return _image_blocks(path), about
    if layout == SHOWERS:
        return _calochallenge(path, grid), {"unit": "MeV"}
    if layout == PARTICLES:
        side = 2 * _JETNET_REACH / grid.pixels
        return _jetnet(path, grid.pixels), {"pixel_size": side, "unit": "jet pT"}
    raise DarkpixelError(
        f"{path}: holds {_shown(names)}; expected `images`, or "
        f"CaloChallenge's `{SHOWERS}` and `{ENERGIES}`, or JetNet's `{PARTICLES}`."
    )


def hdf5_layout(path: Path) -> tuple[str | None, set[str]]:
    """Which of `IMAGES`, `SHOWERS` and `PARTICLES` a file holds, and all names in it.

    Raises:
        DarkpixelError: it cannot be read.
    """
    with _open(path) as file, sound(path, _REMAKE):
        names = set(file)
    if IMAGES in names:
        return IMAGES, names
    if {SHOWERS, ENERGIES} <= names:
        return SHOWERS, names
    return (PARTICLES if PARTICLES in names else None), names


def _open(path: Path) -> h5py.File:
    return open_hdf5(path, missing="correct the path", remedy=_REMAKE)


def _numbers(file: h5py.File, path: Path, name: str) -> h5py.Dataset:
    found = file[name]
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu":
        raise DarkpixelError(f"{path}: {name} is no dataset of numbers.")
    check_readable(path, found)
    return found


def _image_blocks(path: Path) -> Iterator[Images]:
    with ImageFile(path) as file:
        for batch in file.batches(_BLOCK):
            yield batch["images"]


def _calochallenge(path: Path, grid: Grid) -> Iterator[Images]:
    """Showers (N, voxels), MeV, as images of layers by cells."""
    with _open(path) as file, sound(path, _REMAKE):
        showers = _numbers(file, path, SHOWERS)
        voxels = showers.shape[1] if showers.ndim == 2 else 0
        rows, columns = grid.shape or SHAPES.get(voxels, (0, 0))
        if not voxels or rows * columns != voxels:
            raise DarkpixelError(
                f"{path}: {SHOWERS} of shape {showers.shape}; say with --shape (from Python: "
                "shape) how many rows and columns their voxels have, such as 45x144."
            )
        for at in range(0, len(showers), _BLOCK):
            block = np.asarray(showers[at : at + _BLOCK], np.float32)
            yield block.reshape(-1, rows, columns)


def incident_energies(path: str | Path) -> Iterator[NDArray[np.float32]]:
    """MeV, of the showers of a CaloChallenge file, in blocks (n,); none of another file.

    Raises:
        DarkpixelError: they cannot be read, or are not one for each shower.
    """
    path = Path(path)
    if path.suffix.lower() not in HDF5 or hdf5_layout(path)[0] != SHOWERS:
        return
    with _open(path) as file, sound(path, _REMAKE):
        energies, total = _numbers(file, path, ENERGIES), len(_numbers(file, path, SHOWERS))
        if energies.shape not in ((total,), (total, 1)):
            raise DarkpixelError(
                f"{path}: {ENERGIES} of shape {energies.shape}, but {total} {SHOWERS}; one each."
            )
        for at in range(0, total, _BLOCK):
            yield np.asarray(energies[at : at + _BLOCK], np.float32).reshape(-1)


def _jetnet(path: Path, pixels: int) -> Iterator[Images]:
    """Particles (N, P, 3 or 4: eta, phi, pT relative to the jet, mask) as images of their pT."""
    with _open(path) as file, sound(path, _REMAKE):
        particles = _numbers(file, path, PARTICLES)
        if particles.ndim != 3 or particles.shape[2] not in (3, 4):
            raise DarkpixelError(
                f"{path}: {PARTICLES} of shape {particles.shape}; (N, particles, 3 or 4) expected."
            )
        for at in range(0, len(particles), _BLOCK):
            block = np.asarray(particles[at : at + _BLOCK], np.float64)
            yield particle_images(block, pixels)


def particle_images(particles: NDArray[np.float64], pixels: int) -> Images:
    """The pT of particles in pixels of relative eta (columns) and phi (rows, the largest first).

    Args:
        particles: (N, P, 3 or 4): eta, phi, pT and, as the fourth, whether it is a particle.
        pixels: a side, from -0.8 to 0.8 in both; what lies beyond is left out.

    Returns:
        (N, pixels, pixels) float32.
    """
    eta, phi, pt = particles[..., 0], particles[..., 1], particles[..., 2]
    there = particles[..., 3] > 0 if particles.shape[2] == 4 else pt > 0
    columns = np.floor((eta + _JETNET_REACH) / (2 * _JETNET_REACH) * pixels).astype(np.int64)
    rows = np.floor((_JETNET_REACH - phi) / (2 * _JETNET_REACH) * pixels).astype(np.int64)
    inside = (columns >= 0) & (columns < pixels) & (rows >= 0) & (rows < pixels) & there & (pt > 0)
    jet = np.broadcast_to(np.arange(len(particles))[:, None], inside.shape)
    images = np.zeros((len(particles), pixels, pixels))
    np.add.at(images, (jet[inside], rows[inside], columns[inside]), pt[inside])
    return images.astype(np.float32)
