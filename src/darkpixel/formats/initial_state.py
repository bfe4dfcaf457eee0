"""Where a particle starts and where it goes, as columns of the image that shows it.

`start_row` and `start_column` are in pixels, and the centre of pixel (r, c) lies at (r, c). They
are not clipped: a particle that comes from outside of a crop starts at a row below -0.5, or at one
of H - 0.5 and more. `direction_row`, `direction_column` and `direction_depth` are the components of
a unit vector along rows, columns and across the image.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

START = ("start_row", "start_column")
DIRECTION = ("direction_row", "direction_column", "direction_depth")

_AXES = {"xy": (1, 0, 2), "yz": (2, 1, 0), "zx": (0, 2, 1)}
"""Of each projection: the axis of its rows, which is the second of its name, of its columns, which
is the first, and the one that it looks along."""


def initial_columns(
    plane: str, start: NDArray[np.floating[Any]], direction: NDArray[np.floating[Any]]
) -> dict[str, NDArray[np.float32]]:
    """The columns (n,) of a projection.

    Args:
        plane: xy, yz or zx.
        start: (n, 3), voxels along x, y and z; the centre of the first one is 0.
        direction: (n, 3), along x, y and z, of length one.
    """
    rows, columns, depth = _AXES[plane]
    return {
        **_named(START, start, (rows, columns)),
        **_named(DIRECTION, direction, (rows, columns, depth)),
    }


def _named(
    names: tuple[str, ...], values: NDArray[np.floating[Any]], axes: tuple[int, ...]
) -> dict[str, NDArray[np.float32]]:
    return {
        name: values[:, axis].astype(np.float32) for name, axis in zip(names, axes, strict=True)
    }


def in_crop(
    columns: Mapping[str, NDArray[Any]], corners: NDArray[np.integer[Any]]
) -> dict[str, NDArray[Any]]:
    """The columns of images after a crop: start points move, all else stays.

    Args:
        columns: (n, ...) each.
        corners: (n, 2), first row and first column of each crop.
    """
    moved = {
        name: columns[name] - corners[:, axis].astype(columns[name].dtype)
        for axis, name in enumerate(START)
        if name in columns
    }
    return {**columns, **moved}
