"""Batches of images for training: held on the device when they fit, else streamed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darkpixel.config.data import Symmetries
from darkpixel.errors import DarkpixelError
from darkpixel.formats.crop_margin import LABEL_MARGIN, MARGIN, size_of_margin
from darkpixel.formats.image_file import ImageFile
from darkpixel.training.symmetries import SYMMETRIES, columns_needed, turned

_TURNS = 1  # a random stream apart from those of the order of images

Batch = tuple[Tensor, dict[str, Tensor]]
"""Images (b, H, W) and event attributes, each (b,)."""


class ImageBatches:
    """Batches of an image file, in an order that is a function of (seed, epoch) alone.

    Each epoch holds every image exactly once, or `epoch_images` of them. All batches have
    `batch_size` images, but when the remainder is under half a batch the last two share their
    images evenly, so that no step rests on a few images (and batch normalisation never meets a
    single one).

    Small sets are one tensor on the device and shuffled freely. Larger ones are shuffled in
    two steps: the chunks of the file, then the images of as many chunks as fit in the memory
    allowed, while a thread reads those that come next.

    By hand because torch's `DataLoader` takes two to three times as long, cannot start in the
    middle of an epoch, and does not stream with bounded memory.

    Args:
        path: image file.
        batch_size: images per batch.
        device: where the batches are wanted.
        memory_mb: images up to this size, as float32, are held whole; of larger sets, at most this
            much is in memory at a time.
        seed: of the order of images.
        columns: event attributes to give with the images.
        epoch_images: images in an epoch, the first of its order; None: all.
        symmetries: a name of `darkpixel.training.symmetries.SYMMETRIES`: in `epoch` each image and
            its columns are turned by one of these, drawn anew each time.

    Raises:
        DarkpixelError: the file is not an image file, lacks a column, a column is not numeric, or
            rows and columns of images that are not square are to be swapped.
    """

    def __init__(
        self,
        path: str | Path,
        batch_size: int,
        *,
        device: torch.device | str,
        memory_mb: int,
        seed: int,
        columns: Sequence[str] = (),
        epoch_images: int | None = None,
        symmetries: Symmetries = "none",
    ) -> None:
        self.path = Path(path)
        self.batch_size = batch_size
        self.device = torch.device(device)
        self.seed = seed
        self.columns = tuple(columns)
        self._file = ImageFile(self.path)
        self._symmetries = SYMMETRIES[symmetries]
        self.images, self.height, self.width = self._file.shape
        # What is read: where images are turned, more columns than are given.
        self._read_columns = self.columns
        if len(self._symmetries) > 1:
            self._read_columns = columns_needed(self.columns, self._file.columns)
        self.epoch_images = min(self.images, epoch_images or self.images)
        bytes_per_image = 4 * self.height * self.width
        if "pixel_labels" in self.columns:
            bytes_per_image += self.height * self.width
        if MARGIN in self._read_columns:
            bytes_per_image += 4 * size_of_margin(self.height)
        self._chunk = max(1, min(self._file.chunk, self.images))
        self.resident = self.images * bytes_per_image <= memory_mb * 1_000_000
        # Three buffers can live at once: the one in use, the next, and the leftover.
        self._chunks_per_buffer = max(
            1, memory_mb * 1_000_000 // (3 * bytes_per_image * self._chunk)
        )
        try:
            if symmetries == "square" and self.height != self.width:
                raise DarkpixelError(
                    f"{self.path}: images of {self.height}x{self.width} pixels, whose rows and "
                    "columns cannot be swapped; set the data set's key `symmetries` to 'mirrors'."
                )
            self._check_margins()
            for name in self._read_columns:
                self._column(name, 0, 1)  # a missing one is known before the first epoch
            self._whole = self._read_whole() if self.resident else None
        except BaseException:
            self._file.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._whole = None
        self._file.__exit__()

    @property
    def steps_per_epoch(self) -> int:
        return len(self._bounds()) - 1

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from `start_step` on: images (b, H, W) and columns (b,)."""
        bounds = self._bounds()
        if start_step >= len(bounds) - 1:
            return iter(())
        if self._whole is not None:
            order = np.random.default_rng([self.seed, epoch]).permutation(self.images)
            batches = self._select(order, bounds[start_step:])
        else:
            batches = self._stream(epoch, bounds[start_step:])
        return batches if len(self._symmetries) == 1 else self._turned(batches, epoch, start_step)

    def in_order(self, size: int | None = None) -> Iterator[Batch]:
        """One pass in the order of the file, in batches of `size` (default: `batch_size`)."""
        size = size or self.batch_size
        for start in range(0, self.images, size):
            stop = min(start + size, self.images)
            if self._whole is not None:
                images, columns = self._whole
                yield images[start:stop], {k: columns[k][start:stop] for k in self.columns}
            else:
                images, columns = self._to_device(self._read(start, stop))
                yield images, {k: columns[k] for k in self.columns}

    def images_in_order(self) -> Iterator[Tensor]:
        """One pass over the images alone, (b, H, W) on the CPU, in the order of the file."""
        for images, _ in self.in_order(max(self.batch_size, 4096)):
            yield images.cpu()

    def whole_columns(self) -> dict[str, Tensor]:
        """The columns with one number an image, whole, (N,) each on the CPU."""
        types = self._file.column_types()
        return {
            name: self._column(name, 0, self.images)
            for name in self.columns
            if not types[name].shape
        }

    def _bounds(self) -> NDArray[np.int64]:
        """Where batches begin and end in the epoch's order: 0, ..., `epoch_images`."""
        total = self.epoch_images
        bounds = np.append(np.arange(0, total, self.batch_size), total)
        if len(bounds) > 2 and 2 * (bounds[-1] - bounds[-2]) < self.batch_size:
            bounds[-2] = total - (total - bounds[-3]) // 2
        return bounds

    def _read(self, start: int, stop: int) -> Batch:
        images = torch.from_numpy(self._file.read(start, stop))
        columns = {name: self._column(name, start, stop) for name in self._read_columns}
        return images, columns

    def _column(self, name: str, start: int, stop: int) -> Tensor:
        values = self._file.column(name, start, stop)
        if values.dtype.kind not in "biuf":
            raise DarkpixelError(
                f"{self.path}: column '{name}' has type {values.dtype}; training takes numbers."
            )
        return torch.from_numpy(np.ascontiguousarray(values))

    def _check_margins(self) -> None:
        types = self._file.column_types()
        for name in (MARGIN, LABEL_MARGIN):
            if name in self._read_columns and name in types:
                expected, found = (size_of_margin(self.height),), types[name].shape
                if found != expected or self.height != self.width:
                    raise DarkpixelError(
                        f"{self.path}: column '{name}' has entries of shape {found}, not {expected}"
                        f" as crops of {self.height} pixels need; prepare the images again."
                    )

    def _to_device(self, batch: Batch) -> Batch:
        images, columns = batch
        return (
            images.to(self.device, non_blocking=True),
            {k: v.to(self.device, non_blocking=True) for k, v in columns.items()},
        )

    def _read_whole(self) -> Batch:
        """Every image and column on the device, read in pieces: never two copies in memory."""
        images = torch.empty((self.images, self.height, self.width), device=self.device)
        step = self._chunk * max(1, 4096 // self._chunk)
        for start in range(0, self.images, step):
            stop = min(start + step, self.images)
            images[start:stop] = torch.from_numpy(self._file.read(start, stop))
        columns = {
            name: self._column(name, 0, self.images).to(self.device) for name in self._read_columns
        }
        return images, columns

    def _select(self, order: NDArray[np.int64], bounds: NDArray[np.int64]) -> Iterator[Batch]:
        assert self._whole is not None
        images, columns = self._whole
        index = torch.from_numpy(order).to(self.device)
        for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            chosen = index[start:stop]
            yield images[chosen], {k: v[chosen] for k, v in columns.items()}

    def _turned(self, batches: Iterator[Batch], epoch: int, start_step: int) -> Iterator[Batch]:
        """The batches with each image turned, as a function of (seed, epoch, step)."""
        for step, (images, columns) in enumerate(batches, start_step):
            generator = np.random.default_rng([self.seed, epoch, step, _TURNS])
            drawn = generator.choice(np.array(self._symmetries), len(images))
            images, columns = turned(images, columns, drawn)
            yield images, {k: columns[k] for k in self.columns}

    def _stream(self, epoch: int, bounds: NDArray[np.int64]) -> Iterator[Batch]:
        starts = np.arange(0, self.images, self._chunk)
        starts = np.random.default_rng([self.seed, epoch]).permutation(starts)
        sizes = np.minimum(starts + self._chunk, self.images) - starts
        groups = np.split(
            np.arange(len(starts)),
            np.arange(self._chunks_per_buffer, len(starts), self._chunks_per_buffer),
        )
        ends = np.cumsum([sizes[group].sum() for group in groups])
        first = int(np.searchsorted(ends, bounds[0], side="right"))  # skip buffers already used

        def read(number: int) -> Batch:
            pieces = [self._read(int(starts[k]), int(starts[k] + sizes[k])) for k in groups[number]]
            images = torch.cat([piece[0] for piece in pieces])
            columns = {
                name: torch.cat([piece[1][name] for piece in pieces]) for name in pieces[0][1]
            }
            generator = np.random.default_rng([self.seed, epoch, number])
            order = torch.from_numpy(generator.permutation(len(images)))
            return images[order], {k: v[order] for k, v in columns.items()}

        position = int(ends[first] - sizes[groups[first]].sum())  # of held[0] in the epoch
        held: Batch | None = None
        batches = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        start, stop = next(batches)
        with ThreadPoolExecutor(max_workers=1) as reader:
            upcoming = reader.submit(read, first)
            for number in range(first, len(groups)):
                fresh = upcoming.result()
                if number + 1 < len(groups):
                    upcoming = reader.submit(read, number + 1)
                held = fresh if held is None else _joined(held, fresh)
                while stop <= position + len(held[0]):
                    yield self._to_device(_part(held, start - position, stop - position))
                    if stop == self.epoch_images:
                        return
                    start, stop = next(batches)
                held = _part(held, start - position, len(held[0]))
                position = start


def _part(batch: Batch, start: int, stop: int) -> Batch:
    images, columns = batch
    return images[start:stop], {k: v[start:stop] for k, v in columns.items()}


def _joined(first: Batch, second: Batch) -> Batch:
    return (
        torch.cat([first[0], second[0]]),
        {k: torch.cat([first[1][k], second[1][k]]) for k in first[1]},
    )
