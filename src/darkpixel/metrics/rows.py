"""From observables per image to the rows of the tables: values, errors, noise floors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.columns import COLUMNS
from darkpixel.metrics.kinematics import image_observables, pixel_size_of
from darkpixel.metrics.names import DERIVED, MONTE_CARLO, ordered
from darkpixel.metrics.published import Table, published_value
from darkpixel.metrics.wasserstein import bootstrap_error, floor, wasserstein

Array = npt.NDArray[np.float64]


class Comparison(Protocol):
    """What a comparison of samples needs of the settings, of whatever data set."""

    @property
    def n(self) -> int: ...
    @property
    def bootstrap_repetitions(self) -> int: ...
    @property
    def floor_splits(self) -> int: ...
    @property
    def seed(self) -> int: ...


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
        if model.startswith(DERIVED) and any(len(sample) < 2 * n for sample in by_seed):
            raise DarkpixelError(
                f"{dataset}/{label}: {model} holds {len(by_seed[0])} images, but the distance at "
                f"n = {n} needs all {2 * n} test images in it; make the file from all of them."
            )
        for name in names:
            reference = _values(test, name)
            if (name, n) not in floors:
                floors[name, n] = floor(reference, n, settings.floor_splits, settings.seed)
            start = n if model.startswith(DERIVED) else 0
            samples = [_values(sample, name)[start : start + n] for sample in by_seed]
            value, error, spread = mean_distance(samples, reference[:n], settings)
            rows.append(
                {
                    "model": model,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    "value": value,
                    "error": error,
                    "seed_spread": spread,
                    "floor": floors[name, n][0],
                    "floor_error": floors[name, n][1],
                    "n": n,
                    "seeds": len(by_seed),
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
            error = float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else np.nan
            measured = {"observable": name, "value": float(values.mean()), "error": error}
            rows.append(shared | measured | tail)
        largest = {"observable": "maximum", "value": images["maximum"].max(), "error": np.nan}
        rows.append(shared | largest | tail)
    return pd.DataFrame(rows)


def quantisation_rows(
    test_path: str,
    quantise: Callable[[npt.NDArray[np.float32], float], tuple[npt.NDArray[np.float32], int]],
    powers: Sequence[float],
    *,
    dataset: str,
    label: str,
    settings: Comparison,
    batch_size: int = 4096,
) -> pd.DataFrame:
    """What rounding alone costs: W1 between test images and the same images quantised.

    Args:
        quantise: (images (N, H, W), power p) -> images on the D+D model's grid (SARM section 4.1)
            and the number of pixels above its largest level.
        powers: the values of p to try (SARM section 8.6: 1, 1.1, 1.2, 1.3, 1.5, 2).

    Returns:
        Rows of `power`, `dataset`, `label`, `observable` (`pt`, `mass` in GeV, `zero_fraction`),
        `value` (W1), `error` (bootstrap), `mean`, `mean_quantised`, `clipped`, `n`. The
        images are paired, so there is no noise floor: at an infinitely fine grid the value is zero.
    """
    exact: list[dict[str, Array]] = []
    clipped = dict.fromkeys(powers, 0)
    rounded: dict[float, list[dict[str, Array]]] = {power: [] for power in powers}
    with ImageFile(test_path) as file:
        pixel_size = pixel_size_of(file)
        n = min(settings.n, len(file))
        for start in range(0, n, batch_size):
            images = file.read(start, min(start + batch_size, n))
            exact.append(_with_zeros(images, pixel_size))
            for power in powers:
                quantised, above = quantise(images, power)
                rounded[power].append(_with_zeros(quantised, pixel_size))
                clipped[power] += above
    rows = []
    for power, blocks in rounded.items():
        for name in ("pt", "mass", "zero_fraction"):
            before = np.concatenate([block[name] for block in exact])
            after = np.concatenate([block[name] for block in blocks])
            rows.append(
                {
                    "power": power,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    "value": wasserstein(before, after),
                    "error": _paired_error(before, after, settings),
                    "mean": before.mean(),
                    "mean_quantised": after.mean(),
                    "clipped": clipped[power],
                    "n": n,
                }
            )
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


def mean_distance(
    samples: list[Array], reference: Array, settings: Comparison
) -> tuple[float, float, float]:
    """Mean W1, its bootstrap error for one seed, and the standard deviation over seeds."""
    repetitions, seed = settings.bootstrap_repetitions, settings.seed
    values = [wasserstein(sample, reference) for sample in samples]
    errors = [bootstrap_error(sample, reference, repetitions, seed) for sample in samples]
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return float(np.mean(values)), float(np.sqrt(np.mean(np.square(errors)))), spread


def _paired_error(before: Array, after: Array, settings: Comparison) -> float:
    """Bootstrap over images, each drawn together with its rounded self."""
    random = np.random.default_rng(settings.seed)
    distances = []
    for _ in range(settings.bootstrap_repetitions):
        drawn = random.integers(len(before), size=len(before))
        distances.append(wasserstein(before[drawn], after[drawn]))
    return float(np.std(distances, ddof=1))


def _values(images: pd.DataFrame, name: str) -> Array:
    return np.asarray(images[name], dtype=np.float64)


def _with_zeros(images: npt.NDArray[np.float32], pixel_size: float) -> dict[str, Array]:
    zeros = 1 - np.count_nonzero(images, axis=(1, 2)) / (images.shape[1] * images.shape[2])
    return {**image_observables(images, pixel_size), "zero_fraction": zeros}
