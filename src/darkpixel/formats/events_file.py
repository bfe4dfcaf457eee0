"""The simulators' own files, opened with the checks that all of them share."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np

from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import check_readable, open_hdf5, sound

REMEDY = "delete the file and run the simulation again"


class EventsFile:
    """A file that a simulation wrote, open for reading; use as a context manager.

    Args:
        kind: the attribute `format` that it must have.
        version: the attribute `version`.
        attributes: names of further root attributes that must be there.

    Attributes:
        path: the file.
        attributes: root attributes.

    Raises:
        DarkpixelError: absent, not HDF5, truncated, of another format or version, incomplete.
    """

    def __init__(
        self, path: str | Path, kind: str, version: int, attributes: Iterable[str] = ()
    ) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path, missing="run the simulation that makes it", remedy=REMEDY)
        try:
            with self.reading("an attribute"):
                self.attributes = self._file.attrs
                for name, expected in {"format": kind, "version": version}.items():
                    value = self.attributes.get(name, "none")
                    value = value.item() if isinstance(value, np.generic) else value
                    problem = f"is {value!r}, expected {expected!r}"
                    self.check(bool(value == expected), f"attribute {name}", problem)
                for name in attributes:
                    self.check(name in self.attributes, f"attribute {name}", "is missing")
        except DarkpixelError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getitem__(self, name: str) -> h5py.Dataset:
        return self._file[name]

    def check(self, good: bool, field: str, problem: str) -> None:
        """Raise a DarkpixelError that names the file, the field and the remedy, unless `good`."""
        if not good:
            raise DarkpixelError(f"{self.path}: {field} {problem}; {REMEDY}.")

    def check_datasets(self, expected: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
        """Check the type and the shape of datasets: name -> (type, shape)."""
        for name, (dtype, shape) in expected.items():
            data: Any = self._file.get(name)
            self.check(isinstance(data, h5py.Dataset), name, "is missing")
            self.check(data.dtype == dtype, name, f"is {data.dtype}, expected {dtype}")
            self.check(data.shape == shape, name, f"has shape {data.shape}, expected {shape}")
            check_readable(self.path, data)

    def last(self, name: str) -> int:
        """The last entry of a dataset of offsets: how many entries all events have together.

        0 where there is no such dataset, or an empty one.
        """
        offsets: Any = self._file.get(name)
        whole = isinstance(offsets, h5py.Dataset) and offsets.ndim == 1 and len(offsets) > 0
        return int(offsets[-1]) if whole else 0

    def reading(self, what: str) -> AbstractContextManager[None]:
        """Explain what cannot be read in the block: the header, or events from a number on."""
        return sound(self.path, REMEDY, what)
