"""Columns of the rows that compare a model with the test images, and what their making needs."""

from typing import Protocol

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "seed_spread", "floor",
    "floor_error", "n", "seeds", "published", "hardware",
]  # fmt: skip


class Comparison(Protocol):
    """What a comparison with errors and noise floor needs of the settings."""

    @property
    def n(self) -> int: ...
    @property
    def bootstrap_repetitions(self) -> int: ...
    @property
    def floor_splits(self) -> int: ...
    @property
    def seed(self) -> int: ...
