"""Exploding gradients that are still finite: a warning, before a whole training run is lost.

Gradients that are not finite stop a run (`darkpixel.training.state`). Finite ones explode where
they have grown far beyond those of the first step and the loss is above the untrained model's.
Neither alone says so: a classifier's gradients grow tenfold while it learns, from nearly nothing,
and a GAN's losses rise and fall.
"""

import logging
from collections.abc import Mapping

GROWTH = 100.0
"""Of the mean gradient norm of an epoch over that of the first step. In the shipped configurations
no epoch is more than 11 times above another."""

logger = logging.getLogger(__name__)


def explodes(start: Mapping[str, float], row: Mapping[str, float]) -> bool:
    """Whether the gradients of an epoch have exploded.

    Args:
        start: `train_loss` and `gradient_norm` of the first step.
        row: of the history, the same as means of an epoch.
    """
    grown = row["gradient_norm"] > GROWTH * start["gradient_norm"]
    return grown and row["train_loss"] > start["train_loss"]


def warn_of_explosion(model: str, start: Mapping[str, float], row: Mapping[str, float]) -> None:
    """Say in the log that the gradients of an epoch have exploded, if they have.

    Args:
        model: its name.
        start, row: as of `explodes`.
    """
    if explodes(start, row):
        logger.warning(
            "model %s: the gradients explode: in epoch %d their mean norm is %.3g, that of the "
            "first step was %.3g, and the loss has risen from %.5g to %.5g; try a smaller "
            "learning_rate or gradient_clip, or more warmup_steps.",
            *(model, row["epoch"], row["gradient_norm"], start["gradient_norm"]),
            *(start["train_loss"], row["train_loss"]),
        )
