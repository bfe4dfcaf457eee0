"""Convergence of training runs: whether each had converged, so that no model is undertrained.

The criterion looks at the last quarter of the *learning*, not of the epochs: the epochs that hold
the last quarter of the summed learning rate. With a constant rate these are the last quarter of
the epochs. A cosine schedule ends with epochs that cannot move the model, in which the loss is flat
whatever came before; by this measure its last quarter begins before half of the epochs, where
the rate was still high, and what the loss gained since then counts.

A training run whose loss has passed its minimum has also converged, if it keeps the weights of its
best epoch: trained longer, the model only overfits. An undertrained model does not do that; its
loss falls to the end. A GAN whose measure rises has gone wrong, and has not converged. But
losses fluctuate, and the lowest of a noisy curve may lie anywhere: what counts is a rise beyond
the noise, which is estimated from the losses themselves.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from darkpixel.config.names import JOINT
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.names import AGAINST, generator_of, is_reconstructed, trained
from darkpixel.metrics.order import ordered

FEWEST_EPOCHS = 4
"""With fewer a run is not judged, and counts as not converged."""
LARGEST_GAIN = 0.01
"""A converged run gained less than this share of its whole gain after epoch 1 at the end."""
SMALLEST_RISE = 3.0
"""Standard errors by which a loss must have risen again to have passed its minimum."""
SMALLEST_LEARNING = 5.0
"""Standard deviations of the noise that the loss must have fallen since epoch 1, at least."""
MEASURE = "validation_loss"

COLUMNS = [
    "model", "dataset", "label", "seed", "observable", "epochs", "judged_from", "best_epoch",
    "first", "last", "best", "late_gain", "noise", "passed_minimum", "judged", "kept",
    "autoencoder", "converged",
]  # fmt: skip


class Convergence(NamedTuple):
    """The verdict on one training run, and the numbers behind it."""

    converged: bool
    """See `convergence_of`."""
    judged: bool
    """Whether there were enough epochs for a verdict."""
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
    noise: float
    """Standard deviation of a loss about a smooth curve; NaN for fewer than three epochs."""
    passed_minimum: bool
    """Whether the loss of the last quarter of the epochs is above its minimum beyond the noise."""


def convergence_of(
    history: pd.DataFrame, measure: str = MEASURE, kept: str = "best"
) -> Convergence:
    """The verdict on one training run by its validation measure, the smaller the better.

    Let b be the best value before the last quarter of the summed learning rate, B the best of
    all, f the first, and s the noise: the standard deviation of a value about the mean of its two
    neighbours, by the median of these differences. The run had converged if
    (b - B) < 1% of (f - B) and (f - B) > 5 s: a loss that moved less has shown nothing but noise.

    The loss has passed its minimum if B lies after the first epoch and before the last quarter of
    the epochs, and the mean of that quarter is above the lowest mean of as many epochs before it
    by 3 standard errors, 3 s sqrt(2 / epochs of the quarter). Such a run had converged if
    it kept the weights of its best epoch, and had not if it kept the last: those are past it. A
    GAN, whose history has the loss of each network, had not either: its measure does not rise
    because it overfits but because the game between the networks went wrong.

    Args:
        history: rows of `darkpixel.training.history`, one an epoch: `learning_rate` and `measure`.
            A GAN has a distance as its `validation_loss`, which is treated alike.
        kept: the weights that are saved, `best` or `last` (`training.keep`).

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
    noise = _noise(losses)
    late, passed = float("nan"), False
    if judged and gain > 0:
        late = (float(np.min(losses[:start])) - best) / gain
        passed = _risen(losses, noise)
    flat = late < LARGEST_GAIN and gain > SMALLEST_LEARNING * noise
    adversarial = any(name.startswith("train_loss_") for name in history)
    return Convergence(
        converged=kept == "best" and not adversarial if passed else flat,
        judged=judged,
        epochs=len(losses),
        judged_from=start + 1,
        best_epoch=best_epoch,
        first=first,
        last=float(losses[-1]),
        best=best,
        late_gain=late,
        noise=noise,
        passed_minimum=passed,
    )


def _last_quarter(rates: NDArray[np.float64]) -> int:
    """Index of the first epoch after three quarters of the summed rate, at least 1."""
    passed = np.cumsum(rates)
    if passed[-1] <= 0:
        passed = np.arange(1.0, len(rates) + 1)
    start = int(np.searchsorted(passed, 0.75 * passed[-1] * (1 - 1e-9))) + 1
    return int(np.clip(start, 1, max(len(rates) - 1, 1)))


