"""Small sparse transformers, images and walks for the tests of the model and its sampler."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from typed_models import build

from darkpixel.models.sparse_transformer.model import SparseTransformer
from darkpixel.models.sparse_transformer.sequences import Sequences

SMALL: dict[str, Any] = {
    "model": "sparse_transformer", "width": 16, "layers": 2, "heads": 2, "value_bins": 8,
    "reach": 2, "neighbourhood": 1, "length_groups": 3,
}  # fmt: skip

VARIANTS: list[dict[str, Any]] = [
    {"order": order, "values": values}
    for order in ("walk", "spiral_out", "largest_first")
    for values in ("absolute", "shares")
]

MASS_FIRST: list[dict[str, Any]] = [
    {"order": order, "values": "shares", "mass_first": True}
    for order in ("spiral_out", "largest_first")
]


def toy_images(count: int, side: int = 10, seed: int = 0) -> Tensor:
    """A line of falling charge and a single pixel apart."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, side, side), np.float32)
    for image in images:
        row, length = random.integers(side), random.integers(3, 7)
        image[row, 1 : 1 + length] = np.arange(length, 0, -1) * random.lognormal(0, 0.2, length)
        image[(row + side // 2) % side, side - 1] = random.exponential() + 0.1
    return torch.from_numpy(images)


def small_model(
    images: Tensor | None = None, noise: float = 0.1, **settings: Any
) -> SparseTransformer:
    training = toy_images(64) if images is None else images
    _, height, width = training.shape
    model = build(SparseTransformer, {**SMALL, **settings}, (height, width), seed=1)
    model.fit_to_data(lambda: iter([training]))
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():  # away from the start, where much is the same for all places
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=random) * noise)
    return model.eval()


def as_sequences(
    sequences: Sequence[Sequence[int] | NDArray[np.int64]] | NDArray[np.int64],
    charges: Sequence[Sequence[float]] | NDArray[np.float64],
    places: int,
) -> Sequences:
    """Sequences of pixels with their charges."""
    longest = max(map(len, sequences))
    pixels = np.full((len(sequences), longest), places)
    values = np.zeros((len(sequences), longest), np.float32)
    for row, (sequence, own) in enumerate(zip(sequences, charges, strict=True)):
        pixels[row, : len(sequence)], values[row, : len(sequence)] = sequence, own
    return Sequences(pixels, values, np.array([len(sequence) for sequence in sequences]))


def condition(model: SparseTransformer, images: int) -> Tensor:
    """The vectors of so many images whose conditions are all withheld."""
    return model._condition({}, images, withhold=False)
