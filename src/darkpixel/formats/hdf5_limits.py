"""How much memory a dataset of an HDF5 file may take to read: a small file can declare anything.

HDF5 inflates a chunk whole, however little of it is asked for, and however much comes out of it:
1 MB of gzip gives 1 GB, in a chunk that is declared to have 512 bytes.
"""

import math
import zlib
from pathlib import Path

import h5py

from darkpixel.errors import DarkpixelError

LARGEST_CHUNK = 2**27
"""Bytes: one image of the largest kind as float64."""
LARGEST_LIST = 2**32
"""Bytes of a dataset of one number an entry, such as the numbers of events: read as a whole."""
NARROW_COLUMNS = 2**16
"""Bytes of all columns of an image together that are always read."""
BYTES_PER_PIXEL = 32
"""Of all columns together, beyond that: some with a number for each pixel, and pixels are read in
blocks of 128 MiB of four bytes each."""

_DEFLATE, _LZF = 1, 32000
_INFLATED = 1032  # times as much at most comes out of gzip
_SUSPICIOUS = 2**31 // _INFLATED  # bytes stored from which more than 2 GiB might come
_checked: set[tuple[str, int, int, int, str]] = set()
"""Datasets whose chunks have been looked at: path, inode, time of change, size and name."""


def check_size(path: Path, dataset: h5py.Dataset) -> None:
    """Refuse a dataset that would take more memory to read than one of its size should.

    Raises:
        DarkpixelError: a chunk is too large or inflates to more than it should, or a list has too
            many entries.
    """
    name, item = dataset.name.lstrip("/"), dataset.dtype.itemsize
    if dataset.ndim == 1 and dataset.size * item > LARGEST_LIST:
        raise DarkpixelError(
            f"{path}: {name} has {dataset.size} entries, {dataset.size * item / 2**30:.0f} GiB, "
            f"and is read whole; {LARGEST_LIST / 2**30:.0f} GiB at most: split the file."
        )
    if not dataset.chunks:
        return
    chunk = math.prod(dataset.chunks) * item
    if chunk > LARGEST_CHUNK:
        raise DarkpixelError(
            f"{path}: {name} is stored in chunks of {chunk / 2**20:.0f} MiB, each of which is read "
            f"whole; {LARGEST_CHUNK / 2**20:.0f} MiB at most: write it with smaller chunks "
            "(h5repack does)."
        )
    about = Path(dataset.file.filename).stat()
    known = (dataset.file.filename, about.st_ino, about.st_mtime_ns, about.st_size, dataset.name)
    if known not in _checked:
        _check_chunks(path, dataset, chunk)
        _checked.add(known)


def check_widths(path: Path, columns: list[h5py.Dataset], pixels: int) -> None:
    """Refuse columns that have too many bytes an image.

    Args:
        columns: (N, ...) each.
        pixels: of an image.

    Raises:
        DarkpixelError: names the widest.
    """
    widths = {data.name.lstrip("/"): math.prod(data.shape[1:]) * data.dtype.itemsize
              for data in columns}  # fmt: skip
    most, total = max(NARROW_COLUMNS, BYTES_PER_PIXEL * pixels), sum(widths.values())
    if total > most:
        widest = max(widths, key=lambda name: widths[name])
        raise DarkpixelError(
            f"{path}: the columns have {total} bytes an image, most of them {widest} "
            f"({widths[widest]}); {most} at most are read: move it into a group."
        )


def _check_chunks(path: Path, dataset: h5py.Dataset, chunk: int) -> None:
    """Refuse chunks that HDF5 would inflate beyond what they are declared to hold."""
    name, created = dataset.name.lstrip("/"), dataset.id.get_create_plist()
    filters = [created.get_filter(number)[0] for number in range(created.get_nfilters())]
    if filters.count(_DEFLATE) + filters.count(_LZF) > 1:
        raise DarkpixelError(
            f"{path}: {name} is compressed more than once; write it with gzip, once."
        )
    if not {_DEFLATE, _LZF} & set(filters):
        return
    most = chunk + chunk // 100 + 4096  # of what cannot be compressed
    large: list[tuple[int, ...]] = []

    def see(info: h5py.h5d.StoreInfo) -> None:
        if info.size > most or (_DEFLATE in filters and info.size > _SUSPICIOUS):
            large.append(info.chunk_offset)

    dataset.id.chunk_iter(see)
    for at in large:
        stored = dataset.id.get_chunk_info_by_coord(at).size
        if stored > most or not _inflates(dataset.id.read_direct_chunk(at)[1], chunk):
            raise DarkpixelError(
                f"{path}: damaged: a chunk of {name} is declared to hold {chunk} bytes, but holds "
                "more; make the file again."
            )


def _inflates(stored: bytes, most: int) -> bool:
    """Whether it is what gzip wrote of so many bytes at most."""
    stream = zlib.decompressobj()
    left, count = stored, 0
    try:
        while left and not stream.eof and count <= most:
            count += len(stream.decompress(left, 2**20))
            left = stream.unconsumed_tail
    except zlib.error:
        return False
    return count <= most
