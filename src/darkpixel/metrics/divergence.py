"""KL divergence between SSNet's output on generated and on test images (LArTPC table 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile, count_images
from darkpixel.metrics.comparison import COLUMNS, Comparison
from darkpixel.metrics.names import is_reconstructed, snapshot_epoch
from darkpixel.metrics.observables import Source
from darkpixel.metrics.order import ordered
from darkpixel.metrics.published import Table, published_value
from darkpixel.metrics.uncertainty import over_seeds

Array = npt.NDArray[np.float64]
QUANTITIES = ("shower_pixels", "shower_score", "track_pixels", "track_score")
"""In the order of table 4."""
DIRECTIONS = ("test_generated", "generated_test")
PAPER_MODEL = "vqvae_pixelcnn"
BATCH = 4096


class Histograms(Protocol):
    """What the histograms of SSNet's output need of the settings."""

    @property
    def count_bins(self) -> int: ...
    @property
    def count_range(self) -> tuple[float, float]: ...
    @property
    def score_bins(self) -> int: ...


class Divergences(Histograms, Comparison, Protocol):
    """What the divergences between these histograms need beside them."""

    @property
    def direction(self) -> str: ...
    @property
    def smoothing(self) -> float: ...


def kl_divergence(p: npt.ArrayLike, q: npt.ArrayLike, smoothing: float) -> Array:
    """KL(p || q) = sum over bins of P log(P / Q), nats.

    P and Q are the histograms with `smoothing` added to every bin, normalised.

    Args:
        p, q: (..., bins) entries per bin, of any total.
        smoothing: pseudo-count, greater than zero.

    Returns:
        (...), not negative.

    Example:
        >>> kl_divergence([3, 1], [1, 3], smoothing=1e-9).round(6)  # (1 / 2) log 3
        np.float64(0.549306)
    """
    first, second = (np.asarray(x, dtype=np.float64) + smoothing for x in (p, q))
    first = first / first.sum(axis=-1, keepdims=True)
    second = second / second.sum(axis=-1, keepdims=True)
    result: Array = np.maximum((first * np.log(first / second)).sum(axis=-1), 0.0)
    return result


def image_histograms(
    file: ImageFile, settings: Histograms, start: int = 0, stop: int | None = None
) -> dict[str, Array]:
    """The entries of each image in each histogram of `QUANTITIES`, (n, bins).

    An image adds one entry to a histogram of pixel counts (in the last bin if it has more pixels
    than `count_range`), and one entry per pixel above threshold to a histogram of scores.

    Args:
        file: a label file; images `start` to `stop` are read.

    Raises:
        DarkpixelError: the file holds no SSNet output, or histograms of other bins.
    """
    _check_labelled(file)
    low, high = settings.count_range
    edges = np.linspace(low, high, settings.count_bins + 1)
    histograms = {}
    for kind in ("shower", "track"):
        counts = file.column(f"{kind}_pixels", start, stop).astype(np.float64)
        bins = np.clip(np.searchsorted(edges, counts, "right") - 1, 0, settings.count_bins - 1)
        histograms[f"{kind}_pixels"] = np.eye(settings.count_bins)[bins]
        scores = file.column(f"{kind}_scores", start, stop).astype(np.float64)
        if scores.shape[1:] != (settings.score_bins,):
            raise DarkpixelError(
                f"{file.path}: {kind}_scores has {scores.shape[1:]} bins, the configuration "
                f"{settings.score_bins} (score_bins); label the images again."
            )
        histograms[f"{kind}_score"] = scores
    return histograms


@dataclass
class LabelSummary:
    """SSNet's output over the images of one or more label files (LArTPC figures 2 and 5)."""

    images: int
    entries: dict[str, Array]
    """Quantity -> (bins,) entries: images for pixel counts, pixels for scores."""
    variances: dict[str, Array]
    """Quantity -> (bins,) variance of the entries: the pixels of an image are not independent,
    so an image that adds k entries to a bin adds k^2; for one entry an image this is Poisson."""

    def density(self, quantity: str) -> tuple[Array, Array]:
        """Share of all entries per bin and its statistical error, (bins,)."""
        total = max(float(self.entries[quantity].sum()), 1.0)
        return self.entries[quantity] / total, np.sqrt(self.variances[quantity]) / total


def summarise_labels(paths: Sequence[str | Path], settings: Histograms) -> LabelSummary:
    """SSNet's output on all images of `paths` together, a batch at a time."""
    bins = dict.fromkeys(("shower_pixels", "track_pixels"), settings.count_bins)
    bins |= dict.fromkeys(("shower_score", "track_score"), settings.score_bins)
    summary = LabelSummary(
        images=0,
        entries={name: np.zeros(bins[name]) for name in QUANTITIES},
        variances={name: np.zeros(bins[name]) for name in QUANTITIES},
    )
    for path in paths:
        with ImageFile(path) as file:
            summary.images += len(file)
            for start in range(0, len(file), BATCH):
                histograms = image_histograms(file, settings, start, start + BATCH)
                for name in QUANTITIES:
                    summary.entries[name] += histograms[name].sum(axis=0)
                    summary.variances[name] += np.square(histograms[name]).sum(axis=0)
    return summary


