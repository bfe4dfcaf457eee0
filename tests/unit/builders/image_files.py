"""Image files for tests."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings

from darkpixel.formats.image_file import ImageWriter

ABOUT: dict[str, Any] = {
    "dataset": "jets",
    "label": "signal",
    "split": "train",
    "pixel_size": 0.1,
    "unit": "GeV",
    "source": "simulate",
    "seed": 7,
    "config_digest": "abc",
}


EXAMPLES = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def sparse_images(count: int, height: int = 6, width: int = 5, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pixels = rng.exponential(10.0, (count, height, width))
    return (pixels * (rng.random(pixels.shape) < 0.1)).astype(np.float32)


def write(path: Path, images: np.ndarray, blocks: list[int] | None = None, **columns: Any) -> None:
    """Write `images` in blocks of the given sizes (the last takes what is left)."""
    _, height, width = images.shape
    types = {name: values.dtype for name, values in columns.items()}
    with ImageWriter(path, height=height, width=width, columns=types, **ABOUT) as file:
        edges = [0, *np.cumsum(blocks or []).tolist(), len(images)]
        for start, stop in itertools.pairwise(edges):
            part = {name: values[start:stop] for name, values in columns.items()}
            file.append(images[start:stop], **part)


ONES = np.ones((20, 4, 4), np.float32)
