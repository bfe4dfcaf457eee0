"""ROC curves and AUC of classifiers that were trained on generated images (SARM 6.1.3, 6.2.3).

An AUC has two uncertainties that add: the finite test sample (DeLong et al., Biometrics 44 (1988)
837) and the training, whose seed, images and split differ from repetition to repetition.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import roc_curve

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.names import DATASETS, MONTE_CARLO, display_name, ordered
from darkpixel.metrics.rows import COLUMNS
from darkpixel.metrics.tables import document, measured, one_or_range, write_table

Array = npt.NDArray[np.float64]

ROW_COLUMNS = [*COLUMNS, "difference", "difference_error", "n_test"]
"""`COLUMNS` of the other measures, and: AUC less that of the classifier trained on Monte Carlo,
its error, and the Monte Carlo test images per class. `n` counts training images per class."""
POINTS = np.linspace(0, 1, 201)
"""Where the curves of different classifiers are compared."""


def roc(scores: npt.ArrayLike, is_signal: npt.ArrayLike) -> tuple[Array, Array]:
    """False and true positive rates at every threshold, each (P,), from (0, 0) to (1, 1).

    Args:
        scores: (N,); larger ones say signal.
        is_signal: (N,) bool; both values must occur.
    """
    false, true, _ = roc_curve(np.asarray(is_signal), np.asarray(scores))
    return false.astype(np.float64), true.astype(np.float64)


def placements(signal: npt.ArrayLike, background: npt.ArrayLike) -> tuple[Array, Array]:
    """Share of the other class that each image is on the right side of; ties count half.

    The mean of either array is the AUC; their variances give its error (DeLong et al. 1988).

    Args:
        signal, background: scores, (m,) and (n,); larger ones say signal.

    Returns:
        Of each signal image the share of background with a smaller score, (m,); of each
        background image the share of signal with a larger score, (n,).
    """
    signal, background = np.asarray(signal, np.float64), np.asarray(background, np.float64)
    m, n = len(signal), len(background)
    ranks = rankdata(np.concatenate([signal, background]))
    above = (ranks[:m] - rankdata(signal)) / n
    below = 1 - (ranks[m:] - rankdata(background)) / m
    return above, below


def sampling_error(above: Array, below: Array) -> float:
    """Standard error of the AUC from the finite test sample.

    Args:
        above, below: `placements`; also their means over classifiers, or their differences
            between two, for the error of the mean AUC or of the difference on the same images.
    """
    return float(np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)))


def auc(scores: npt.ArrayLike, is_signal: npt.ArrayLike) -> tuple[float, float]:
    """AUC and its standard error over test images; arguments as for `roc`."""
    scores, chosen = np.asarray(scores), np.asarray(is_signal, bool)
    above, below = placements(scores[chosen], scores[~chosen])
    return float(above.mean()), sampling_error(above, below)


def classifier_rows(scores: Mapping[str, pd.DataFrame], *, dataset: str) -> pd.DataFrame:
    """AUC on Monte Carlo of the classifiers trained on each source, one row each.

    Args:
        scores: source -> score file (`darkpixel.classification`); `monte_carlo` among them. All
            must hold the same test images.

    Returns:
        Rows of `ROW_COLUMNS`. `value` is the mean AUC over repetitions; `seed_spread` their
        standard deviation, NaN for one; `error` the square root of (DeLong variance of the mean +
        seed_spread squared / repetitions), the first alone for one repetition. `difference` is
        `value` less that of Monte Carlo; its error is paired over test images. `floor` is one
        standard deviation of the difference of two such means that are both trained on Monte
        Carlo: sqrt(2 / repetitions) times the spread of its repetitions. It is too small where
        the repetitions share training images. `seeds` counts repetitions.

    Raises:
        DarkpixelError: `monte_carlo` is missing, or test images differ.
    """
    if MONTE_CARLO not in scores:
        raise DarkpixelError(f"{dataset}: no scores of the classifier trained on {MONTE_CARLO}.")
    results = {source: _Result(scores[source]) for source in ordered(scores)}
    reference = results[MONTE_CARLO]
    rows = []
    for source, result in results.items():
        if result.shape != reference.shape:
            raise DarkpixelError(
                f"{dataset}: scores of {result.shape} test images for {source}, of "
                f"{reference.shape} for {MONTE_CARLO}; score the same images."
            )
        difference = difference_error = np.nan
        if source != MONTE_CARLO:
            difference = result.value - reference.value
            paired = sampling_error(result.above - reference.above, result.below - reference.below)
            difference_error = float(np.sqrt(paired**2 + result.training + reference.training))
        rows.append(
            {
                "model": source,
                "dataset": dataset,
                "label": " against ".join(result.labels),
                "observable": "auc",
                "value": result.value,
                "error": float(
                    np.sqrt(sampling_error(result.above, result.below) ** 2 + result.training)
                ),
                "seed_spread": result.spread,
                "floor": reference.spread * (2 / reference.repetitions) ** 0.5,
                "floor_error": np.nan,
                "n": int(scores[source]["images"].iloc[0]),
                "seeds": result.repetitions,
                "published": np.nan,  # figures 9 and 14 show curves without numbers
                "hardware": "",
                "difference": difference,
                "difference_error": difference_error,
                "n_test": min(result.shape),
            }
        )
    return pd.DataFrame(rows, columns=ROW_COLUMNS)


def classifier_curves(scores: Mapping[str, pd.DataFrame], *, dataset: str) -> pd.DataFrame:
    """The curves behind `classifier_rows` at `POINTS`: mean and standard deviation.

    Returns:
        Rows of `model`, `dataset`, `rate` (a point), `true_positive` (at that false positive
        rate), `false_positive` (at that true positive rate), and `true_positive_spread` and
        `false_positive_spread`, the standard deviations over repetitions, 0 for one.
    """
    tables = []
    for source in ordered(scores):
        curves = [roc(own["score"], _is_signal(own)) for _, own in _repetitions(scores[source])]
        table = {"model": source, "dataset": dataset, "rate": POINTS}
        for name, values in {
            "true_positive": [np.interp(POINTS, false, true) for false, true in curves],
            "false_positive": [np.interp(POINTS, true, false) for false, true in curves],
        }.items():
            table[name] = np.mean(values, axis=0)
            table[f"{name}_spread"] = np.std(values, axis=0, ddof=min(1, len(values) - 1))
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def classifier_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Table `classifier_auc`: AUC by data set and source of the training images.

    Args:
        rows: `classifier_rows` of all data sets, concatenated.
    """
    header = ["trained on", "data set", "AUC on Monte Carlo", "less Monte Carlo's",
              "spread over repetitions", "floor of the difference", "n", "test images",
              "repetitions"]  # fmt: skip
    body = []
    for row in rows.itertuples():
        own = row.model == MONTE_CARLO
        body.append(
            [
                display_name(row.model, row.dataset),
                DATASETS.get(row.dataset, row.dataset),
                measured(row.value, row.error),
                "–" if own else measured(row.difference, row.difference_error),
                _digits(row.seed_spread),
                "–" if own else _digits(row.floor),
                str(row.n),
                str(row.n_test),
                str(row.seeds),
            ]
        )
    note = (
        "Classifiers of signal against background, trained on n images per class of each source "
        "and tested on the same Monte Carlo images (SARM 6.1.3, 6.2.3; the figures there give no "
        "AUC). Mean over repetitions ± standard error, of test images (DeLong) and of repetitions. "
        "The difference is paired over test images. Floor: one standard deviation of the "
        "difference between two such means that are both trained on Monte Carlo. "
        f"Test images: {one_or_range(rows['n_test'])} per class."
    )
    write_table(rows, stem, document("Classifiers trained on generated images", header, body, note))


