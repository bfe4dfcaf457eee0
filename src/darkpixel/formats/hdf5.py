"""HDF5 files: read with one-line errors, written whole or not at all on disks that may fill up."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.formats.hdf5_limits import check_size
from darkpixel.formats.hdf5_probe import check_survives

_FILTERS = {
    307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp",
    32015: "zstd", 32017: "sz", 32024: "sz3", 32026: "blosc2", 32028: "sperr",
}  # fmt: skip
"""Names of registered filters, by the number that a file keeps."""


class Disk:
    """The file under HDF5, which remembers a failed write instead of reporting it.

    HDF5 cannot close a file whose last writes fail: it tries again until the process ends, and
    crashes there. So it never hears of a failure; the writer asks `check` after every step.
    """

    def __init__(self, raw: FileIO) -> None:
        self._raw = raw
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise the first error met so far, if any."""
        if self._error is not None:
            raise self._error

    def write(self, data: memoryview) -> int:
        try:
            left = memoryview(data).cast("B")
            while self._error is None and len(left):
                left = left[self._raw.write(left) :]
        except OSError as error:
            self._error = error
        return len(data)

    def truncate(self, size: int) -> int:
        try:
            return self._raw.truncate(size)
        except OSError as error:
            self._error = self._error or error
            return size

    def read(self, size: int = -1) -> bytes:
        return self._raw.read(size)

    def readinto(self, buffer: memoryview) -> int:
        return self._raw.readinto(buffer)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def flush(self) -> None:
        """Nothing is buffered here; `whole_file` waits for the disk."""


@contextmanager
def new_hdf5(path: str | Path) -> Iterator[tuple[h5py.File, Disk]]:
    """An HDF5 file to fill, which appears as `path` when the block succeeds.

    Call `check` of the disk now and then, to stop early when it is full; the last check is made
    here.

    Raises:
        DarkpixelError: the disk is full or the folder cannot be written.
    """
    with whole_file(path) as temporary, temporary.open("wb+", buffering=0) as raw:
        disk = Disk(raw)
        with h5py.File(disk, "w") as file:
            yield file, disk
        disk.check()


def open_hdf5(path: Path, *, missing: str, remedy: str) -> h5py.File:
    """An HDF5 file, open for reading.

    Args:
        missing: what to do where there is no such file, for the message.
        remedy: what to do where it is damaged.

    Raises:
        DarkpixelError: absent, not HDF5, truncated, or so damaged that the library cannot cope.
    """
    if not path.is_file():
        raise DarkpixelError(f"{path}: no such file; {missing}.")
    check_survives(path, remedy)
    try:
        # A file never changes once it has its name, and some cluster disks have no locks.
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        raise DarkpixelError(
            f"{path}: not a whole HDF5 file ({one_line(error)}); {remedy}."
        ) from error


@contextmanager
def sound(path: Path | str, remedy: str, where: str = "") -> Iterator[None]:
    """Explain what cannot be read in the block: on damaged bytes, h5py raises almost anything.

    Args:
        where: what was read, for the message.
    """
    try:
        yield
    except DarkpixelError:
        raise
    except Exception as error:
        raise DarkpixelError(
            f"{path}: {where or 'the file'} cannot be read ({one_line(error)}); {remedy}."
        ) from error


