"""Rows of W1 distances, image statistics and parameters: values, errors, noise floors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.comparison import COLUMNS, Comparison
from darkpixel.metrics.names import is_derived
from darkpixel.metrics.order import ordered
from darkpixel.metrics.published import Table, published_value
from darkpixel.metrics.uncertainty import over_seeds, standard_error
from darkpixel.metrics.wasserstein import bootstrap_error, floor, wasserstein

Array = npt.NDArray[np.float64]


def wasserstein_rows(
    observables: pd.DataFrame,
    *,
    dataset: str,
    label: str,
    settings: Comparison,
    published: Table,
    names: Sequence[str] = ("pt", "mass"),
    hardware: str = "",
) -> pd.DataFrame:
    """W1 of each observable between each model and the test images, one row each.

    The first n test images are the reference, n = min(settings.n, half the test images, the
    model's images). Rows `quantised_{model}` compare n *other* test images, rounded to the
    model's grid, with the same reference: the score of a perfect generator on that grid. With a
    fine grid it equals the floor.

    Args:
        observables: `measure_observables` of one data set and label.
        published: the paper's numbers, see `darkpixel.metrics.published`.
        names: columns of `observables`; GeV, but for `zero_fraction`.

    Returns:
        `value` is the mean over seeds; `error` the bootstrap standard deviation of one seed's
        value (root mean square over seeds); `seed_spread` the standard deviation over seeds,
        NaN for one seed; `floor`, `floor_error` as in `darkpixel.metrics.wasserstein.floor`.
    """
    test = observables[observables["model"] == MONTE_CARLO]
    half = len(test) // 2
    if half < 1:
        raise DarkpixelError(
            f"{dataset}/{label}: found {len(test)} test images; a distance needs at least 2."
        )
    rows = []
    floors: dict[tuple[str, int], tuple[float, float]] = {}
    for model in ordered(observables["model"]):
        if model == MONTE_CARLO:
            continue
        by_seed = [seed for _, seed in observables[observables["model"] == model].groupby("seed")]
        n = min(settings.n, half, *(len(sample) for sample in by_seed))
        if is_derived(model) and any(len(sample) < 2 * n for sample in by_seed):
            raise DarkpixelError(
                f"{dataset}/{label}: {model} holds {len(by_seed[0])} images, but the distance at "
                f"n = {n} needs all {2 * n} test images in it; make the file from all of them."
            )
        for name in names:
            reference = column_of(test, name)
            if (name, n) not in floors:
                floors[name, n] = floor(reference, n, settings.floor_splits, settings.seed)
            start = n if is_derived(model) else 0
            samples = [column_of(sample, name)[start : start + n] for sample in by_seed]
            distance = mean_distance(samples, reference[:n], settings)
            rows.append(
                {
                    "model": model,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    **distance,
                    "floor": floors[name, n][0],
                    "floor_error": floors[name, n][1],
                    "n": n,
                    "published": published_value(published, model, name, label),
                    "hardware": hardware,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def image_statistics(observables: pd.DataFrame, *, dataset: str, label: str) -> pd.DataFrame:
    """Zeros and intensities of each source: means over images with their standard errors.

    Returns:
        Rows of `model`, `dataset`, `label`, `observable`, `value`, `error`, `n`, `seeds` for the
        observables `zero_fraction`, `blank_fraction` (images without any energy), `sum` (mean,
        GeV) and `maximum` (largest pixel of all images, GeV; no error). Monte Carlo is a row
        like the others, to compare with.
    """
    rows = []
    for model in ordered(observables["model"]):
        images = observables[observables["model"] == model]
        blank = (images["nonzero"] == 0).astype(np.float64)
        quantities = {
            "zero_fraction": images["zero_fraction"],
            "blank_fraction": blank,
            "sum": images["sum"],
        }
        shared = {"model": model, "dataset": dataset, "label": label}
        tail = {"n": len(images), "seeds": images["seed"].nunique()}
        for name, values in quantities.items():
            measured = {
                "observable": name,
                "value": float(values.mean()),
                "error": standard_error(values),
            }
            rows.append(shared | measured | tail)
        largest = {"observable": "maximum", "value": images["maximum"].max(), "error": np.nan}
        rows.append(shared | largest | tail)
    return pd.DataFrame(rows)


def parameter_rows(
    counts: Sequence[Mapping[str, Any]], *, dataset: str, published: Table
) -> pd.DataFrame:
    """Rows of `model`, `dataset`, `dense`, `free`, `published`.

    Args:
        counts: one dictionary a model: `model`, `dense` (full matrices, as the paper counts),
            `free` (weights that the masks leave), and `autoencoder`, where the model has one, whose
            parameters count too.
    """
    by_model = {str(entry["model"]): entry for entry in counts}
    rows = [
        {
            "model": model,
            "dataset": dataset,
            **{
                kind: by_model[model][kind] + by_model[model].get("autoencoder", 0)
                for kind in ("dense", "free")
            },
            "published": published_value(published, model, "parameters"),
        }
        for model in ordered(by_model)
    ]
    return pd.DataFrame(rows, columns=["model", "dataset", "dense", "free", "published"])


def mean_distance(samples: list[Array], reference: Array, settings: Comparison) -> dict[str, float]:
    """W1 of each seed's values (n,) to the reference, as `over_seeds`; errors by bootstrap."""
    repetitions, seed = settings.bootstrap_repetitions, settings.seed
    return over_seeds(
        [wasserstein(sample, reference) for sample in samples],
        [bootstrap_error(sample, reference, repetitions, seed) for sample in samples],
    )


def column_of(images: pd.DataFrame, name: str) -> Array:
    """An observable of all images, (N,) float64."""
    return np.asarray(images[name], dtype=np.float64)
