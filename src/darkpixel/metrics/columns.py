"""The columns of the rows that compare a model with the test images."""

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "seed_spread", "floor",
    "floor_error", "n", "seeds", "published", "hardware",
]  # fmt: skip
