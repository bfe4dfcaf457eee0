"""Memorisation: distance of generated images to the nearest training image, streamed.

A model that memorises lies closer to its training images than other images of the simulation
do; one that has learned lies as far away as the test images.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.comparison import COLUMNS
from darkpixel.metrics.features import Images, Sample
from darkpixel.metrics.names import is_derived
from darkpixel.metrics.uncertainty import over_seeds

Array = npt.NDArray[np.float64]

CLOSE = 0.01
"""Quantile of the test images' distances below which an image is close to a training image."""
_BLOCK = 1024  # training images at once; with as many compared: 4 MB of distances
_BOOTSTRAPS = 200


class Prepared(NamedTuple):
    """Images that are not blank, as they are compared."""

    pixels: Images
    """(n, H W) asinh(I), float32."""
    squares: Images
    """(n,) their squared norms."""
    digests: list[bytes]
    """Of the images as stored."""

    @classmethod
    def of(cls, images: Images) -> "Prepared":
        """Of images (N, H, W)."""
        images = images[images.any(axis=(1, 2))]
        count, height, width = images.shape
        pixels: Images = np.arcsinh(images).reshape(count, height * width)
        digests = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]
        return cls(pixels, np.einsum("ij,ij->i", pixels, pixels), digests)


class Nearest:
    """The nearest training image of each of a set of images.

    Distances are Euclidean, between asinh(I) of all pixels, I in the unit of the file (GeV; of
    liquid argon 0.255 MeV): linear for soft pixels and logarithmic for hard ones, so that neither
    decides alone. Blank images are left out: they are
    equal to each other, memorised or not.
    """

    def __init__(self, images: Images) -> None:
        """Of images (N, H, W), held in memory: 4 H W bytes each."""
        self._images = Prepared.of(images)
        self._copied = np.zeros(len(self._images.pixels), dtype=bool)
        self._squares = np.full(len(self._images.pixels), np.inf)

    @property
    def distance(self) -> Array:
        """(n,) of the images that are not blank; infinite before any training image."""
        result: Array = np.sqrt(self._squares)
        return result

    @property
    def copies(self) -> int:
        """How many of them equal a training image bit for bit."""
        return int(self._copied.sum())

    def compare(self, training: Prepared) -> None:
        """Take a block of training images into account; 4 KB for each are held meanwhile."""
        if not len(training.pixels):
            return
        known = set(training.digests)
        self._copied |= np.array([digest in known for digest in self._images.digests], dtype=bool)
        for start in range(0, len(self._squares), _BLOCK):
            part = slice(start, start + _BLOCK)
            squares = training.squares - 2 * (self._images.pixels[part] @ training.pixels.T)
            # rounding can leave the distance of a copy below zero
            nearest = np.maximum(squares.min(axis=1) + self._images.squares[part], 0)
            self._squares[part] = np.minimum(self._squares[part], nearest)


def mirror_images(images: Images) -> Iterator[Images]:
    """Images (N, H, W) and their other mirror images: eight of squares, four of others."""
    for turned in (images, images.transpose(0, 2, 1)):
        if turned.shape == images.shape:
            yield from (turned, turned[:, ::-1], turned[:, :, ::-1], turned[:, ::-1, ::-1])


def nearest_training_images(
    samples: Sequence[Sample], count: int, train: str, *, mirrored: bool = False
) -> dict[Sample, Nearest]:
    """Compare the first `count` images of each sample with all training images, read once.

    The samples' images are held in memory, the training images a block at a time.

    Args:
        samples: to compare.
        count: images of each.
        train: file of the training images.
        mirrored: with the mirror images of the training images, too, as a model is trained on
            where the simulation has these symmetries. It takes eight times as long.
    """
    by_sample = {sample: Nearest(np.concatenate(list(sample.blocks(count)))) for sample in samples}
    with ImageFile(train) as file:
        for batch in file.batches(_BLOCK):
            images = batch["images"]
            for copies in mirror_images(images) if mirrored else (images,):
                training = Prepared.of(np.ascontiguousarray(copies))
                for nearest in by_sample.values():
                    nearest.compare(training)
    return by_sample


def memorisation_rows(
    test: Nearest,
    samples: Mapping[Sample, Nearest],
    *,
    dataset: str,
    label: str,
    seed: int = 1,
    limits: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Three measures of each model from these distances, a row each.

    Args:
        test: nearest training images of test images, the reference.
        samples: those of each sample; other test images among them show what chance does.
        limits: model -> the sample that is the best it can do: other test images on its grid, or
            through its autoencoder.

    Returns:
        Columns `darkpixel.metrics.rows.COLUMNS`; `floor` is what a perfect generator gives, or
        the sample in `limits`. By `observable`:

        - `nearest_ratio`: median distance over that of the test images (1), bootstrap error;
        - `close_share`: share of images closer than the 1% quantile of the test images (0.01),
          and the binomial error, at 1%, of that share and of that quantile;
        - `copies`: images equal to a training image bit for bit (as many as of the test images;
          images of few pixels can agree by chance). A model with a limit cannot give a training
          image back bit for bit, whether it learned it by heart or not: NaN. Its copies are
          rounded ones, which the other two measures see.

        `n` counts images that are not blank; a model that makes blank ones only has no values.
    """
    by_model: dict[str, list[Nearest]] = {}
    for sample, nearest in samples.items():
        by_model.setdefault(sample.model, []).append(nearest)
    measures = {
        model: [_measures(nearest, test, seed) for nearest in by_seed]
        for model, by_seed in by_model.items()
    }
    perfect = {"nearest_ratio": 1.0, "close_share": CLOSE, "copies": float(test.copies)}
    rows = []
    for model, by_seed in by_model.items():
        limit = measures.get((limits or {}).get(model, ""))
        bounded = limit is not None or is_derived(model)
        for name, ideal in perfect.items():
            values, errors = zip(*(each[name] for each in measures[model]), strict=True)
            floor, floor_error = ideal, np.nan
            if bounded and name == "copies":
                floor = np.nan
                values = errors = (np.nan,) * len(by_seed)
            elif limit is not None:
                floor, floor_error = limit[0][name]
            rows.append(
                {
                    "model": model,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    **over_seeds(values, errors),
                    "floor": floor,
                    "floor_error": floor_error,
                    "n": min(len(nearest.distance) for nearest in by_seed),
                    "published": np.nan,
                    "hardware": "",
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _measures(sample: Nearest, test: Nearest, seed: int) -> dict[str, tuple[float, float]]:
    """Value and error of each measure."""
    distance, reference = sample.distance, test.distance
    if not (len(distance) and len(reference)) or np.isinf(reference).any():
        # no image but blank ones was generated, or is in the test or training data
        return dict.fromkeys(("nearest_ratio", "close_share", "copies"), (np.nan, np.nan))
    random = np.random.default_rng(seed)

    def ratio(some: Array, others: Array) -> float:
        below = float(np.median(others))
        return float(np.median(some)) / below if below > 0 else np.nan

    ratios = [
        ratio(random.choice(distance, len(distance)), random.choice(reference, len(reference)))
        for _ in range(_BOOTSTRAPS)
    ]
    share = float((distance < np.quantile(reference, CLOSE)).mean())
    error = np.sqrt(CLOSE * (1 - CLOSE) * (1 / len(distance) + 1 / len(reference)))
    return {
        "nearest_ratio": (ratio(distance, reference), float(np.std(ratios, ddof=1))),
        "close_share": (share, float(error)),
        "copies": (float(sample.copies), np.nan),
    }
