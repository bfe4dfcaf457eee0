"""How far samples are from the test images: two-sample test, distances, coverage, memorisation."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Protocol

import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.argon_features import argon_features
from darkpixel.metrics.boosted_trees import Trees, high_level_auc
from darkpixel.metrics.coverage import coverage_rows, faulty_features
from darkpixel.metrics.features import (
    Array,
    Describe,
    Sample,
    calorimeter_features,
    compared_samples,
    monte_carlo_sets,
    sample_features,
)
from darkpixel.metrics.frechet import distance_rows
from darkpixel.metrics.memorisation import memorisation_rows, nearest_training_images
from darkpixel.metrics.observables import Source
from darkpixel.metrics.two_sample import CONTROLS, two_sample_rows


class Distances(Trees, Protocol):
    """What these measures need of the settings."""

    @property
    def n(self) -> int: ...
    @property
    def kinds(self) -> Collection[str]: ...
    @property
    def kernel_batches(self) -> int: ...
    @property
    def memorisation_images(self) -> int: ...


def sample_distances(
    sources: Sequence[Source],
    *,
    test: str,
    train: str,
    dataset: str,
    label: str,
    settings: Distances,
    limits: Mapping[str, str],
    threshold: float | None = None,
) -> dict[str, pd.DataFrame]:
    """Four tables of rows, all from the same images of every sample.

    Args:
        sources: files of samples.
        test, train: images of the label.
        settings: images a side, the trees of the two-sample test, ...
        limits: model -> the sample that is the best it can do.
        threshold: of images in liquid argon (`darkpixel.metrics.argon_features`); None: images
            of a calorimeter (`darkpixel.metrics.features.image_features`).

    Returns:
        `two_sample`: the test on physics features, empty unless `kinds` asks for `high_level`;
        `distances`: Fréchet and kernel physics distance; `coverage`: coverage and density;
        `memorisation`: nearest training images.
    """
    about = {"dataset": dataset, "label": label}
    samples, n = compared_samples(sources, test=test, train=train, n=settings.n)
    describe = (
        calorimeter_features(test)
        if threshold is None
        else partial(argon_features, threshold=threshold)
    )
    real = sample_features(Sample(MONTE_CARLO, 0, test), n, describe)
    features = {sample: sample_features(sample, n, describe) for sample in samples}
    perfect = [sample_features(other, n, describe) for other in monte_carlo_sets(train, n)]
    count = min(n, settings.memorisation_images)
    reference, others = Sample(MONTE_CARLO, 0, test), Sample(MONTE_CARLO, 0, test, start=n)
    generated = [sample for sample in samples if sample.model not in CONTROLS]
    nearest = nearest_training_images(
        [reference, others, *generated], count, train, mirrored=threshold is not None
    )
    return feature_tables(real, features, perfect, describe, settings, limits, **about) | {
        "memorisation": memorisation_rows(
            nearest.pop(reference), nearest, **about, seed=settings.seed, limits=limits
        )
    }


def feature_tables(
    real: Array,
    features: Mapping[Sample, Array],
    perfect: Sequence[Array],
    describe: Describe,
    settings: Distances,
    limits: Mapping[str, str] | None = None,
    *,
    dataset: str,
    label: str,
) -> dict[str, pd.DataFrame]:
    """Rows of all measures that compare features with those of the reference.

    Args:
        real: (n, F) features of the reference.
        features: (n, F) of each sample, first of Monte Carlo without a fault.
        perfect: (n, F) of sets of Monte Carlo that share no image.
        describe: features of images.
        settings, limits: as of `sample_distances`.

    Returns:
        `two_sample`, `distances` and `coverage`, as of `sample_distances`.
    """
    about = {"dataset": dataset, "label": label}
    areas = {}
    if "high_level" in settings.kinds:
        areas = {
            sample: high_level_auc(found, real, settings, sample.seed)
            for sample, found in features.items()
        }
    control = next(iter(features))
    faulty = faulty_features(control, features[control], describe, seed=settings.seed)
    return {
        "two_sample": two_sample_rows(areas, "high_level", **about, n=len(real), limits=limits),
        "distances": distance_rows(
            real, features, perfect, **about, batches=settings.kernel_batches, seed=settings.seed
        ),
        "coverage": coverage_rows(real, {**faulty, **features}, perfect, **about),
    }
