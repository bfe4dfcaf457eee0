"""Diversity of generated images: whether they differ from each other as much as real ones.

A generator that draws few kinds of images can have good marginal distributions, and means that
look right. Here each sample's own spread (`darkpixel.metrics.spread`) is compared with that of
Monte Carlo, as a ratio: 1 for a perfect generator, less for one that repeats itself (SARM sections
6.2.1 and 8.4.1 find so by eye).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import count_images, read_images
from darkpixel.metrics.order import ordered
from darkpixel.metrics.spread import MEASURES, Diversity, diversity, warn_of_collapse
from darkpixel.metrics.uncertainty import over_seeds

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "seed_spread", "floor",
    "floor_error", "n", "seeds",
]  # fmt: skip


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
