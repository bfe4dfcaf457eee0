"""Numbers of images, one or several each, in a file of their own: .h5, .npy or .csv."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkpixel.formats.files import whole_file
from darkpixel.formats.hdf5 import append as lengthen
from darkpixel.formats.hdf5 import growing_dataset, new_hdf5

Append = Callable[[Mapping[str, NDArray[np.float64]]], None]
"""Takes the values (n,) of the next n images, by name."""

_CHUNK = 4096


@contextmanager
def values_file(
    path: str | Path, names: Sequence[str], attributes: Mapping[str, Any]
) -> Iterator[Append]:
    """Write numbers of images in the order of the images, block by block, whole or not at all.

    Args:
        path: ends in .h5, .hdf5, .npy or .csv. HDF5 gets a dataset (N,) for each name, and the
            attributes; text a line for each image, numbered from 0, below the names; an array (N,)
            float64 the first of the values alone.
        names: of the values.
        attributes: plain values.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".npy"):
        with _hdf5(path, names, attributes) as append:
            yield append
        return
    with (
        whole_file(path) as temporary,
        _csv(temporary, names) if path.suffix == ".csv" else _npy(temporary, names[0]) as append,
    ):
        yield append


@contextmanager
def _csv(path: Path, names: Sequence[str]) -> Iterator[Append]:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(["image", *names]) + "\n")

        def append(values: Mapping[str, NDArray[np.float64]]) -> None:
            nonlocal count
            for row in zip(*(values[name].tolist() for name in names), strict=True):
                file.write(",".join([str(count), *(f"{value:.10g}" for value in row)]) + "\n")
                count += 1

        yield append


@contextmanager
def _npy(path: Path, name: str) -> Iterator[Append]:
    def header(count: int) -> None:
        """Of the same length for any count: NumPy leaves room for 21 digits."""
        form = {"descr": "<f8", "fortran_order": False, "shape": (count,)}
        np.lib.format.write_array_header_1_0(file, form)

    count = 0
    with path.open("wb") as file:
        header(0)
        start = file.tell()

        def append(values: Mapping[str, NDArray[np.float64]]) -> None:
            nonlocal count
            file.write(np.asarray(values[name], "<f8").tobytes())
            count += len(values[name])

        yield append
        file.seek(0)
        header(count)
        if file.tell() != start:
            raise RuntimeError(f"the header of {count} values is longer than that of none")


@contextmanager
def _hdf5(path: Path, names: Sequence[str], attributes: Mapping[str, Any]) -> Iterator[Append]:
    with new_hdf5(path) as (file, disk):
        file.attrs.update(attributes)
        datasets = {name: growing_dataset(file, name, "f8", chunk=_CHUNK) for name in names}

        def append(values: Mapping[str, NDArray[np.float64]]) -> None:
            for name, dataset in datasets.items():
                lengthen(dataset, values[name])
            disk.check()

        yield append
