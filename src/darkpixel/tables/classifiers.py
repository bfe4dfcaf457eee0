"""AUC of classifiers trained on generated images, as a table (SARM 6.1.3, 6.2.3)."""

from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.tables.layout import (
    document,
    late_note,
    measured,
    one_or_range,
    row_name,
    write_table,
)
from darkpixel.tables.names import DATASETS, compared_with, is_own


def classifier_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Table `classifier_auc`: AUC by data set and source of the training images.

    Args:
        rows: `classifier_rows` of all data sets, concatenated; marked, or not, as for
            `wasserstein_table`.
    """
    reference = compared_with(rows["dataset"]).kind
    header = ["trained on", "data set", f"AUC on {reference}", f"less {reference}'s",
              "spread over repetitions", "floor of the difference", "n", "test images",
              "repetitions", "shared, %"]  # fmt: skip
    body = []
    for place, row in enumerate(rows.itertuples()):
        is_monte_carlo = row.model == MONTE_CARLO
        body.append(
            [
                row_name(rows.iloc[[place]]),
                DATASETS.get(row.dataset, row.dataset),
                measured(row.value, row.error),
                "–" if is_monte_carlo else measured(row.difference, row.difference_error),
                _digits(row.seed_spread),
                "–" if is_monte_carlo else _digits(row.floor),
                str(row.n),
                str(row.n_test),
                str(row.seeds),
                f"{100 * row.shared:.0f}",
            ]
        )
    paper = " (SARM 6.1.3, 6.2.3; the figures there give no AUC)"
    if all(map(is_own, rows["dataset"])):
        paper = ""
    note = (
        "Classifiers of one label against the other, trained on n images per class of each source "
        f"and tested on the same {reference} images{paper}. Mean over "
        "repetitions ± standard error, of test images (DeLong) and of repetitions. "
        "The difference is paired over test images. Floor: one standard deviation of the "
        f"difference between two such means that are both trained on {reference}. "
        "Shared: share of its training images that a repetition has on average in common with "
        "another on the same images: where it is large, error and floor leave out most of what "
        "other training images would change. Repetitions take the samples of the run's seeds in "
        "turn; with one seed, the spread over training runs of the generator is not in the error. "
        f"Test images: {one_or_range(rows['n_test'])} per class."
    )
    note += late_note(rows)
    write_table(rows, stem, document("Classifiers trained on generated images", header, body, note))


def _digits(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else "–"
