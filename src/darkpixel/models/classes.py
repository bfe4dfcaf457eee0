"""Both classes must occur: from one of them nothing is learned that tells them apart."""

from collections.abc import Iterator
from pathlib import Path

from darkpixel.config.names import CLASS
from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Labelled


def require_both_classes(model: str, batches: Iterator[Labelled], path: str | Path) -> None:
    """Refuse a file whose images are all of one class, for a classifier's `Trainable.examine`.

    Args:
        model: its name, for the message.
        batches, path: as of `examine`; the column `class` is 0 or 1.

    Raises:
        DarkpixelError: one of the two does not occur.
    """
    counts = [0, 0]
    for images, columns in batches:
        second = int((columns[CLASS] != 0).sum())
        counts[0] += len(images) - second
        counts[1] += second
    if not all(counts):
        found = 0 if counts[0] else 1
        raise DarkpixelError(
            f"{path}: all {counts[found]} images are of class {found}; {model} learns to tell "
            "two classes apart: give it images of both."
        )
