"""Diversity of generated images: whether they differ from each other as much as real ones.

A generator that draws few kinds of images can have good marginal distributions, and means that
look right. Here each sample's own spread is compared with that of Monte Carlo, as a ratio: 1 for a
perfect generator, less for one that repeats itself (SARM sections 6.2.1 and 8.4.1 find so by eye).

Distances are Euclidean, between asinh(pixel) in the unit of the file: linear below 1 GeV (of liquid
argon 0.255 MeV), logarithmic above, so that one hot pixel does not outweigh all others.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import count_images, read_images
from darkpixel.metrics.order import ordered
from darkpixel.metrics.uncertainty import over_seeds

logger = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]
COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "seed_spread", "floor",
    "floor_error", "n", "seeds",
]  # fmt: skip
MEASURES = {
    "variance": "variance",
    "neighbour_distance": "distance to the nearest",
    "dimensions": "effective dimensions",
}
COLLAPSED = {"neighbour_distance": 0.1, "dimensions": 0.05}
"""Ratios below which a generator has collapsed: it draws copies of a few images, or varies all of
them in a few directions. Of the shipped configurations' models all that learn have at least 0.5 and
0.22; LAGAN of muons, which fails there as in the paper, has 0.26 and 0.003 to 0.013
(docs/results/csv/sarm_diversity.csv, and the demo)."""
REPETITIONS = 200  # of the bootstrap: its error is then known to 5%


class Diversity(NamedTuple):
    """A sample's spread, and how it varies when its images are drawn again."""

    values: dict[str, float]
    """The measures of `MEASURES`: see `diversity`."""
    resampled: dict[str, Array]
    """(repetitions,) the same of bootstrap resamplings."""


def diversity(
    images: npt.NDArray[np.floating], seed: int = 1, repetitions: int = REPETITIONS
) -> Diversity:
    """How different the images of one sample are from each other.

    - `variance`: of the pixels, summed over them; half the mean squared distance of two images.
    - `neighbour_distance`: mean distance of an image to the nearest other one. It falls with the
      number of images, so only samples of one size compare; copies have 0.
    - `dimensions`: (sum of l)^2 / sum of l^2 with l the eigenvalues of the covariance of the
      pixels: the number of directions in which the images vary. It does not see their scale.

    Args:
        images: (N, H, W) with N > 2; blank ones may be among them.
        seed: of the bootstrap.
        repetitions: of the bootstrap; 0: none, where the errors are not wanted.
    """
    count = len(images)
    pixels = np.arcsinh(images.reshape(count, -1).astype(np.float64))
    pixels -= pixels.mean(axis=0)
    products = pixels @ pixels.T
    squared = np.diag(products).copy()
    distances = squared[:, None] + squared - 2 * products
    np.fill_diagonal(distances, np.inf)
    nearest = np.sqrt(np.maximum(distances.min(axis=1), 0.0))
    # The trace of the covariance's square is the mean squared product of two different images;
    # an image with itself, or with its copy in a resampling, would add to it.
    np.square(products, out=products)
    np.fill_diagonal(products, 0.0)

    def measures(weights: Array) -> dict[str, float]:
        variance = float(weights @ squared) / (count - 1)
        pairs = count**2 - float(weights @ weights)
        square = float(weights @ products @ weights) / pairs
        return {
            "variance": variance,
            "neighbour_distance": float(weights @ nearest) / count,
            "dimensions": variance**2 / square if square > 0 else 0.0,
        }

    random = np.random.default_rng(seed)
    drawn = [random.multinomial(count, np.full(count, 1 / count)) for _ in range(repetitions)]
    resampled = [measures(weights.astype(np.float64)) for weights in drawn]
    return Diversity(
        measures(np.ones(count)),
        {name: np.array([values[name] for values in resampled]) for name in MEASURES},
    )


def warn_of_collapse(ratios: Mapping[str, float], model: str) -> None:
    """Say in the log that a generator has collapsed, if a ratio is below `COLLAPSED`.

    Args:
        ratios: by measure, of `diversity` over that of as many real images.
        model: its name, and that of its data.
    """
    found = [
        f"{MEASURES[name]} {ratios[name]:.2g} (below {least:g})"
        for name, least in COLLAPSED.items()
        if ratios[name] < least
    ]
    if found:
        logger.warning(
            "%s: the generator has collapsed, its images are all alike: of the spread of real "
            "images they have %s; train it with another seed, a smaller learning_rate or more "
            "images.",
            *(model, ", ".join(found)),
        )


def diversity_rows(
    files: Mapping[str, Sequence[str | Path]],
    test_path: str | Path,
    *,
    dataset: str,
    label: str,
    n: int,
    seed: int = 1,
) -> pd.DataFrame:
    """Spread of each model's images over the spread of as many test images, one row a measure.

    The first n test images are the reference; n is at most half the test images, and at most the
    images of any file, so that all rows of a label compare.

    Args:
        files: image files of each model, one for each seed.
        test_path: Monte Carlo test images.
        n: images a side; two arrays of n x n numbers are held.
        seed: of the bootstrap.

    Returns:
        `value` is the mean ratio over seeds, `error` the bootstrap standard deviation of one
        seed's ratio (root mean square over seeds), `seed_spread` its standard deviation over
        seeds, NaN for one; `floor` and `floor_error` are value and error of n *other* test images:
        what a perfect generator scores, 1 within its error.

    Raises:
        DarkpixelError: too few images, or test images that do not differ.
    """
    sizes = [
        count_images(test_path) // 2,
        *(count_images(path) for paths in files.values() for path in paths),
    ]
    n = min(n, *sizes)
    if n < 3:
        raise DarkpixelError(
            f"{dataset}/{label}: {n} images a side for the diversity; at least 3 are needed, and "
            f"twice as many in {test_path}."
        )
    reference = diversity(read_images(test_path, 0, n), seed)
    smallest = min(values.min() for values in reference.resampled.values())
    if min(smallest, *reference.values.values()) <= 0:
        raise DarkpixelError(
            f"{test_path}: the first {n} images, or a resampling of them, are copies of each "
            "other; their spread is no reference."
        )
    control = _ratios(diversity(read_images(test_path, n, 2 * n), seed + 1), reference)
    rows = []
    for model in ordered(files):
        samples = [
            _ratios(diversity(read_images(path, 0, n), seed + 1), reference)
            for path in files[model]
        ]
        for sample in samples:
            ratios = {name: ratio for name, (ratio, _) in sample.items()}
            warn_of_collapse(ratios, f"{dataset}/{label}: {model}")
        for name in MEASURES:
            values = [sample[name][0] for sample in samples]
            errors = [sample[name][1] for sample in samples]
            rows.append(
                {
                    "model": model,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    **over_seeds(values, errors),
                    "floor": control[name][0],
                    "floor_error": control[name][1],
                    "n": n,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _ratios(sample: Diversity, reference: Diversity) -> dict[str, tuple[float, float]]:
    """Each measure over the reference's, and its bootstrap standard deviation."""
    return {
        name: (
            sample.values[name] / reference.values[name],
            float(np.std(sample.resampled[name] / reference.resampled[name], ddof=1)),
        )
        for name in MEASURES
    }
