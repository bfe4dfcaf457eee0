"""The trials of a hyper-parameter search, as rows (SARM section 8.6)."""

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.config.search import Space, Study
from darkpixel.metrics.uncertainty import standard_error

if TYPE_CHECKING:
    from darkpixel.studies.search import Trial

COLUMNS = [
    "study", "trial", "model", "dataset", "label", "settings", "observable", "value", "error",
    "difference", "difference_error", "best", "rounded_to_zero", "parameters", "epochs",
    "steps", "best_epoch", "images", "n", "seeds", "seconds", "method", "choices", "space",
    "hardware",
]  # fmt: skip


def search_rows(
    trials: Sequence["Trial"],
    *,
    name: str,
    study: Study,
    space: Space,
    images: int,
    hardware: str = "",
) -> pd.DataFrame:
    """One row a trial of one study.

    Args:
        trials: from `darkpixel.studies.search.run_study`, not empty.
        name: of the study.
        study: its settings.
        space: its choices.
        images: training images of a trial.
        hardware: the machine, since `seconds` depends on it.

    Returns:
        `value`: mean -log2 density of a pixel of the `n` validation images, at the best epoch;
        `error`: its standard error. `difference`: to the best trial, image by image, with the
        standard error `difference_error`: the images are the same, so it is smaller than that of
        two values. `settings`, `space`: as JSON. `seconds`: of training. `choices`: settings that
        the space holds.
    """
    best = min(range(len(trials)), key=lambda number: trials[number].value)
    choices = math.prod(len(values) for values in space.values())
    rows = []
    for number, trial in enumerate(trials):
        difference = (trial.bits - trials[best].bits).numpy()
        rows.append(
            {
                "study": name,
                "trial": number + 1,
                "model": study.model,
                "dataset": study.dataset,
                "label": study.label,
                "settings": json.dumps(trial.choice),
                "observable": "bits_per_pixel",
                "value": trial.value,
                "error": standard_error(trial.bits.numpy()),
                "difference": float(difference.mean()),
                "difference_error": standard_error(difference),
                "best": number == best,
                "rounded_to_zero": trial.rounded_to_zero,
                "parameters": trial.parameters,
                "epochs": trial.epochs,
                "steps": trial.steps,
                "best_epoch": trial.best_epoch,
                "images": images,
                "n": len(trial.bits),
                "seeds": 1,
                "seconds": trial.seconds,
                "method": "grid" if len(trials) == choices else "TPE",
                "choices": choices,
                "space": json.dumps(space),
                "hardware": hardware,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)
