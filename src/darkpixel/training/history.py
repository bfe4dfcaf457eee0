"""The history of a training run: one row per epoch, kept in the checkpoint, written as CSV."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from darkpixel.formats.files import whole_file

HISTORY = "history.csv"
TIMING_COLUMNS = ("images_per_second", "seconds")
"""Columns that differ between two runs with the same seed."""

Row = dict[str, float]
"""epoch (from 1), step (updates so far), train_loss, validation_loss, learning_rate,
gradient_norm (mean before clipping), images_per_second, seconds (both without validation), the
losses of each network if there are several, and the monitor's measures."""


def best_epoch(rows: Sequence[Row]) -> int:
    """The first epoch, counted from 1, with the smallest validation loss."""
    losses = [row["validation_loss"] for row in rows]
    return 1 + losses.index(min(losses))


def write_history(rows: Sequence[Mapping[str, float]], path: str | Path) -> None:
    """Write one line per epoch; a measure that an epoch lacks is left empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
