"""Several image files joined into one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile, ImageWriter
from darkpixel.formats.image_format import ATTRIBUTES

_WRITTEN_ANEW = ("format", "version", "software")  # by every writer


def concatenate(paths: Sequence[str | Path], path: str | Path) -> None:
    """Join image files that differ in nothing but their images, in order.

    Raises:
        DarkpixelError: none is given, a file is not one of ours, or two do not belong together.
    """
    if not paths:
        raise DarkpixelError(f"{path}: no image files to join.")
    with ImageFile(paths[0]) as first:
        shared = {
            name: value for name, value in first.attributes.items() if name not in _WRITTEN_ANEW
        }
        if not shared:
            raise DarkpixelError(f"{paths[0]}: attribute format is missing; make the file again.")
        columns = first.column_types()
        _, height, width = first.shape
    extra = {name: shared.pop(name) for name in list(shared) if name not in ATTRIBUTES}
    writer = ImageWriter(
        path, height=height, width=width, columns=columns, attributes=extra, **shared
    )
    with writer:
        for part in paths:
            with ImageFile(part) as file:
                _check_same_kind(file, (height, width), shared | extra, columns, paths[0])
                for batch in file.batches(columns=columns):
                    writer.append(**batch)


def _check_same_kind(
    file: ImageFile,
    shape: tuple[int, int],
    shared: dict[str, Any],
    columns: dict[str, np.dtype[Any]],
    first: str | Path,
) -> None:
    stored: dict[str, Any] = {name: file.attributes.get(name) for name in shared}
    stored |= {"image size": file.shape[1:]}
    stored |= {"columns": file.column_types()}
    for name, expected in (shared | {"image size": shape, "columns": columns}).items():
        if not np.array_equal(stored[name], expected):
            raise DarkpixelError(
                f"{file.path}: {name} is {stored[name]!r}, but {expected!r} in {first}; "
                "join files of one kind only."
            )
