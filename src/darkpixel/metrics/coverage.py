"""Coverage and density: whether samples reach all of the data, and whether they leave it.

Naeem et al., "Reliable fidelity and diversity metrics for generative models", arXiv:2002.09797,
equations 3 and 4. Each real image has a ball in the space of features, which reaches to its k-th
nearest other real image.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.comparison import COLUMNS
from darkpixel.metrics.features import Describe, Sample
from darkpixel.metrics.frechet import monte_carlo_pairs, standardised
from darkpixel.metrics.uncertainty import over_seeds

Array = npt.NDArray[np.float64]

NEIGHBOURS = 5
"""k, as in Naeem et al., section 5."""
REPEATED, SHUFFLED = "monte_carlo_repeated", "monte_carlo_shuffled"
"""Monte Carlo of which half of the images are there twice, the others missing; and with the
pixels of every fifth image in random places."""
FAULTS = {"coverage": (REPEATED, -1), "density": (SHUFFLED, -1)}
"""Measure -> the control that must be seen, and the sign of its effect
(`darkpixel.metrics.controls.with_verdicts`)."""
_BLOCK = 512  # real images at once: 4 KB for each generated one


class Measured(NamedTuple):
    """Value and error of both measures."""

    coverage: tuple[float, float]
    density: tuple[float, float]


def coverage_and_density(real: Array, generated: Array, neighbours: int = NEIGHBOURS) -> Measured:
    """Share of the real images' balls that are reached, and how full they are.

    Coverage: share of balls that hold a generated image. Density: number of balls that a
    generated image lies in, over k, in the mean. Balls are closed, so that a real image that
    occurs more than k times, such as a blank one, is reached by its copies. For samples of one
    distribution with a density the expected coverage of n images by n is `perfect_coverage`
    and the expected density 1.

    The errors are those of drawing both sets anew. Of the coverage: binomial over balls, and by
    leaving out each generated image in turn; of the density: of its means over balls and over
    generated images. That balls change with the other real images is left out, which makes them
    upper bounds in most cases: 1.2 to 1.8 times the scatter of repeated experiments for the
    coverage, 0.85 to 1.75 times for the density (normal distributions in 4 to 16 dimensions).

    Args:
        real, generated: (N, F) and (M, F) features in the same units.
        neighbours: k.

    Raises:
        DarkpixelError: no more than k real images, or no generated ones.
    """
    count, drawn = len(real), len(generated)
    if count <= neighbours or not drawn:
        raise DarkpixelError(
            f"coverage: found {count} real and {drawn} generated images; give more than "
            f"{neighbours} and at least one."
        )
    # The nearest image of all is the image itself, or a copy of it.
    radius = cKDTree(real).query(real, neighbours + 1)[0][:, neighbours]
    held = np.zeros(count)  # generated images in each ball
    # Of each generated image: the balls that it lies in, and those that it alone reaches.
    around, alone = np.zeros(drawn), np.zeros(drawn)
    for start in range(0, count, _BLOCK):
        part = slice(start, start + _BLOCK)
        inside = cdist(real[part], generated) <= radius[part, None]
        held[part] = inside.sum(axis=1)
        around += inside.sum(axis=0)
        alone += inside[held[part] == 1].sum(axis=0)
    reached = float((held > 0).mean())
    pairs = float(held.sum()) / (neighbours * drawn)
    full, share = around / neighbours, held * count / (neighbours * drawn)
    # The noise of how many pairs there are is in both variances, and counts once.
    noise = full.var() / drawn + share.var() / count - pairs / (neighbours * drawn)
    lost = reached * (1 - reached) / count + drawn * (alone / count).var()
    return Measured((reached, float(np.sqrt(lost))), (pairs, float(np.sqrt(max(noise, 0.0)))))


def perfect_coverage(count: int, drawn: int, neighbours: int = NEIGHBOURS) -> float:
    """Expected coverage of `count` images by `drawn` others of the same distribution.

    Naeem et al., equation 9: a ball stays empty if the k nearest of all N - 1 + M other images
    are real. 1 - 2^-k for large equal numbers: 0.969 for k = 5.
    """
    steps = np.arange(1, neighbours + 1)
    return float(1 - np.prod((count - steps) / (count + drawn - steps)))


def faulty_features(
    control: Sample, sound: Array, describe: Describe, seed: int = 1
) -> dict[Sample, Array]:
    """Features of Monte Carlo with known faults, (n, F) each: `REPEATED` and `SHUFFLED`.

    Args:
        control: Monte Carlo without a fault.
        sound: (n, F) features of its first n images.
        describe: features of images.
        seed: of the places of shuffled pixels.
    """
    random = np.random.default_rng(seed)
    n = len(sound)
    shuffled = sound.copy()
    start = 0
    for images in control.blocks(n):
        fifth = np.arange(-start % 5, len(images), 5)
        pixels = images[fifth].reshape(len(fifth), -1)
        shuffled[start + fifth] = describe(
            random.permuted(pixels, axis=1).reshape(len(fifth), *images.shape[1:])
        )
        start += len(images)
    return {
        control._replace(model=REPEATED): sound[np.arange(n) // 2],
        control._replace(model=SHUFFLED): shuffled,
    }


def coverage_rows(
    real: Array,
    samples: Mapping[Sample, Array],
    floors: Sequence[Array],
    *,
    dataset: str,
    label: str,
) -> pd.DataFrame:
    """Coverage and density of each model, one row each, in the order of the samples.

    Args:
        real: (n, F) features of the reference, whose standard deviations are the units.
        samples: features of each sample, (n, F).
        floors: features of other Monte Carlo images, sets of (n, F) that share no image.

    Returns:
        Columns `darkpixel.metrics.comparison.COLUMNS`; `floor` and `floor_error` are mean and
        standard deviation between Monte Carlo sets, as in
        `darkpixel.metrics.frechet.distance_rows`: what a perfect generator scores.
    """

    def both(first: Array, second: Array) -> Measured:
        return coverage_and_density(standardised(first, real), standardised(second, real))

    perfect = [both(*pair) for pair in monte_carlo_pairs(real, floors)]
    by_model: dict[str, list[Measured]] = {}
    for sample, features in samples.items():
        by_model.setdefault(sample.model, []).append(both(real, features))
    rows = []
    for name in FAULTS:
        ideal = np.array([getattr(each, name)[0] for each in perfect])
        for model, by_seed in by_model.items():
            values, errors = zip(*(getattr(each, name) for each in by_seed), strict=True)
            rows.append(
                {
                    "model": model,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    **over_seeds(values, errors),
                    "floor": ideal.mean(),
                    "floor_error": ideal.std(ddof=1) if len(ideal) > 1 else np.nan,
                    "n": len(real),
                    "published": np.nan,
                    "hardware": "",
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)