def divergence_rows(
    sources: Sequence[Source],
    test_path: str | Path,
    *,
    dataset: str,
    label: str,
    settings: Divergences,
    published: Table,
    hardware: str = "",
) -> pd.DataFrame:
    """KL between each model's and the test images' SSNet output, a row a quantity and direction.

    The reference is the first n test images, n = min(settings.n, half the test images, the
    model's images). `reconstructed_{model}` holds the test images through encoder and decoder:
    images n to 2 n are compared, so that no image is compared with itself.

    Args:
        sources: label files; snapshots are named `{model}-epoch{epoch}`.
        test_path: label file of the test images.
        published: `table4_kl_by_checkpoint`; its checkpoints stand in order beside the snapshots
            of `vqvae_pixelcnn`, the last also beside that model itself.

    Returns:
        Columns of `darkpixel.metrics.rows` and `direction`. Value, error (bootstrap over images,
        all pixels of an image together) and floor (two disjoint halves of the test images) in
        nats; `published` only in the direction of the settings.

    Raises:
        DarkpixelError: a file is not a label file, or there are too few images.
    """
    with ImageFile(test_path) as file:
        half = min(len(file) // 2, settings.n)
        if half < 1:
            raise DarkpixelError(f"{test_path}: {len(file)} images; a divergence needs 2 or more.")
        test = image_histograms(file, settings, 0, 2 * half)
    checkpoints = _published_checkpoints(sources, published)
    floors: dict[int, dict[tuple[str, str], tuple[float, float]]] = {}
    rows = []
    for model in ordered(source.model for source in sources):
        paths = [source.path for source in sources if source.model == model]
        derived = is_reconstructed(model)
        sizes = [count_images(path) // (2 if derived else 1) for path in paths]
        n = min(half, *sizes)
        if n < 1:
            raise DarkpixelError(f"{paths[0]}: too few images to compare; make more.")
        if n not in floors:
            floors[n] = _floors(test, n, settings)
        measured: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for path in paths:
            with ImageFile(path) as file:
                start = n if derived else 0
                sample = image_histograms(file, settings, start, start + n)
            for key, value in _divergences(test, sample, n, settings).items():
                measured.setdefault(key, []).append(value)
        for (name, direction), by_seed in measured.items():
            values, errors = np.array(by_seed).T
            number = published_value(published, checkpoints.get(model, ""), name)
            rows.append(
                {
                    "model": model,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    **over_seeds(values, errors),
                    "floor": floors[n][name, direction][0],
                    "floor_error": floors[n][name, direction][1],
                    "n": n,
                    "published": number if direction == settings.direction else np.nan,
                    "hardware": hardware,
                    "direction": direction,
                }
            )
    return pd.DataFrame(rows, columns=[*COLUMNS, "direction"])


def _divergences(
    test: dict[str, Array], sample: dict[str, Array], n: int, settings: Divergences
) -> dict[tuple[str, str], tuple[float, float]]:
    """(quantity, direction) -> value and bootstrap error."""
    repetitions = settings.bootstrap_repetitions
    random = np.random.default_rng(settings.seed)
    # The same weights for all quantities: images are resampled, with all that belongs to them.
    weights = [_bootstrap_weights(n, repetitions, random) for _ in range(2)]
    divergences = {}
    for name in QUANTITIES:
        sides = (test[name][:n], sample[name])
        once = [side.sum(axis=0) for side in sides]
        again = [weight @ side for weight, side in zip(weights, sides, strict=True)]
        values = _both_directions(once[0], once[1], settings.smoothing)
        resampled = _both_directions(again[0], again[1], settings.smoothing)
        for direction in DIRECTIONS:
            spread = float(resampled[direction].std(ddof=1))
            divergences[name, direction] = (float(values[direction]), spread)
    return divergences


def _both_directions(test: Array, generated: Array, smoothing: float) -> dict[str, Array]:
    return {
        "test_generated": kl_divergence(test, generated, smoothing),
        "generated_test": kl_divergence(generated, test, smoothing),
    }


def _bootstrap_weights(n: int, repetitions: int, random: np.random.Generator) -> Array:
    """(repetitions, n): how often each of n images is drawn."""
    weights = np.empty((repetitions, n))
    for row in weights:
        row[:] = np.bincount(random.integers(n, size=n), minlength=n)
    return weights


def _floors(
    test: dict[str, Array], n: int, settings: Divergences
) -> dict[tuple[str, str], tuple[float, float]]:
    """KL between two disjoint sets of n test images: mean and standard deviation over splits."""
    random = np.random.default_rng(settings.seed)
    by_split: dict[tuple[str, str], list[float]] = {}
    for _ in range(settings.floor_splits):
        drawn = random.permutation(len(test[QUANTITIES[0]]))[: 2 * n]
        for name in QUANTITIES:
            halves = [test[name][part].sum(axis=0) for part in (drawn[:n], drawn[n:])]
            values = _both_directions(halves[0], halves[1], settings.smoothing)
            for direction, value in values.items():
                by_split.setdefault((name, direction), []).append(float(value))
    return {key: (float(np.mean(v)), float(np.std(v, ddof=1))) for key, v in by_split.items()}


def _published_checkpoints(sources: Sequence[Source], published: Table) -> dict[str, str]:
    """Model or snapshot -> the paper's checkpoint, #1 to #4 in order of the epochs."""
    checkpoints = list(published)
    final = {PAPER_MODEL: checkpoints[-1]} if checkpoints else {}
    snapshots = [
        model
        for model in ordered(source.model for source in sources)
        if snapshot_epoch(model) is not None and model.startswith(PAPER_MODEL + "-")
    ]
    return dict(zip(snapshots, checkpoints, strict=False)) | final


def _check_labelled(file: ImageFile) -> None:
    for name in ("shower_pixels", "track_pixels", "shower_scores", "track_scores"):
        if name not in file.columns:
            raise DarkpixelError(
                f"{file.path}: no column `{name}`; it is not a file of SSNet's labels: "
                "label the images first."
            )