def check_readable(path: Path, dataset: h5py.Dataset, behind: frozenset[str] = frozenset()) -> None:
    """Refuse a dataset that cannot be read, or that is declared and hardly written.

    Args:
        behind: files whose datasets are put together from this one.

    Raises:
        DarkpixelError: it is compressed with a filter that h5py does not have, less than half of it
            was ever written, it would take too much memory, or it is stored in other files that are
            not HDF5 or not there: what is missing would be read as zeros.
    """
    name, created = dataset.name.lstrip("/"), dataset.id.get_create_plist()
    for number in range(created.get_nfilters()):
        code, _, _, called = created.get_filter(number)
        if not h5py.h5z.filter_avail(code):
            called = _FILTERS.get(code, ascii(called.decode(errors="replace"))[1:-1] or "unknown")
            raise DarkpixelError(
                f"{path}: {name} is compressed with the HDF5 filter '{called}' ({code}), which "
                "h5py lacks; install the package hdf5plugin and set HDF5_PLUGIN_PATH to its "
                "PLUGIN_PATH, or write the file with gzip."
            )
    if dataset.external:
        raise DarkpixelError(
            f"{path}: {name} is stored in the raw file {dataset.external[0][0]}; write it into the "
            "HDF5 file (h5repack does)."
        )
    check_size(path, dataset)
    if dataset.is_virtual:
        _check_sources(path, dataset, behind)
        return
    if dataset.chunks and dataset.size:
        chunks = math.prod(-(-n // c) for n, c in zip(dataset.shape, dataset.chunks, strict=True))
        written, unit = dataset.id.get_num_chunks(), "chunks"
    else:
        chunks, written, unit = dataset.nbytes, dataset.id.get_storage_size(), "bytes"
    if 2 * written < chunks:
        raise DarkpixelError(
            f"{path}: {name} is declared as {dataset.shape}, but only {written} of its {chunks} "
            f"{unit} were written; write it to the end, or make it as long as what is there."
        )


def _check_sources(path: Path, dataset: h5py.Dataset, behind: frozenset[str]) -> None:
    """Refuse a dataset that is put together from others which are not all there."""
    name, mapped = dataset.name.lstrip("/"), 0
    folder = Path(dataset.file.filename).parent  # of a file that this one may link to
    behind |= {f"{dataset.file.filename}:{dataset.name}"}
    for space, source, inside, _ in dataset.virtual_sources():
        if "%" in source + inside:
            raise DarkpixelError(
                f"{path}: {name} is put together from as many files as there are ({source!a}); "
                "write everything into one file (h5repack does), or name each of them."
            )
        mapped += space.get_select_npoints()
        there = source == "." or (folder / source).is_file()
        if there:
            other = dataset.file.filename if source == "." else folder / source
            with open_hdf5(Path(other), missing="", remedy="make it again") as file:
                there = isinstance(file.get(inside), h5py.Dataset)
                if there:
                    if f"{file.filename}:{file[inside].name}" in behind:
                        raise DarkpixelError(f"{path}: {name} is put together from itself.")
                    check_readable(path, file[inside], behind)
        if not there:
            raise DarkpixelError(
                f"{path}: {name} is put together from other files, and {inside} of {source} is "
                "not there; copy it beside this file, or write everything into one file."
            )
    if 2 * mapped < dataset.size:
        raise DarkpixelError(
            f"{path}: {name} is declared as {dataset.shape}, but is put together from {mapped} of "
            f"{dataset.size} numbers; write it to the end, or make it as long as what is there."
        )


def one_line(error: Exception) -> str:
    """The text of an error of HDF5, which breaks its messages into lines."""
    return " ".join(str(error).split())


def growing_dataset(
    file: h5py.File,
    name: str,
    dtype: Any,
    *,
    chunk: int,
    tail: tuple[int, ...] = (),
    compressed: bool = True,
) -> h5py.Dataset:
    """A new dataset without entries, to be lengthened, without time stamps.

    Args:
        chunk: entries per chunk.
        tail: shape of an entry.
        compressed: gzip and shuffle.
    """
    filters = {"compression": "gzip", "shuffle": True} if compressed else {}
    return file.create_dataset(
        name,
        shape=(0, *tail),
        maxshape=(None, *tail),
        chunks=(chunk, *tail),
        dtype=dtype,
        track_times=False,
        **filters,
    )


def append(dataset: h5py.Dataset, values: NDArray[Any]) -> None:
    """Lengthen a resizable dataset by `values`."""
    start = len(dataset)
    dataset.resize(start + len(values), axis=0)
    dataset[start:] = values
