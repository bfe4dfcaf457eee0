"""Which training runs had converged, as a table."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.metrics.convergence import (
    FEWEST_EPOCHS,
    LARGEST_GAIN,
    SMALLEST_LEARNING,
    SMALLEST_RISE,
)
from darkpixel.tables.layout import document, one_or_range, write_table
from darkpixel.tables.names import display_name


def convergence_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """The verdict on every model, a line a label.

    Args:
        rows: `convergence_rows` of all data sets, concatenated.
    """
    header = ["model", "data set", "label", "epochs", "best epoch", "first loss", "last loss",
              "best loss", "judged from epoch", "late gain, %", "verdict"]  # fmt: skip
    body = []
    for (dataset, label, model), runs in rows.groupby(["dataset", "label", "model"], sort=False):
        means = runs[["first", "last", "best"]].mean()
        body.append(
            [
                display_name(str(model), str(dataset)),
                str(dataset),
                str(label),
                one_or_range(runs["epochs"]),
                one_or_range(runs["best_epoch"]),
                *(f"{means[name]:.5g}" for name in ("first", "last", "best")),
                one_or_range(runs["judged_from"]),
                _percent(runs["late_gain"]),
                _verdict(runs),
            ]
        )
    note = (
        "Validation losses (nats per image for likelihood models, a distance for a GAN); means "
        "over seeds. Judged from: the epoch after three quarters of the summed learning rate. Late "
        "gain: how much the best loss improved from there on, as a share of all improvement after "
        f"epoch 1. Converged: less than {LARGEST_GAIN:.0%} of it for every seed, all improvement "
        f"being more than {SMALLEST_LEARNING:g} times the noise of a loss; or the loss had passed "
        "its minimum, and the weights of the best epoch are kept: the mean loss of the last "
        "quarter of the epochs is above the lowest mean of as many epochs before it by more than "
        f"{SMALLEST_RISE:g} standard errors of that noise. A prior of codes is called converged in "
        "the other tables if its autoencoder is, too. "
        f"Fewer than {FEWEST_EPOCHS} epochs are not judged and count as not converged."
    )
    write_table(rows, stem, document("Convergence of the training runs", header, body, note))


def _percent(gains: Iterable[float]) -> str:
    """The largest, 2.35; a dash where there is none."""
    percentages = [100 * gain for gain in gains if np.isfinite(gain)]
    return f"{max(percentages):.2f}" if percentages else "–"


def _verdict(runs: pd.DataFrame) -> str:
    if runs["converged"].all():
        return "converged, minimum passed" if runs["passed_minimum"].all() else "converged"
    if not runs["judged"].all():
        return "too few epochs: not converged"
    late = runs["passed_minimum"] & runs["kept"].ne("best")
    return "minimum passed, last epoch kept: not converged" if late.any() else "not converged"
