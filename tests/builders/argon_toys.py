"""Made-up liquid-argon images: straight tracks and sprays of short pieces, as label files."""

from pathlib import Path
from typing import Any

import numpy as np
from image_files import LARTPC, write_images
from numpy.typing import ArrayLike, NDArray

from darkpixel.formats.image_format import SHOWER, TRACK

SIDE = 64
Images = NDArray[np.float32]
Labels = NDArray[np.uint8]
Species = NDArray[np.int32]


def draw_line(image: Images, start: ArrayLike, angle: float, length: float, charge: float) -> None:
    """Add a line of `length` pixels; steps of a quarter pixel share the charge per pixel."""
    first_row, first_column = np.asarray(start).tolist()
    for step in np.arange(0, length, 0.25):
        row, column = first_row + step * np.sin(angle), first_column + step * np.cos(angle)
        if 0 <= row < SIDE and 0 <= column < SIDE:
            image[int(row), int(column)] += charge / 4


def argon_images(
    count: int, seed: int = 0, track_length: float = 40.0
) -> tuple[Images, Labels, Species]:
    """(images (N, 64, 64) in 0.255 MeV, labels (N, 64, 64), species (N,)).

    A third each: muons (one long line), protons (one short, dense line), electrons (a spray).
    """
    random = np.random.default_rng(seed)
    images = np.zeros((count, SIDE, SIDE), np.float32)
    species = random.choice([13, 2212, 11], count)
    for image, kind in zip(images, species, strict=True):
        angle = random.uniform(0, 2 * np.pi)
        start = np.array([32, 32]) - 18 * np.array([np.sin(angle), np.cos(angle)])
        if kind == 13:
            draw_line(image, start, angle, random.normal(track_length, 4), 4.0)
        elif kind == 2212:
            draw_line(image, start, angle, random.normal(track_length / 3, 2), 14.0)
        else:
            for _ in range(random.integers(8, 30)):
                spread = angle + random.normal(0, 0.35)
                away = random.exponential(14)
                place = start + away * np.array([np.sin(spread), np.cos(spread)])
                draw_line(image, place, spread, random.exponential(4) + 1, random.exponential(3))
    images *= np.asarray(random.lognormal(0, 0.3, images.shape), np.float32)
    labels = np.where(species == 11, SHOWER, TRACK)[:, None, None]
    return images, np.where(images > 0.2, labels, 0).astype(np.uint8), species.astype(np.int32)


def write_labels(
    path: Path,
    images: Images,
    labels: Labels,
    species: Species | None = None,
    seed: int = 0,
    confidence: float = 0.93,
) -> str:
    """A label file; scores lie about `confidence` for the label and 1 - that for the other."""
    random = np.random.default_rng(seed)
    scores = {name: np.zeros((len(images), 50), np.uint16) for name in ("shower", "track")}
    for number, image in enumerate(images):
        filled = labels[number][image > 0.2]
        right = np.clip(random.normal(confidence, 0.07, len(filled)), 0.51, 0.999)
        shower = np.where(filled == SHOWER, right, 1 - right)
        scores["shower"][number] = np.histogram(shower, 50, (0, 1))[0]
        scores["track"][number] = np.histogram(1 - shower, 50, (0, 1))[0]
    columns: dict[str, NDArray[Any]] = {
        "event": np.arange(len(images)),
        "pixel_labels": labels,
        "shower_pixels": (labels == SHOWER).sum(axis=(1, 2)).astype(np.int32),
        "track_pixels": (labels == TRACK).sum(axis=(1, 2)).astype(np.int32),
        "shower_scores": scores["shower"],
        "track_scores": scores["track"],
    }
    if species is not None:
        columns |= {"species": species, "momentum": np.full(len(images), 500, np.float32)}
    return str(write_images(path, images, columns, attributes={"threshold": 0.2}, **LARTPC))


def write_plain(path: Path, images: Images, source: str = "simulate") -> str:
    """An image file without labels."""
    return str(write_images(path, images, source=source, **LARTPC))
