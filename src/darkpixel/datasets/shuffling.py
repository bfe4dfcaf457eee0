"""Images that come in the order of a source, given back in a random one, in bounded memory.

A file may be sorted, by momentum or by run, and everything that looks at the first images of a
split would see that order. So images of files are shuffled: exactly, by a permutation drawn by
the seed, as if all of them were in memory.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from darkpixel.formats.blocks import Block
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.image_writer import ImageWriter

MEMORY = 2**27
"""Bytes of images, with their columns, that are held at once."""
_WINDOWS = 32  # files written at the same time; each holds a few MiB back
_BLOCK = 1024  # images given back at once

NewFile = Callable[[Path], ImageWriter]
"""A writer of images of the kind that is shuffled."""


class Shuffle:
    """Takes every image of a source, then gives all of them in the order of `places`.

    Where they are more than `memory` bytes, they are first written to temporary files, one for
    each window of places, and each window is shuffled by itself. Use as a context manager, which
    removes these files.

    Args:
        places: (n,), a permutation: where each image goes, in the order in which they come.
        image_bytes: of one image with its columns.
        new_file: makes the temporary files.
        folder: of the temporary files; made where it is needed.
        memory: bytes that may be held.
    """

    def __init__(
        self,
        places: NDArray[np.int64],
        image_bytes: int,
        new_file: NewFile,
        folder: Path,
        memory: int = MEMORY,
    ) -> None:
        self._places, self._taken = places, 0
        self._arguments = image_bytes, new_file, folder, memory
        self._held: list[Block] = []
        count = len(places)
        windows = min(-(-count * image_bytes // memory), _WINDOWS, count)
        self._width = -(-count // max(windows, 1))  # places of a window
        self._paths: list[Path] = []
        if windows > 1:
            # Windows of a window are narrower, so their files have other names.
            starts = range(0, count, self._width)
            self._paths = [folder / f"{self._width}.{start}.h5" for start in starts]
        self._writers: list[ImageWriter] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        _, new_file, _, _ = self._arguments
        for path in self._paths:
            self._writers.append(self._stack.enter_context(new_file(path)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)
        for path in self._paths:
            path.unlink(missing_ok=True)

    def add(self, block: Block) -> None:
        """Take the next images."""
        images, columns = block
        places = self._places[self._taken : self._taken + len(images)]
        self._taken += len(images)
        if not self._paths:
            self._held.append(block)
            return
        windows = places // self._width
        for window in np.unique(windows):
            chosen = np.flatnonzero(windows == window)
            part = {name: values[chosen] for name, values in columns.items()}
            self._writers[window].append(images[chosen], **part)

    def blocks(self) -> Iterator[Block]:
        """All images in the order of their places, once each has been taken."""
        if not self._paths:
            yield from self._in_order()
            return
        self._stack.close()
        for number, path in enumerate(self._paths):
            places = self._places - number * self._width
            inside = places[(places >= 0) & (places < self._width)]
            with Shuffle(inside, *self._arguments) as window:
                with ImageFile(path) as file:
                    for columns in file.batches(_BLOCK, file.columns):
                        window.add((columns.pop("images"), columns))
                path.unlink()
                yield from window.blocks()

    def _in_order(self) -> Iterator[Block]:
        images = np.concatenate([images for images, _ in self._held])
        columns = {
            name: np.concatenate([part[name] for _, part in self._held])
            for name in self._held[0][1]
        }
        self._held.clear()
        order = np.argsort(self._places)
        for start in range(0, len(order), _BLOCK):
            chosen = order[start : start + _BLOCK]
            yield images[chosen], {name: values[chosen] for name, values in columns.items()}
