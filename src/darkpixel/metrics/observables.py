"""Observables of every image of the test file and of the samples, streamed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.units import check_stated, conversion
from darkpixel.metrics.kinematics import girth, image_observables, pixel_size_of


class Source(NamedTuple):
    """A file of images and who made them."""

    model: str
    """Model name, or `quantised_{model}` for test images rounded to that model's grid."""
    seed: int
    path: str


def sources_of(samples: Mapping[str, Sequence[str]], seeds: Sequence[int]) -> list[Source]:
    """The files of every model, one a seed; a model may have fewer files than there are seeds.

    Args:
        samples: model -> files, in the order of `seeds`.
        seeds: of the training runs.
    """
    return [
        Source(model, seed, path)
        for model, paths in samples.items()
        for seed, path in zip(seeds, paths, strict=False)
    ]


def check_image_size(file: ImageFile, size: tuple[int, ...], test_path: str | Path) -> None:
    """Refuse a sample whose images (H, W) are not of the size of the test images.

    Raises:
        DarkpixelError: they are not.
    """
    if file.shape[1:] != size:
        raise DarkpixelError(
            f"{file.path}: images of {file.shape[1:]} pixels, but those of {test_path} "
            f"have {size}; sample and test data must come from the same data set."
        )


def measure_observables(
    sources: list[Source], test_path: str, *, batch_size: int = 4096
) -> pd.DataFrame:
    """Observables of every image of the test file and of every sample, streamed.

    Returns:
        One row per image: `model` (`monte_carlo` for the test file), `seed`, `image` (its
        number in the file), `pt`, `mass`, `sum`, `maximum` in the unit of the test file (GeV),
        `girth`, `nonzero` (pixels), and `zero_fraction`.

    Raises:
        DarkpixelError: a sample's images differ from the test images in size or pixel size, or in
            a unit that cannot be converted or that only one of the two states.
    """
    frames = []
    with ImageFile(test_path) as test:
        pixel_size, image_size = pixel_size_of(test), test.shape[1:]
        unit = test.attributes.get("unit")
    for source in [Source(MONTE_CARLO, 0, test_path), *sources]:
        with ImageFile(source.path) as file:
            check_image_size(file, image_size, test_path)
            side = float(file.attributes.get("pixel_size", pixel_size))
            if not np.isclose(side, pixel_size):
                raise DarkpixelError(
                    f"{source.path}: attribute pixel_size is {side:g}, but {pixel_size:g} in "
                    f"{test_path}; bring both to one scale."
                )
            factor = np.float32(_factor(file, test_path, unit))
            for batch in file.batches(batch_size):
                images = batch["images"] if factor == 1 else batch["images"] * factor
                nonzero = np.count_nonzero(images, axis=(1, 2))
                frames.append(
                    pd.DataFrame(
                        {
                            "model": source.model,
                            "seed": source.seed,
                            **image_observables(images, pixel_size),
                            "girth": girth(images, pixel_size),
                            "sum": images.sum(axis=(1, 2), dtype=np.float64),
                            "maximum": images.max(axis=(1, 2)).astype(np.float64),
                            "nonzero": nonzero,
                            "zero_fraction": 1 - nonzero / (image_size[0] * image_size[1]),
                        }
                    )
                )
    table = pd.concat(frames, ignore_index=True)
    table.insert(2, "image", table.groupby(["model", "seed"], sort=False).cumcount())
    return table


def _factor(file: ImageFile, test_path: str | Path, unit: str | None) -> float:
    """What brings pixels to the unit of the test images, None where these state none."""
    stated = file.attributes.get("unit")
    check_stated(file.path, stated, test_path, unit)
    if stated is None or unit is None:
        return 1.0
    return conversion(file.path, stated, unit)


def in_random_order(observables: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The rows of `measure_observables`, those of each file in random order.

    For files of which nothing is known: a sorted file's first n images are not like the others.
    The splits of a data set and the samples of a model are in random order as they are. Files of
    one length get one order, so that a file has no distance from itself.
    """
    files = observables.groupby(["model", "seed"], sort=False)
    return pd.concat(
        [file.sample(frac=1, random_state=seed) for _, file in files], ignore_index=True
    )
