"""The only writer of image files (format: darkpixel.formats.image_format)."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import DTypeLike, NDArray

from darkpixel import __version__
from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import Disk, growing_dataset, new_hdf5
from darkpixel.formats.image_format import FORMAT, VERSION, bad_value, chunk_length


class ImageWriter:
    """Writes an image file, streaming; use as a context manager.

    The file appears under its name only when the block succeeds. The bytes depend on the content
    alone: no time stamps, and the same whatever the sizes of the appended blocks.

    Args:
        height, width: pixels per side.
        dataset, label, split: what the images are, e.g. jets, signal, train.
        pixel_size: side of a pixel, in the geometry's unit (eta and phi, or cm).
        unit: of the pixel values, e.g. GeV.
        source: where the events come from, e.g. simulate, or a URL.
        seed: of the random numbers that made the file.
        config_digest: digest of the configuration that made it.
        columns: type of each per-event attribute, (uint16, (50,)) for example where an event has
            several numbers; `pixel_labels` has the shape of the images.
        attributes: further root attributes.
        compressed: gzip; without it a file is ten times larger, and written and read far faster.

    Raises:
        DarkpixelError: no image or a bad one was appended, or the disk is full.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        height: int,
        width: int,
        dataset: str,
        label: str,
        split: str,
        pixel_size: float,
        unit: str,
        source: str,
        seed: int,
        config_digest: str,
        columns: Mapping[str, DTypeLike] | None = None,
        attributes: Mapping[str, Any] | None = None,
        compressed: bool = True,
    ) -> None:
        self.path = Path(path)
        self._compressed = compressed
        self.count = 0  # images appended so far
        self._types: dict[str, np.dtype[Any]] = {"images": np.dtype(np.float32)}
        self._shapes: dict[str, tuple[int, ...]] = {"images": (height, width)}
        for name, kind in (columns or {}).items():
            column = np.dtype(kind)
            self._types[name], self._shapes[name] = column.base, column.shape
        if "pixel_labels" in self._types:
            self._shapes["pixel_labels"] = (height, width)
        self._attributes = {
            **(attributes or {}),
            "format": FORMAT,
            "version": VERSION,
            "dataset": dataset,
            "label": label,
            "split": split,
            "pixel_size": float(pixel_size),
            "unit": unit,
            "source": source,
            "seed": int(seed),
            "config_digest": config_digest,
            "software": f"darkpixel {__version__}",
        }
        self._chunk = chunk_length(height, width)
        self._waiting: dict[str, list[NDArray[Any]]] = {name: [] for name in self._types}
        self._written = 0
        self._open: tuple[h5py.File, Disk] | None = None
        self._block: AbstractContextManager[None] | None = None

    def __enter__(self) -> Self:
        self._block = self._writing()
        self._block.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._block is not None
        self._block.__exit__(kind, error, traceback)

    def append(self, images: NDArray[Any], **columns: NDArray[Any]) -> None:
        """Add a block: images (n, H, W) and one array of length n for every column."""
        blocks = {"images": images, **columns}
        if blocks.keys() != self._types.keys():
            raise ValueError(f"columns {sorted(blocks)} given, {sorted(self._types)} declared")
        arrays = {
            # a copy, so that the caller may reuse its buffer
            name: np.array(block, dtype=self._types[name])
            for name, block in blocks.items()
        }
        for name, array in arrays.items():
            expected = (len(images), *self._shapes[name])
            if array.shape != expected:
                raise ValueError(f"{name} has shape {array.shape}, expected {expected}")
        if (found := bad_value(arrays["images"])) is not None:
            bad, value = found
            raise DarkpixelError(
                f"{self.path}: image {self.count + bad} to be written holds the pixel value "
                f"{value}; pixels must be finite and not negative."
            )
        for name, array in arrays.items():
            self._waiting[name].append(array)
        self.count += len(images)
        if self.count - self._written >= self._chunk:
            self._write((self.count - self._written) // self._chunk * self._chunk)

    def finish(self) -> None:
        """Write what is left and close the HDF5 file; the name appears when the block ends.

        Called at the end of the block; call it yourself to know several files to be whole before
        the first of them appears.
        """
        if self._open is None:
            return
        if not self.count:
            raise DarkpixelError(f"{self.path}: no images to write.")
        self._write(self.count - self._written)
        (file, disk), self._open = self._open, None
        file.close()
        disk.check()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with new_hdf5(self.path) as self._open:
            self._create()
            yield
            self.finish()

    def _create(self) -> None:
        assert self._open is not None
        file, disk = self._open
        for name, value in sorted(self._attributes.items()):
            file.attrs[name] = value
        for name, kind in self._types.items():
            growing_dataset(
                file,
                name,
                kind,
                chunk=self._chunk,
                tail=self._shapes[name],
                compressed=self._compressed,
            )
        disk.check()

    def _write(self, count: int) -> None:
        """Write `count` waiting images chunk by chunk, so that block sizes leave no trace."""
        assert self._open is not None
        file, disk = self._open
        joined = {name: np.concatenate(blocks) for name, blocks in self._waiting.items() if blocks}
        for start in range(0, count, self._chunk):
            stop = min(start + self._chunk, count)
            for name, array in joined.items():
                dataset = file[name]
                dataset.resize(self._written + stop - start, axis=0)
                dataset[self._written :] = array[start:stop]
            disk.check()
            self._written += stop - start
        self._waiting = {name: [array[count:]] for name, array in joined.items()}
