"""Small image files: of jets unless a test says otherwise."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from numpy.typing import ArrayLike, NDArray

from darkpixel.formats.image_writer import ImageWriter

ABOUT: dict[str, Any] = {
    "dataset": "jets",
    "label": "signal",
    "split": "test",
    "pixel_size": 0.1,
    "unit": "GeV",
    "source": "simulate",
    "seed": 7,
    "config_digest": "abc",
}
LARTPC: dict[str, Any] = {
    "dataset": "lartpc",
    "label": "all",
    "pixel_size": 0.5,
    "unit": "0.255 MeV",
}
"""What differs for liquid-argon images: `write_images(path, images, **LARTPC)`."""

EXAMPLES = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
ONES = np.ones((20, 4, 4), np.float32)


def sparse_images(count: int, height: int = 6, width: int = 5, seed: int = 0) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    pixels = rng.exponential(10.0, (count, height, width))
    return (pixels * (rng.random(pixels.shape) < 0.1)).astype(np.float32)


def write_images(
    path: Path,
    images: ArrayLike,
    columns: Mapping[str, NDArray[Any]] | None = None,
    blocks: Sequence[int] = (),
    **about: Any,
) -> Path:
    """Write an image file.

    Args:
        images: (N, H, W).
        columns: of every image, with the types that they have.
        blocks: images appended at once; the last block takes what is left.
        about: arguments of `ImageWriter` other than those of `ABOUT`.
    """
    pixels, columns = np.asarray(images, np.float32), columns or {}
    _, height, width = pixels.shape
    types = {
        name: values.dtype if name == "pixel_labels" else np.dtype((values.dtype, values.shape[1:]))
        for name, values in columns.items()
    }
    keys = {**ABOUT, "columns": types, **about}
    with ImageWriter(path, height=height, width=width, **keys) as file:
        edges = [0, *np.cumsum(blocks, dtype=int).tolist(), len(pixels)]
        for start, stop in itertools.pairwise(edges):
            part = {name: values[start:stop] for name, values in columns.items()}
            file.append(pixels[start:stop], **part)
    return path