def _noise(losses: NDArray[np.float64]) -> float:
    """Standard deviation of the losses about a smooth curve, from three neighbours each."""
    if len(losses) < 3:
        return float("nan")
    differences = losses[1:-1] - (losses[:-2] + losses[2:]) / 2  # of variance 3/2 s^2
    # 1.4826: from the median of |x| to the standard deviation of normally distributed x
    return float(1.4826 * np.median(np.abs(differences)) / 1.5**0.5)


def _risen(losses: NDArray[np.float64], noise: float) -> bool:
    """Whether the last quarter lies above a minimum before it, beyond the noise."""
    quarter = math.ceil(len(losses) / 4)
    before = losses[:-quarter]
    if np.argmin(losses) >= len(before):
        return False
    lowest = np.convolve(before, np.full(quarter, 1 / quarter), mode="valid").min()
    rise = losses[-quarter:].mean() - lowest
    return bool(rise > SMALLEST_RISE * noise * (2 / quarter) ** 0.5)


def convergence_rows(
    histories: Mapping[str, Mapping[str, Sequence[str | Path]]],
    *,
    dataset: str,
    seeds: Sequence[int],
    kept: Mapping[str, Mapping[str, str]],
    autoencoders: Mapping[str, Mapping[str, str | None]],
) -> pd.DataFrame:
    """The verdict on every training run of a data set, one row each.

    Args:
        histories: label -> model -> `history.csv` files, one a seed. The label `joint` holds the
            models that are trained on all labels together.
        seeds: of the files, in their order.
        kept: label -> model -> the weights that are saved, `best` or `last`.
        autoencoders: label -> model -> the autoencoder of whose codes it is a prior, or None.

    Returns:
        Columns `COLUMNS`; `late_gain` and the others as in `Convergence`; `autoencoder` is empty
        where there is none, and has rows of its own.
    """
    rows = []
    for label, models in histories.items():
        for model in ordered(models):
            for seed, path in zip(seeds, models[model], strict=False):
                keep = kept[label][model]
                verdict = convergence_of(pd.read_csv(path), kept=keep)._asdict()
                facts = {"model": model, "dataset": dataset, "label": label, "seed": seed}
                facts |= {"kept": keep, "autoencoder": autoencoders[label][model] or ""}
                rows.append(facts | {"observable": MEASURE} | verdict)
    return pd.DataFrame(rows, columns=COLUMNS)


def mark(rows: pd.DataFrame, statuses: pd.DataFrame) -> pd.DataFrame:
    """`rows` with a column `converged`: True, False, or missing for what is not trained.

    A model has converged if all its training runs have, and those of its autoencoder; one that is
    trained on all labels together lends its status to each of them. Monte Carlo, also quantised,
    has none; reconstructed, it has that of the autoencoder.

    Args:
        rows: any table with the columns `model`, `dataset` and `label`; a label may be two,
            "signal against background".
        statuses: `convergence_rows` of all data sets in `rows`.
    """
    runs = statuses.groupby(["dataset", "label", "model"])
    verdicts, behind = runs["converged"].all(), runs["autoencoder"].first()

    def status(row: "pd.Series[str]") -> object:
        keys = [
            (row["dataset"], label, judged_by(row["model"]))
            for label in (*row["label"].split(AGAINST), JOINT)
        ]
        found = [key for key in keys if key in verdicts.index]
        codes = [(*key[:2], behind[key]) for key in found if behind[key]]
        return all(bool(verdicts[key]) for key in (*found, *codes)) if found else pd.NA

    marks = [status(row) for _, row in rows.iterrows()]
    return rows.assign(converged=pd.array(marks, dtype="boolean"))


def judged_by(source: str) -> str:
    """The model whose training decides how good the images of a source are.

    The one that draws them, selected or not, or the autoencoder that gives test images back; of
    test images on a grid there is none, and `source` stays.
    """
    return generator_of(source) if is_reconstructed(source) else trained(source)


def late_models(statuses: pd.DataFrame, dataset: str, label: str | None = None) -> frozenset[str]:
    """Models of a data set that had not converged, for one label or for any: see `mark`.

    Args:
        statuses: `convergence_rows`, of this data set and perhaps of others.
    """
    rows = statuses.loc[statuses["dataset"] == dataset, ["model", "dataset", "label"]]
    chosen = rows if label is None else rows[rows["label"] == label]
    marked = mark(chosen.drop_duplicates(), statuses)
    late = marked["converged"].eq(False).fillna(False).to_numpy(bool)
    return frozenset(marked.loc[late, "model"])
