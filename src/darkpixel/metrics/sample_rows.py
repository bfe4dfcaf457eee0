"""Everything that is measured of samples of jets or muons against the test images (SARM 6.1.2)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from darkpixel.metrics.comparison import Comparison
from darkpixel.metrics.observables import measure_observables, sources_of
from darkpixel.metrics.published import wasserstein_published
from darkpixel.metrics.rows import image_statistics, wasserstein_rows

NAMES = ("pt", "mass", "nonzero", "girth", "maximum")


class SampleRows(NamedTuple):
    """Rows of one data set and label."""

    observables: pd.DataFrame
    """Of every image."""
    distances: pd.DataFrame
    """W1 of each observable in `NAMES`."""
    statistics: pd.DataFrame


def sample_rows(
    samples: Mapping[str, Sequence[str]],
    test: str,
    seeds: Sequence[int],
    *,
    dataset: str,
    label: str,
    settings: Comparison,
    published: str | Path | None,
) -> SampleRows:
    """Measure samples against test images.

    Args:
        samples: model to its image files, one a seed.
        test: image file.
        published: `config/published.yaml`; None: the papers' numbers say nothing of these images.
    """
    numbers = {} if published is None else wasserstein_published(published, dataset)
    observables = measure_observables(sources_of(samples, seeds), test)
    about = {"dataset": dataset, "label": label}
    distances = wasserstein_rows(
        observables, **about, settings=settings, names=NAMES, published=numbers
    )
    return SampleRows(observables, distances, image_statistics(observables, **about))
