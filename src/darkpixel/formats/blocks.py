"""Blocks of images with their columns: what every reader gives and every writer takes."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Block = tuple[NDArray[np.float32], dict[str, NDArray[Any]]]
"""Images (n, H, W) and their columns, (n, ...) each. A column `event` numbers the events."""


class Events(NamedTuple):
    """All events of a source: the blocks, to be read once, and how many events they hold."""

    blocks: Iterator[Block]
    total: int


def column_types(columns: Mapping[str, NDArray[Any]]) -> dict[str, np.dtype[Any]]:
    """The type of each column's entries, as `ImageWriter` wants it."""
    return {name: np.dtype((values.dtype, values.shape[1:])) for name, values in columns.items()}
