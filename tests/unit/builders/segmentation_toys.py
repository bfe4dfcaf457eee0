"""Images that an SSNet learns in seconds: straight lines are tracks, random blobs are showers."""

import numpy as np

from darkpixel.formats.image_file import ImageWriter

SIDE = 16
IMAGES = {"dataset": "lartpc_vertex", "label": "all", "pixel_size": 0.5, "unit": "0.255 MeV"}


def lines_and_blobs(count, seed=0, side=SIDE):
    """Images (N, side, side) float32 and their pixel labels uint8; overlap is track."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, side, side), np.float32)
    labels = np.zeros((count, side, side), np.uint8)
    for image, label in zip(images, labels, strict=True):
        near = random.integers(0, side, (2, 20)) // 2 + random.integers(0, side // 2, (2, 1))
        image[near[0], near[1]] = random.uniform(0.5, 3, 20)
        label[near[0], near[1]] = 1
        line = random.integers(0, side)
        along = (line, slice(None)) if random.random() < 0.5 else (slice(None), line)
        image[along] = random.uniform(2, 4, side)
        label[along] = 2
    return images, labels


def write_toys(path, count, seed=0, images=None, labels=None, **columns):
    """An image file of them, or of the images and labels given."""
    if images is None:
        images, labels = lines_and_blobs(count, seed)
    _, height, width = images.shape
    kinds = {"pixel_labels": np.uint8, **{k: np.asarray(v).dtype for k, v in columns.items()}}
    with ImageWriter(
        path, height=height, width=width, split="test", source="test", seed=7, config_digest="0",
        columns=kinds, **IMAGES,
    ) as file:  # fmt: skip
        file.append(images, pixel_labels=labels, **columns)
    return path
