"""Fréchet and kernel physics distance between sets of features.

Kansal et al., "Evaluating generative models in high energy physics", arXiv:2211.10295, section
III. Both compare all features and their correlations at once, with one number.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.comparison import COLUMNS
from darkpixel.metrics.features import SCALED, Sample
from darkpixel.metrics.uncertainty import over_seeds

Array = npt.NDArray[np.float64]


FAULTS = {"fpd": (SCALED, 1), "kpd": (SCALED, 1)}
"""Measure -> the control that must be seen, and the sign of its effect
(`darkpixel.metrics.controls.with_verdicts`)."""


class Distance(NamedTuple):
    value: float
    error: float


class Line(NamedTuple):
    """Fréchet distance of resampled sets against the inverse of their size."""

    intercept: float
    slope: float
    spread: float
    """Standard deviation over resamplings at the full size."""


def standardised(features: Array, reference: Array) -> Array:
    """Features in units of the standard deviation of `reference`, from its mean; both (., F).

    A feature that is constant there, such as a pixel region that never lights, keeps its unit.
    """
    deviation = reference.std(axis=0)
    result: Array = (features - reference.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    return result


def within_range(features: Array, reference: Array) -> Array:
    """Features from the mean of `reference`, in units of its largest deviation; both (., F).

    The unit of KPD, as JetNet's but centred. In units of the standard deviation the fourth
    power of a few far images decides: at 1500 jets KPD then tells pixels × 1.05 from the real
    ones by 0.4 standard deviations of its noise, in this unit by 10.
    """
    centre = reference.mean(axis=0)
    largest = np.abs(reference - centre).max(axis=0)
    result: Array = (features - centre) / np.where(largest > 0, largest, 1.0)
    return result


def frechet_distance(
    mean_a: Array, covariance_a: Array, mean_b: Array, covariance_b: Array
) -> float:
    """Squared 2-Wasserstein distance of two Gaussians (Dowson and Landau, 1982).

    |mu_a - mu_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)). The trace of the root comes from the
    eigenvalues of the symmetric A C_b A with A = C_a^(1/2), which singular covariances do not harm.
    """
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ covariance_b @ root)
    shared = np.sqrt(np.maximum(product, 0)).sum()
    difference = mean_a - mean_b
    traces = np.trace(covariance_a) + np.trace(covariance_b)
    return float(difference @ difference + traces - 2 * shared)


def frechet_line(
    real: Array,
    generated: Array,
    *,
    sizes: tuple[int, int],
    points: int = 10,
    repetitions: int = 20,
    seed: int = 42,
) -> Line:
    """The straight line on which JetNet's extrapolation rests (defaults are JetNet's).

    Args:
        real, generated: (n, F) features, standardised.
        sizes: smallest and largest size of the resampled sets, `points` of them evenly in 1/size.
        repetitions: resamplings, with replacement, at each size.
    """
    inverse = np.linspace(1 / sizes[0], 1 / sizes[1], points)
    batches = (1 / inverse).astype(np.int32)
    random = np.random.default_rng(seed)
    distances = np.empty((points, repetitions))
    for point, size in enumerate(batches):
        for repetition in range(repetitions):
            gaussians: list[Array] = []
            for features in (real, generated):
                drawn = features[random.choice(len(features), size=size)]
                gaussians += [drawn.mean(axis=0), np.cov(drawn, rowvar=False)]
            distances[point, repetition] = frechet_distance(*gaussians)
    slope, intercept = np.polyfit(1 / batches, distances.mean(axis=1), 1)
    return Line(float(intercept), float(slope), float(distances[-1].std(ddof=1)))


def frechet_physics_distance(
    real: Array, generated: Array, seed: int = 42, reference: Array | None = None
) -> Distance:
    """FPD: Fréchet distance of Gaussian fits to features, extrapolated to infinite n.

    Sets of 0.4 n to n images are drawn from the n with replacement, as JetNet does with its
    20,000 to 50,000 of 50,000. The line's value at 1/size = 0 undoes the bias of the drawing, but
    keeps that of the n images themselves, which has the same slope: so the value is taken at
    1/size = -1/n. It can be negative within its error where there is no difference.

    Args:
        real, generated: (n, F) features each, in any units.
        reference: (., F), whose standard deviations are the units of the features; None: `real`.

    Returns:
        FPD and its bootstrap error.

    Raises:
        DarkpixelError: fewer than 20 images on a side.
    """
    n = _size(real, generated)
    units = real if reference is None else reference
    scaled = standardised(real, units), standardised(generated, units)
    line = frechet_line(*scaled, sizes=(max(5, 2 * n // 5), n), seed=seed)
    return Distance(line.intercept - line.slope / n, line.spread)


def polynomial_mmd(a: Array, b: Array, degree: int = 4) -> float:
    """Unbiased squared maximum mean discrepancy, kernel (x . y / F + 1)^degree.

    Gretton et al., JMLR 13 (2012) 723, equation 3.

    Args:
        a, b: (m, F) and (n, F) features; 8 m n bytes are held.
    """
    within = []
    for features in (a, b):
        kernel = (features @ features.T / features.shape[1] + 1) ** degree
        pairs = len(features) * (len(features) - 1)
        within.append((kernel.sum() - np.trace(kernel)) / pairs)
    across = ((a @ b.T / a.shape[1] + 1) ** degree).mean()
    return float(within[0] + within[1] - 2 * across)


def kernel_physics_distance(
    real: Array,
    generated: Array,
    batches: int = 10,
    seed: int = 42,
    reference: Array | None = None,
) -> Distance:
    """KPD: median of the unbiased squared MMD over batches.

    JetNet draws 10 batches of a tenth of the images with replacement; a small set then holds
    many images twice, which raises the distance. Here the batches are disjoint, so that each is
    unbiased, and independent, which gives the error. The distribution over batches is skewed:
    without any difference its mean is 0 and its median a little below.

    Args:
        real, generated: (n, F) features each, in any units.
        reference: (., F), whose largest deviations are the units (`within_range`); None: `real`.
        batches: fewer where there would be less than two images in one.

    Returns:
        Median, and its standard error: 1.253 sigma / sqrt(batches) with half the distance
        between the 16% and 84% quantiles of the batches for sigma.

    Raises:
        DarkpixelError: fewer than 20 images on a side.
    """
    _size(real, generated)
    units = real if reference is None else reference
    scaled = within_range(real, units), within_range(generated, units)
    random = np.random.default_rng(seed)
    parts = [
        np.array_split(
            features[random.permutation(len(features))], min(batches, len(features) // 2)
        )
        for features in scaled
    ]
    values = [polynomial_mmd(a, b) for a, b in zip(*parts, strict=True)]
    low, high = np.quantile(values, [0.15865, 0.84135])
    error = np.sqrt(np.pi / 2) * (high - low) / 2 / np.sqrt(len(values))
    return Distance(float(np.median(values)), float(error))


def distance_rows(
    real: Array,
    samples: Mapping[Sample, Array],
    floors: Sequence[Array],
    *,
    dataset: str,
    label: str,
    batches: int = 10,
    seed: int = 42,
) -> pd.DataFrame:
    """FPD and KPD of each model, one row each, controls first.

    Args:
        real: (n, F) features of the reference.
        samples: features of each sample, (n, F).
        floors: features of other Monte Carlo images, sets of (n, F) that share no image.

    Returns:
        Columns `darkpixel.metrics.rows.COLUMNS`; `floor` and `floor_error` are mean and standard
        deviation of the distances between Monte Carlo sets, each compared with the next, the
        reference among them: the range of a perfect generator. The deviation is NaN where there
        is one pair only.
    """

    def both(first: Array, second: Array) -> list[Distance]:
        return [
            frechet_physics_distance(first, second, seed, real),
            kernel_physics_distance(first, second, batches, seed, real),
        ]

    pairs = monte_carlo_pairs(real, floors)
    perfect = np.array([[distance.value for distance in both(*pair)] for pair in pairs])
    spread = perfect.std(axis=0, ddof=1) if len(perfect) > 1 else np.full(2, np.nan)
    by_model: dict[str, list[list[Distance]]] = {}
    for sample, features in samples.items():
        by_model.setdefault(sample.model, []).append(both(real, features))
    rows = []
    for index, name in enumerate(("fpd", "kpd")):
        for model, by_seed in by_model.items():
            rows.append(
                {
                    "model": model,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    **over_seeds(
                        [distances[index].value for distances in by_seed],
                        [distances[index].error for distances in by_seed],
                    ),
                    "floor": perfect[:, index].mean(),
                    "floor_error": spread[index],
                    "n": len(real),
                    "published": np.nan,
                    "hardware": "",
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def monte_carlo_pairs(real: Array, floors: Sequence[Array]) -> list[tuple[Array, Array]]:
    """Each Monte Carlo set and the next, the reference among them; the last with the first."""
    ring = [real, *floors] if len(floors) == 1 else [real, *floors, real]
    return list(pairwise(ring))


def _size(real: Array, generated: Array) -> int:
    n = min(len(real), len(generated))
    if n < 20:
        raise DarkpixelError(f"physics distances: found {n} images; give at least 20 a side.")
    return n