class _Result:
    """Mean placements and AUC over the repetitions of one source."""

    def __init__(self, scores: pd.DataFrame) -> None:
        placed = []
        for _, own in _repetitions(scores):
            chosen = _is_signal(own)
            values = own["score"].to_numpy(np.float64)
            placed.append(placements(values[chosen], values[~chosen]))
        areas = np.array([above.mean() for above, _ in placed])
        self.labels = _labels(scores)
        self.repetitions = len(placed)
        self.above = np.mean([above for above, _ in placed], axis=0)
        self.below = np.mean([below for _, below in placed], axis=0)
        self.shape = (len(self.above), len(self.below))
        self.value = float(areas.mean())
        self.spread = float(areas.std(ddof=1)) if len(areas) > 1 else float("nan")
        # of the mean; one repetition says nothing about it
        self.training = self.spread**2 / len(areas) if len(areas) > 1 else 0.0


def _repetitions(scores: pd.DataFrame) -> "pd.api.typing.DataFrameGroupBy":
    return scores.groupby("repetition", sort=True)


def _labels(scores: pd.DataFrame) -> list[str]:
    """Both labels, signal first: the order in which they were scored."""
    return [str(label) for label in scores["label"].unique()]


def _is_signal(scores: pd.DataFrame) -> npt.NDArray[np.bool_]:
    chosen: npt.NDArray[np.bool_] = (scores["label"] == scores["label"].iloc[0]).to_numpy(bool)
    return chosen


def _digits(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else "–"
