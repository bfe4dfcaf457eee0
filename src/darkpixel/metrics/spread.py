"""How much the images of one sample differ from each other, and when they hardly do.

Distances are Euclidean, between asinh(pixel) in the unit of the file: linear below 1 GeV (of liquid
argon 0.255 MeV), logarithmic above, so that one hot pixel does not outweigh all others.
"""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

logger = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]
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
