"""Files of conditions: the values for which images are to be drawn, one row an image.

Either comma-separated text, whose first line names the columns, or HDF5 with one dataset of length
N a column: an image file, for example, whose images are to be drawn again.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import check_readable, one_line, open_hdf5, sound

_HDF5 = (".h5", ".hdf5")


def read_conditions(path: str | Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The columns of a file that a model takes as conditions, (n,) each, n alike.

    Args:
        path: ends in .csv, .h5 or .hdf5.
        names: of the model's conditions. An HDF5 file may have other columns, which are left
            out; in a text file they are an error, since it was written for this.

    Raises:
        DarkpixelError: absent, unreadable, none or unknown columns, of unequal length, or a value
            that is not a finite number.
    """
    path = Path(path)
    known = ", ".join(names) or "none"
    if path.suffix == ".csv":
        columns = _text(path)
        for name in columns:
            if name not in names:
                raise DarkpixelError(
                    f"{path}: column {name!r} is no condition of the model, which takes {known}; "
                    "rename it or leave it out."
                )
    elif path.suffix in _HDF5:
        columns = _hdf5(path, names)
    else:
        raise DarkpixelError(
            f"{path}: ends in '{path.suffix}'; give conditions as .csv, .h5 or .hdf5."
        )
    if not columns:
        raise DarkpixelError(f"{path}: no column of the model's conditions, which are {known}.")
    first = next(iter(columns))
    for name, values in columns.items():
        if len(values) != len(columns[first]):
            raise DarkpixelError(
                f"{path}: {name} has {len(values)} values but {first} has {len(columns[first])}; "
                "give one of each an image."
            )
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise DarkpixelError(
                f"{path}: {name}[{bad[0]}] is {values[bad[0]]}; give finite numbers, or leave the "
                "column out."
            )
    if not len(columns[first]):
        raise DarkpixelError(f"{path}: no row; give one an image.")
    return columns


def _text(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except FileNotFoundError as error:
        raise DarkpixelError(f"{path}: no such file; check the path.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DarkpixelError(f"{path}: cannot be read as text ({one_line(error)}).") from error
    if not rows:
        raise DarkpixelError(f"{path}: empty; the first line names the columns.")
    names = [name.strip() for name in rows[0]]
    for name in names:
        if names.count(name) > 1:
            raise DarkpixelError(f"{path}: column {name!r} occurs twice; keep one.")
    values = np.empty((len(rows) - 1, len(names)))
    for number, row in enumerate(rows[1:]):
        if len(row) != len(names):
            raise DarkpixelError(
                f"{path}: row {number + 1} has {len(row)} values for {len(names)} columns."
            )
        for column, text in enumerate(row):
            try:
                values[number, column] = float(text)
            except ValueError as error:
                raise DarkpixelError(
                    f"{path}: row {number + 1}: {names[column]!r} is {text!r}; give a number."
                ) from error
    return dict(zip(names, values.T, strict=True))


def _hdf5(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    columns, remedy = {}, "make it again"
    with (
        open_hdf5(path, missing="check the path", remedy=remedy) as file,
        sound(path, remedy),
    ):
        for name in names:
            if name not in file:
                continue
            data = file[name]
            shape = getattr(data, "shape", None)
            if shape is None or len(shape) != 1 or data.dtype.kind not in "biuf":
                raise DarkpixelError(
                    f"{path}: {name} is not a list of numbers; store one number an image."
                )
            check_readable(path, data)
            with sound(path, remedy, name):
                columns[name] = np.asarray(data[:])
    return columns
