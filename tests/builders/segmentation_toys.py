"""Images that an SSNet learns in seconds: straight lines are tracks, random blobs are showers."""

from pathlib import Path
from typing import Any

import numpy as np
from image_files import LARTPC, write_images
from numpy.typing import ArrayLike, NDArray

SIDE = 16
IMAGES = LARTPC | {"dataset": "lartpc_vertex"}


def lines_and_blobs(
    count: int, seed: int = 0, side: int = SIDE
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Images (N, side, side) and their pixel labels; overlap is track."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, side, side), np.float32)
    labels = np.zeros((count, side, side), np.uint8)
    for image, label in zip(images, labels, strict=True):
        near = random.integers(0, side, (2, 20)) // 2 + random.integers(0, side // 2, (2, 1))
        image[near[0], near[1]] = random.uniform(0.5, 3, 20)
        label[near[0], near[1]] = 1
        line = random.integers(0, side)
        along: Any = (line, slice(None)) if random.random() < 0.5 else (slice(None), line)
        image[along] = random.uniform(2, 4, side)
        label[along] = 2
    return images, labels


def write_toys(
    path: Path,
    count: int,
    seed: int = 0,
    images: NDArray[Any] | None = None,
    labels: NDArray[Any] | None = None,
    **columns: ArrayLike,
) -> Path:
    """An image file of them, or of the images and labels given."""
    if images is None or labels is None:
        images, labels = lines_and_blobs(count, seed)
    more = {name: np.asarray(values) for name, values in columns.items()}
    return write_images(path, images, {"pixel_labels": labels.astype(np.uint8), **more}, **IMAGES)
