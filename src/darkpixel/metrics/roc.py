"""ROC curves and AUC of classifiers that were trained on generated images (SARM 6.1.3, 6.2.3).

An AUC has two uncertainties that add: the finite test sample (DeLong et al., Biometrics 44 (1988)
837) and the training, whose seed, images and split differ from repetition to repetition.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_curve

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.auc import area_under_curve, placements, sampling_error
from darkpixel.metrics.comparison import COLUMNS
from darkpixel.metrics.names import AGAINST
from darkpixel.metrics.order import ordered

Array = npt.NDArray[np.float64]

ROW_COLUMNS = [*COLUMNS, "difference", "difference_error", "n_test", "shared"]
"""`COLUMNS` of the other measures, and: AUC less that of the classifier trained on Monte Carlo,
its error, the Monte Carlo test images per class, and the share of its training images that a
repetition has on average in common with another on the same file. `n` counts training images per
class."""
POINTS = np.linspace(0, 1, 201)
"""Where the curves of different classifiers are compared."""


def roc(scores: npt.ArrayLike, is_signal: npt.ArrayLike) -> tuple[Array, Array]:
    """False and true positive rates at every threshold, each (P,), from (0, 0) to (1, 1).

    Args:
        scores: (N,); larger ones mean signal.
        is_signal: (N,) bool; both values must occur.
    """
    false, true, _ = roc_curve(np.asarray(is_signal), np.asarray(scores))
    return false.astype(np.float64), true.astype(np.float64)


def auc(scores: npt.ArrayLike, is_signal: npt.ArrayLike) -> tuple[float, float]:
    """AUC and its standard error over test images; arguments as for `roc`."""
    scores, chosen = np.asarray(scores), np.asarray(is_signal, bool)
    return area_under_curve(scores[chosen], scores[~chosen])


def classifier_rows(scores: Mapping[str, pd.DataFrame], *, dataset: str) -> pd.DataFrame:
    """AUC on Monte Carlo of the classifiers trained on each source, one row each.

    Args:
        scores: source -> score file (`darkpixel.studies.classifiers`), `monte_carlo` among them;
            all must hold the same test images.

    Returns:
        Rows of `ROW_COLUMNS`. `value` is the mean AUC over repetitions; `seed_spread` their
        standard deviation, NaN for one; `error` the square root of (DeLong variance of the mean +
        seed_spread squared / repetitions), the first alone for one repetition. `difference` is
        `value` less that of Monte Carlo; its error is paired over test images. `floor` is one
        standard deviation of the difference of two such means that are both trained on Monte
        Carlo: sqrt(2 / repetitions) times the spread of its repetitions. Both are too small where
        the repetitions share training images (`shared`). `seeds` counts repetitions.

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
                "label": AGAINST.join(result.labels),
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
                "shared": float((scores[source]["images"] / scores[source]["pool"]).max()),
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
        curves = [
            roc(scored["score"], _is_signal(scored)) for _, scored in _repetitions(scores[source])
        ]
        table = {"model": source, "dataset": dataset, "rate": POINTS}
        for name, values in {
            "true_positive": [np.interp(POINTS, false, true) for false, true in curves],
            "false_positive": [np.interp(POINTS, true, false) for false, true in curves],
        }.items():
            table[name] = np.mean(values, axis=0)
            table[f"{name}_spread"] = np.std(values, axis=0, ddof=min(1, len(values) - 1))
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


class _Result:
    """Mean placements and AUC over the repetitions of one source."""

    def __init__(self, scores: pd.DataFrame) -> None:
        placed = []
        for _, scored in _repetitions(scores):
            chosen = _is_signal(scored)
            values = scored["score"].to_numpy(np.float64)
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
