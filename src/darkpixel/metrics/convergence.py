"""Whether a training had levelled off, so that nobody wins by undertraining the others.

The criterion looks at the last quarter of the *learning*, not of the epochs: the epochs that hold
the last quarter of the summed learning rate. With a constant rate these are the last quarter of
the epochs. A cosine schedule ends with epochs that cannot move the model and so look flat
whatever came before; by this measure its last quarter begins before half of the epochs, where
the rate was still high, and what the loss gained since then counts.

A training whose loss has passed its minimum has also levelled off: with more of it the model only
overfits. An undertrained model does not do that, whatever the schedule; its loss falls to the end.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.names import MONTE_CARLO, QUANTISED, RECONSTRUCTED, display_name, ordered
from darkpixel.metrics.tables import document, one_or_range, write_table

FEWEST_EPOCHS = 4
"""Fewer are not judged, and count as not converged."""
LARGEST_GAIN = 0.01
"""A levelled-off training gained less than this share of all that it gained after epoch 1."""
JOINT = "joint"
"""Label of the models that are trained on all labels together."""
MEASURE = "validation_loss"

COLUMNS = [
    "model", "dataset", "label", "seed", "observable", "epochs", "judged_from", "best_epoch",
    "first", "last", "best", "late_gain", "passed_minimum", "judged", "converged",
]  # fmt: skip


class Convergence(NamedTuple):
    """What the losses of one training say."""

    levelled: bool
    """Whether it gained less than `LARGEST_GAIN` in the last quarter of its learning, or its
    loss had passed the minimum."""
    judged: bool
    """Whether there were enough epochs to tell."""
    epochs: int
    judged_from: int
    """First epoch of the last quarter, counted from 1."""
    best_epoch: int
    first: float
    """Loss after epoch 1."""
    last: float
    best: float
    late_gain: float
    """Improvement of the best loss in the last quarter, as a share of that since epoch 1; NaN
    where nothing was ever gained or too few epochs were run."""
    passed_minimum: bool
    """Whether the best epoch lies before the last quarter of the epochs."""


def levelled_off(history: pd.DataFrame, measure: str = MEASURE) -> Convergence:
    """Judge one training by its validation measure, the smaller the better.

    Let b be the best value before the last quarter of the summed learning rate, B the best of
    all and f the first. The training had levelled off if (b - B) < 1% of (f - B), or if no epoch
    in the last quarter of the epochs reached B. One that gained nothing after its first epoch
    never learned and has not converged.

    Args:
        history: rows of `darkpixel.history`, one an epoch: `learning_rate` and `measure`. A GAN
            has a distance as its `validation_loss`, which is judged alike.

    Raises:
        DarkpixelError: no epoch, or a column is missing.
    """
    missing = [name for name in (measure, "learning_rate") if name not in history]
    if missing or history.empty:
        what = f"column {missing[0]}" if missing else "an epoch"
        raise DarkpixelError(f"training history: {what} is missing; train the model again.")
    losses = history[measure].to_numpy(np.float64)
    rates = history["learning_rate"].to_numpy(np.float64)
    start = _last_quarter(rates)
    first, best = float(losses[0]), float(np.min(losses))
    judged = len(losses) >= FEWEST_EPOCHS
    gain = first - best
    best_epoch = int(np.argmin(losses)) + 1
    late, passed = float("nan"), False
    if judged and gain > 0:
        late = (float(np.min(losses[:start])) - best) / gain
        passed = best_epoch <= len(losses) - math.ceil(len(losses) / 4)
    return Convergence(
        levelled=late < LARGEST_GAIN or passed,
        judged=judged,
        epochs=len(losses),
        judged_from=start + 1,
        best_epoch=best_epoch,
        first=first,
        last=float(losses[-1]),
        best=best,
        late_gain=late,
        passed_minimum=passed,
    )


def _last_quarter(rates: NDArray[np.float64]) -> int:
    """Index of the first epoch after three quarters of the summed rate, at least 1."""
    passed = np.cumsum(rates)
    if passed[-1] <= 0:
        passed = np.arange(1.0, len(rates) + 1)
    start = int(np.searchsorted(passed, 0.75 * passed[-1] * (1 - 1e-9))) + 1
    return int(np.clip(start, 1, max(len(rates) - 1, 1)))


def convergence_rows(
    histories: Mapping[str, Mapping[str, Sequence[str | Path]]],
    *,
    dataset: str,
    seeds: Sequence[int],
) -> pd.DataFrame:
    """The verdict on every training of a data set, one row each.

    Args:
        histories: label -> model -> `history.csv` files, one a seed. The label `joint` holds the
            models that are trained on all labels together.
        seeds: of the files, in their order.

    Returns:
        Columns `COLUMNS`; `late_gain` and the others as in `Convergence`.
    """
    rows = []
    for label, models in histories.items():
        for model in ordered(models):
            for seed, path in zip(seeds, models[model], strict=False):
                verdict = levelled_off(pd.read_csv(path))._asdict()
                verdict["converged"] = verdict.pop("levelled")
                about = {"model": model, "dataset": dataset, "label": label, "seed": seed}
                rows.append(about | {"observable": MEASURE} | verdict)
    return pd.DataFrame(rows, columns=COLUMNS)


def mark(rows: pd.DataFrame, statuses: pd.DataFrame) -> pd.DataFrame:
    """`rows` with a column `converged`: True, False, or missing for what is not a training.

    A model has converged if all its trainings have; one that is trained on all labels together
    lends its status to each of them. Monte Carlo, also quantised or reconstructed, has none.

    Args:
        rows: any table with the columns `model`, `dataset` and `label`.
        statuses: `convergence_rows` of all data sets in `rows`.
    """
    verdicts = statuses.groupby(["dataset", "label", "model"])["converged"].all()

    def status(row: "pd.Series[str]") -> object:
        if row["model"] == MONTE_CARLO or row["model"].startswith((QUANTISED, RECONSTRUCTED)):
            return pd.NA
        for label in (row["label"], JOINT):
            key = (row["dataset"], label, row["model"])
            if key in verdicts.index:
                return bool(verdicts[key])
        return pd.NA

    marks = [status(row) for _, row in rows.iterrows()]
    return rows.assign(converged=pd.array(marks, dtype="boolean"))


def unconverged(rows: pd.DataFrame) -> list[str]:
    """The models of marked rows of which some training had not levelled off."""
    return ordered(rows.loc[rows["converged"].eq(False).fillna(False).astype(bool), "model"])


def convergence_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """The verdict on every model, a line a label.

    Args:
        rows: `convergence_rows` of all data sets, concatenated.
    """
    header = ["model", "data set", "label", "epochs", "best epoch", "first loss", "last loss",
              "best loss", "judged from epoch", "late gain, %", "verdict"]  # fmt: skip
    body = []
    for (dataset, label, model), own in rows.groupby(["dataset", "label", "model"], sort=False):
        means = own[["first", "last", "best"]].mean()
        body.append(
            [
                display_name(str(model), str(dataset)),
                str(dataset),
                str(label),
                one_or_range(own["epochs"]),
                one_or_range(own["best_epoch"]),
                *(f"{means[name]:.5g}" for name in ("first", "last", "best")),
                one_or_range(own["judged_from"]),
                _percent(own["late_gain"]),
                _verdict(own),
            ]
        )
    note = (
        "Validation losses (nats per image for likelihood models, a distance for a GAN); means "
        "over seeds. Judged from: the epoch after three quarters of the summed learning rate. Late "
        "gain: how much the best loss improved from there on, as a share of all improvement after "
        f"epoch 1. Converged: less than {LARGEST_GAIN:.0%} of it for every seed, or the loss had "
        "passed its minimum: no epoch of the last quarter of the epochs reached the best loss. "
        f"Fewer than {FEWEST_EPOCHS} epochs are not judged and count as not converged."
    )
    write_table(rows, stem, document("Had the trainings levelled off?", header, body, note))


def _percent(gains: Iterable[float]) -> str:
    """The largest, 2.35; a dash where there is none."""
    found = [100 * gain for gain in gains if np.isfinite(gain)]
    return f"{max(found):.2f}" if found else "–"


def _verdict(own: pd.DataFrame) -> str:
    if own["converged"].all():
        return "converged, minimum passed" if own["passed_minimum"].all() else "converged"
    return "not converged" if own["judged"].all() else "too few epochs: not converged"
