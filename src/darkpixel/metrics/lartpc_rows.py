"""Rows of liquid-argon observables: W1 distances, ablations, and the authors' code compared."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.formats.species import SPECIES
from darkpixel.metrics.comparison import COLUMNS, Comparison
from darkpixel.metrics.lartpc_observables import LARTPC_OBSERVABLES
from darkpixel.metrics.names import is_reconstructed
from darkpixel.metrics.order import ordered
from darkpixel.metrics.rows import column_of, mean_distance
from darkpixel.metrics.uncertainty import standard_error
from darkpixel.metrics.wasserstein import floor

Array = npt.NDArray[np.float64]
ALL, TRACK_LIKE, SHOWER_LIKE = "all", "track-like", "shower-like"
MEANS = ["mean", "mean_error", "test_mean", "test_mean_error"]
SHARES = ["share", "test_share"]
# The paper's claims on 256 against 512 vectors (section 3): quantity -> sign of the difference.
CLAIMS = {"track_pixels": -1, "shower_pixels": 1, "low_confidence_shower": 1}
RESOLVED = 2.0  # standard deviations from which a difference is called seen


def lartpc_rows(
    observables: pd.DataFrame,
    *,
    dataset: str,
    label: str,
    settings: Comparison,
    names: Sequence[str] = LARTPC_OBSERVABLES,
    hardware: str = "",
) -> pd.DataFrame:
    """W1 of each observable between each model and the test images, a row a group of images.

    Groups (column `species`): "all"; of labelled images "track-like" (more track than shower
    pixels) and "shower-like" (the other images with pixels above threshold), each against the test
    images of the same kind; and each particle species where the samples carry one. As many images
    as both sides have are compared, at most `settings.n` and half the group's test images. Images
    without the observable (NaN) are left out on both sides, before they are counted.
    `reconstructed_{model}` holds the test images through encoder and decoder: its second half is
    compared with the first half of the test images, so that no image meets itself.

    Args:
        observables: of one data set and label,
            `darkpixel.metrics.lartpc_observables.labelled_observables` or
            `darkpixel.metrics.lartpc_shapes.shape_observables`.
        names: columns of `observables`.

    Returns:
        Columns of `darkpixel.metrics.rows` (see `wasserstein_rows` there), `species`, and means
        with standard errors: `mean`, `mean_error` of the model, `test_mean`, `test_mean_error`
        of the test images; `share` and `test_share` of images that have the observable. NaN and
        n = 0 where a group has too few images.
    """
    test = observables[observables["model"] == MONTE_CARLO]
    rows = []
    floors: dict[tuple[str, str, int], tuple[float, float]] = {}
    for model in ordered(observables["model"]):
        if model == MONTE_CARLO:
            continue
        sample = observables[observables["model"] == model]
        middle = None
        if is_reconstructed(model):
            middle = int(sample.groupby("seed")["image"].max().min() + 1) // 2
        for group, mask in _groups(sample).items():
            whole = sample[mask], test[_groups(test).get(group, np.zeros(len(test), dtype=bool))]
            for name in names:
                made, real = (images[images[name].notna()] for images in whole)
                reference, seeds = _sides(real, made, sample["seed"].unique(), middle)
                n = min(settings.n, len(real) // 2, len(reference), *map(len, seeds))
                distance = dict.fromkeys(("value", "error", "seed_spread"), np.nan)
                if n > 0 and (group, name, n) not in floors:
                    values = column_of(real, name)
                    floors[group, name, n] = floor(values, n, settings.floor_splits, settings.seed)
                if n > 0:
                    samples = [column_of(seed, name)[:n] for seed in seeds]
                    distance = mean_distance(samples, column_of(reference, name)[:n], settings)
                noise = floors.get((group, name, n), (np.nan, np.nan))
                measured = {
                    "model": model,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    **distance,
                    "floor": noise[0],
                    "floor_error": noise[1],
                    "n": n,
                    "seeds": len(seeds),
                    "published": np.nan,
                    "hardware": hardware,
                    "species": group,
                }
                means = (*mean_and_error(made, name), *mean_and_error(real, name))
                shares = [images[name].notna().mean() for images in whole]
                names_of = [*MEANS, *SHARES]
                rows.append(measured | dict(zip(names_of, (*means, *shares), strict=True)))
    return pd.DataFrame(rows, columns=[*COLUMNS, "species", *MEANS, *SHARES])


def mean_and_error(images: pd.DataFrame, name: str) -> tuple[float, float]:
    """Mean over all images of all seeds, and its standard error; NaN without images.

    With several seeds the error is at least that of the mean over seeds: retraining moves a
    model more than its images scatter. With one seed it knows the images only.
    """
    values = column_of(images, name)
    if len(values) < 2:
        return float(values[0]) if len(values) else float("nan"), float("nan")
    error = standard_error(values)
    by_seed = images.groupby("seed")[name].mean()
    if len(by_seed) > 1:
        error = max(error, standard_error(by_seed))
    return float(values.mean()), error


def share_and_error(images: pd.DataFrame, part: str, whole: str) -> tuple[float, float]:
    """Sum of `part` over sum of `whole`, and its error over images and seeds (as above)."""
    a, b = column_of(images, part), column_of(images, whole)
    if b.sum() == 0:
        return float("nan"), float("nan")
    ratio = a.sum() / b.sum()
    error = float(np.sqrt(np.square(a - ratio * b).sum()) / b.sum())
    sums = images.groupby("seed")[[part, whole]].sum()
    if len(sums) > 1:
        error = max(error, standard_error(sums[part] / sums[whole]))
    return float(ratio), error


def ablation_rows(
    observables: pd.DataFrame, *, model: str, variant: str, dataset: str, label: str
) -> pd.DataFrame:
    """The paper's three claims on fewer code vectors (section 3): variant minus model.

    Args:
        observables: `darkpixel.metrics.lartpc_observables.labelled_observables` with both models.
        model, variant: `vqvae_pixelcnn` (512 vectors) and the one of 256 vectors.

    Returns:
        A row for each of `CLAIMS` and for the share of shower pixels that are of low confidence,
        which does not grow with the number of shower pixels as the third claim does. Means per
        image: `value` and `error` of the variant, `model_value` and `model_error`, `test_value`
        and `test_error`, `difference`, `difference_error`, `sigma` (difference over its error),
        `claim` ("fewer", "more", "" for the share) and `seen`: "yes" or "opposite" from 2
        standard deviations on, else "not resolved".

    Raises:
        DarkpixelError: a model has no images in the table.
    """
    sources = {
        name: observables[observables["model"] == name] for name in (variant, model, MONTE_CARLO)
    }
    for name, images in sources.items():
        if images.empty:
            raise DarkpixelError(
                f"{dataset}/{label}: no images of {name} to compare; sample and label it first."
            )
    rows = []
    for quantity in [*CLAIMS, "low_confidence_share"]:
        means = {
            name: share_and_error(images, "low_confidence_shower", "shower_pixels")
            if quantity == "low_confidence_share"
            else mean_and_error(images, quantity)
            for name, images in sources.items()
        }
        difference, error, sigma = significance(means[variant], means[model])
        sign = CLAIMS.get(quantity, 0)
        seen = "not resolved"
        if abs(sigma) >= RESOLVED:
            seen = "yes" if sign * sigma > 0 else "opposite"
        rows.append(
            {
                "model": variant,
                "compared_with": model,
                "dataset": dataset,
                "label": label,
                "observable": quantity,
                "value": means[variant][0],
                "error": means[variant][1],
                "model_value": means[model][0],
                "model_error": means[model][1],
                "test_value": means[MONTE_CARLO][0],
                "test_error": means[MONTE_CARLO][1],
                "difference": difference,
                "difference_error": error,
                "sigma": sigma,
                "claim": {-1: "fewer", 0: "", 1: "more"}[sign],
                "seen": seen if sign else "",
                "n": len(sources[variant]),
                "seeds": sources[variant]["seed"].nunique(),
            }
        )
    return pd.DataFrame(rows)


def reference_code_rows(
    distances: pd.DataFrame,
    divergences: pd.DataFrame,
    likelihoods: pd.DataFrame,
    models: Sequence[str],
) -> pd.DataFrame:
    """Correct PixelCNN and the authors' (blind spot, summed gate) side by side.

    Args:
        distances: `lartpc_rows`.
        divergences: `darkpixel.metrics.divergence.divergence_rows`, of one direction.
        likelihoods: with rows of `darkpixel.studies.code_likelihood.likelihood_rows`, -log p in
            nats per code map by model and split; other rows do not matter.
        models: the rows' models, in this order.

    Returns:
        Rows of `model`, `quantity`, `species`, `unit`, `value`, `error`, `reference`,
        `reference_error`: -log p by split; the four divergences and the W1 of the track length
        with the noise floor as reference; the mean track length with that of the test images.
        Track lengths of all images and of the track-like ones.
    """
    rows = []
    for model in models:
        for split in ("validation", "test"):
            likelihood = likelihoods[
                (likelihoods["model"] == model)
                & (likelihoods["quantity"] == f"minus_log_p_{split}")
            ]
            measured = likelihood[["value", "error"]].iloc[0]
            rows.append((model, f"nats_{split}", ALL, "nats", *measured, np.nan, np.nan))
        for row in divergences[divergences["model"] == model].itertuples():
            name = f"kl_{row.observable}"
            rows.append((model, name, ALL, "nats", row.value, row.error, row.floor,
                         row.floor_error))  # fmt: skip
        lengths = distances[
            (distances["model"] == model) & (distances["observable"] == "track_length")
        ]
        for group in (ALL, TRACK_LIKE):
            for row in lengths[lengths["species"] == group].itertuples():
                rows.append((model, "w1_track_length", group, "cm", row.value, row.error,
                             row.floor, row.floor_error))  # fmt: skip
                rows.append((model, "mean_track_length", group, "cm", row.mean, row.mean_error,
                             row.test_mean, row.test_mean_error))  # fmt: skip
    columns = ["model", "quantity", "species", "unit", "value", "error", "reference",
               "reference_error"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def significance(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float, float]:
    """a - b of two independent (value, error): difference, error, difference over error."""
    difference = a[0] - b[0]
    error = float(np.hypot(a[1], b[1]))
    return difference, error, difference / error if error > 0 else float("nan")


def _groups(images: pd.DataFrame) -> dict[str, npt.NDArray[np.bool_]]:
    """Group -> (N,) which images belong to it; species only where there are any."""
    species = images["species"].to_numpy()
    groups = {ALL: np.ones(len(images), dtype=bool)}
    if "track_pixels" in images:
        track, shower = (column_of(images, f"{kind}_pixels") for kind in ("track", "shower"))
        groups |= {TRACK_LIKE: track > shower, SHOWER_LIKE: (shower >= track) & (shower > 0)}
    return groups | {name: species == code for code, name in SPECIES.items() if code in species}


def _sides(
    test: pd.DataFrame, sample: pd.DataFrame, seeds: npt.NDArray[np.int64], middle: int | None
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Reference images, and the sample's by seed; of different test events if `middle` is set."""
    if middle is not None:
        test, sample = test[test["image"] < middle], sample[sample["image"] >= middle]
    return test, [sample[sample["seed"] == seed] for seed in seeds]
