"""Image files: the one format in which every data set and every sample is stored.

`ImageFile` is the only reader and `ImageWriter` the only writer; the format is described in
darkpixel.formats.image_format. `statistics` sums up what a file holds.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import check_readable, one_line, sound
from darkpixel.formats.hdf5_limits import check_widths
from darkpixel.formats.hdf5_probe import check_survives
from darkpixel.formats.image_format import (
    ATTRIBUTES,
    FORMAT,
    LARGEST_IMAGE,
    TRACK,
    VERSION,
    bad_value,
    batch_length,
    chunk_length,
)
from darkpixel.formats.image_writer import ImageWriter

__all__ = ["ImageFile", "ImageWriter", "count_images", "read_images", "statistics"]

_REMAKE = "make the file again"
_CACHE_BYTES = 16 * 2**20  # so that a batch that ends inside a chunk does not inflate it twice


class ImageFile:
    """Reads an image file, streaming; use as a context manager.

    Structure is checked on opening and pixel values as they are read: NaN, infinite and
    negative pixels are refused, since no model or measure here is defined for them.

    Attributes:
        path: the file.
        shape: (N, H, W).
        attributes: root attributes; empty for a bare user's file.
        columns: names of the datasets with one entry per image, `images` left out.
        chunk: images per HDF5 chunk; reading multiples of it is cheapest.

    Raises:
        DarkpixelError: one line with the file, the field, what was found and the remedy.

    Example:
        A user's own file needs only `images`:

        >>> from tempfile import NamedTemporaryFile
        >>> with NamedTemporaryFile(suffix=".h5") as path:
        ...     with h5py.File(path.name, "w") as file:
        ...         file["images"] = np.eye(3)[None].repeat(5, axis=0)
        ...         file["momentum"] = np.arange(5.0)
        ...     with ImageFile(path.name) as file:
        ...         file.shape, file.columns
        ...         file.read(2, 4).sum(axis=(1, 2)), file.column("momentum", 2, 4)
        ((5, 3, 3), ('momentum',))
        (array([3., 3.], dtype=float32), array([2., 3.]))
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = _open(self.path)
        try:
            with sound(self.path, _REMAKE):
                self.attributes = {name: _plain(value) for name, value in self._file.attrs.items()}
                self._check_attributes()
                self.shape = self._check_images()
                self.columns = self._check_columns()
                stored = self._file["images"].chunks
        except DarkpixelError:
            self._file.close()
            raise
        self.chunk = int(stored[0]) if stored else chunk_length(*self.shape[1:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self.shape[0]

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Images `start` to `stop` (not included), (n, H, W) float32; the bounds are clipped."""
        start, stop, _ = slice(start, stop).indices(len(self))
        stored = self._stored("images", start, stop)
        with np.errstate(over="ignore"):  # a float64 beyond float32 becomes infinite: refused below
            images = stored.astype(np.float32, copy=False)
        if (found := bad_value(images, stored)) is not None:
            bad, value = found
            raise DarkpixelError(
                f"{self.path}: images[{start + bad}] holds the pixel value {value}; "
                "pixels must be finite and not negative: clean or drop that image."
            )
        return images

    def column(self, name: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Entries `start` to `stop` of a column, (n, ...), as stored."""
        if name not in self.columns:
            have = ", ".join(self.columns) or "no column"
            raise DarkpixelError(f"{self.path}: no column '{name}'; the file has {have}.")
        start, stop, _ = slice(start, stop).indices(len(self))
        values = self._stored(name, start, stop)
        if name == "pixel_labels" and values.size and values.max() > TRACK:
            raise DarkpixelError(
                f"{self.path}: pixel_labels holds {values.max()}; "
                "allowed are 0 (background), 1 (shower), 2 (track)."
            )
        return values

    def column_types(self) -> dict[str, np.dtype[Any]]:
        """The type of each column's entries, as `ImageWriter` takes it."""
        stored = {name: self._file[name] for name in self.columns}
        return {name: np.dtype((data.dtype, data.shape[1:])) for name, data in stored.items()}

    def batches(
        self, size: int = 4096, columns: Iterable[str] = ()
    ) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield `{"images": (n, H, W), column: (n, ...)}` in file order; n = `size` in all batches
        but the last, or fewer where so many images have more than 128 MiB."""
        names = tuple(columns)
        size = batch_length(*self.shape[1:], size)
        for start in range(0, len(self), size):
            batch: dict[str, NDArray[Any]] = {"images": self.read(start, start + size)}
            for name in names:
                batch[name] = self.column(name, start, start + size)
            yield batch

    def _stored(self, name: str, start: int, stop: int) -> NDArray[Any]:
        with sound(self.path, _REMAKE, f"{name}[{start}:{stop}]"):
            return np.asarray(self._file[name][start:stop])

    def _check_attributes(self) -> None:
        side = self.attributes.get("pixel_size", 1.0)
        if isinstance(side, bool) or not isinstance(side, int | float) or not 0 < side < np.inf:
            raise DarkpixelError(
                f"{self.path}: attribute pixel_size is {_shown(side)}; the side of a pixel is one "
                "number above zero: correct the attribute, or remove it."
            )
        unit = self.attributes.get("unit", "GeV")
        if not isinstance(unit, str) or not unit.strip():
            raise DarkpixelError(
                f"{self.path}: attribute unit is {_shown(unit)}; it is one word or more, such as "
                "'GeV': correct the attribute, or remove it."
            )
        if self.attributes.get("format") != FORMAT:
            return  # a user's own file: `images` is all that it needs
        version = self.attributes.get("version")
        if version != VERSION:
            raise DarkpixelError(
                f"{self.path}: attribute version is {version}, this darkpixel reads {VERSION}; "
                f"{_REMAKE}, or use the darkpixel that wrote it."
            )
        for name, kind in ATTRIBUTES.items():
            if name not in self.attributes:
                raise DarkpixelError(f"{self.path}: attribute {name} is missing; {_REMAKE}.")
            value = self.attributes[name]
            if not isinstance(value, (int, float) if kind is float else kind):
                raise DarkpixelError(
                    f"{self.path}: attribute {name} is {value!r}, not of type {kind.__name__}; "
                    f"{_REMAKE}."
                )

    def _check_images(self) -> tuple[int, int, int]:
        images = self._file.get("images")
        if not isinstance(images, h5py.Dataset):
            have = ", ".join(map(str, self._file)) or "nothing"
            raise DarkpixelError(
                f"{self.path}: no dataset 'images' (found {have}); "
                f"store the images as 'images' with shape (N, H, W){self._hint()}."
            )
        if images.dtype.kind not in "fiu":
            raise DarkpixelError(
                f"{self.path}: images has type {images.dtype}; store real numbers, best float32."
            )
        if images.ndim != 3:
            raise DarkpixelError(
                f"{self.path}: images has shape {images.shape}; store it as (N, H, W)."
            )
        if 0 in images.shape:
            raise DarkpixelError(
                f"{self.path}: images has shape {images.shape}, no image at all; {_REMAKE}."
            )
        count, height, width = images.shape
        if height * width > LARGEST_IMAGE:
            raise DarkpixelError(
                f"{self.path}: images of {height} x {width} pixels, {LARGEST_IMAGE} at most are "
                "read; crop them, or make their pixels larger."
            )
        check_readable(self.path, images)
        return count, height, width

    def _hint(self) -> str:
        """For whoever has images in the layout of a public file."""
        if {"image", "signal"} <= self._file.keys():
            return (
                ", one file a label; the public LAGAN file, which looks like this, is read with "
                "`source: download`"
            )
        if "low" in self._file:
            return "; files in the layout of UCI, which look like this, are read for muons only"
        return ""

    def _check_columns(self) -> tuple[str, ...]:
        names = []
        for name, item in self._file.items():
            if name == "images" or not isinstance(item, h5py.Dataset) or item.ndim == 0:
                continue
            if item.shape[0] != self.shape[0]:
                raise DarkpixelError(
                    f"{self.path}: {name} has length {item.shape[0]} but images has "
                    f"{self.shape[0]}; give it one entry per image, or move it into a group."
                )
            check_readable(self.path, item)
            names.append(name)
        _, height, width = self.shape
        check_widths(self.path, [self._file[name] for name in names], height * width)
        if "pixel_labels" in names:
            labels = self._file["pixel_labels"]
            if labels.shape != self.shape or labels.dtype != np.uint8:
                raise DarkpixelError(
                    f"{self.path}: pixel_labels is {labels.dtype} {labels.shape}; "
                    f"store it as uint8 {self.shape}."
                )
        return tuple(names)


def count_images(path: str | Path) -> int:
    """How many images a file holds.

    Raises:
        DarkpixelError: as `ImageFile`.
    """
    with ImageFile(path) as file:
        return len(file)


def read_images(path: str | Path, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
    """Images `start` to `stop` (not included) of a file, (n, H, W); the bounds are clipped.

    Raises:
        DarkpixelError: as `ImageFile`.
    """
    with ImageFile(path) as file:
        return file.read(start, stop)


def statistics(path: str | Path) -> dict[str, Any]:
    """What an image file holds, in one streaming pass.

    Returns:
        images (count), zero_fraction (of all pixels), smallest_nonzero and largest (pixel values;
        NaN and 0 when every pixel is zero), blank_images (count of images without any deposit),
        mean_image (H, W) float64.
    """
    with ImageFile(path) as file:
        length = max(file.chunk, 1024 // file.chunk * file.chunk)
        return statistics_of(batch["images"] for batch in file.batches(length))


def statistics_of(blocks: Iterable[NDArray[Any]]) -> dict[str, Any]:
    """The `statistics` of images in blocks (n, H, W), one or more images in all."""
    count = zeros = blank = pixels = 0
    smallest, largest = np.inf, 0.0
    total: NDArray[np.float64] | float = 0.0
    for images in blocks:
        nonzero = images > 0
        count, pixels = count + len(images), pixels + images.size
        zeros += images.size - int(np.count_nonzero(nonzero))
        blank += int(np.count_nonzero(~nonzero.any(axis=(1, 2))))
        smallest = min(smallest, float(images.min(where=nonzero, initial=np.inf)))
        largest = max(largest, float(images.max()))
        total = total + images.sum(axis=0, dtype=np.float64)
    return {
        "images": count,
        "zero_fraction": zeros / pixels,
        "smallest_nonzero": smallest if np.isfinite(smallest) else float("nan"),
        "largest": largest,
        "blank_images": blank,
        "mean_image": total / count,
    }


def _open(path: Path) -> h5py.File:
    if not path.exists():
        raise DarkpixelError(f"{path}: no such file; check the path, or make it first.")
    if not path.is_file():
        raise DarkpixelError(f"{path}: not a file; name one HDF5 file.")
    check_survives(path, _REMAKE)
    try:
        # Files never change once they have their name, and some cluster disks have no locks.
        return h5py.File(path, "r", locking=False, rdcc_nbytes=_CACHE_BYTES)
    except PermissionError as error:
        raise DarkpixelError(f"{path}: cannot be read; check permissions.") from error
    except OSError as error:
        if "truncated" in str(error):
            raise DarkpixelError(
                f"{path}: truncated HDF5 file ({path.stat().st_size} bytes); "
                "copy or download it again."
            ) from error
        if "signature not found" in str(error):
            raise DarkpixelError(
                f"{path}: not an HDF5 file ({path.stat().st_size} bytes); "
                "name an HDF5 file with a dataset 'images'."
            ) from error
        raise DarkpixelError(
            f"{path}: cannot be read as HDF5 ({one_line(error)}); {_REMAKE}."
        ) from error


def _plain(value: Any) -> Any:
    """An attribute as str, int, float, bool or array; of an array of one element, that element."""
    if isinstance(value, np.ndarray | np.generic) and value.size == 1:
        value = value.item()  # many tools write no scalars
    if isinstance(value, np.longdouble):  # which NumPy gives as it is
        value = float(value)
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _shown(value: Any) -> str:
    """An attribute's value on one line, however long it is."""
    text = " ".join(repr("empty" if isinstance(value, h5py.Empty) else value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
