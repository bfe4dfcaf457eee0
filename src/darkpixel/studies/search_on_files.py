"""One hyper-parameter search from image files to rows."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from darkpixel.config.search import Space, Study
from darkpixel.config.training import Training
from darkpixel.formats.digests import file_digest, settings_digest
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.device import choose_device
from darkpixel.studies.machine import hardware
from darkpixel.studies.search import Trainer, run_study
from darkpixel.studies.search_rows import search_rows


def search_on_files(
    train_file: str | Path,
    validation_file: str | Path,
    folder: str | Path,
    *,
    name: str,
    study: Mapping[str, Any],
    space: Space,
    settings: Mapping[str, Any],
    training: Mapping[str, Any],
    seed: int,
    threads: int,
    code: str,
) -> pd.DataFrame:
    """Try the settings of a study; go on from the trials that are done.

    A study that is given more trials goes on from those that are done; whatever else changes
    begins it anew.

    Args:
        folder: keeps the trials, also after the end.
        name: of the study.
        study: keys of `darkpixel.config.search.Study`.
        space: keys of the settings that are varied, and their choices.
        settings: `model` and its keys that stay.
        training: keys of `darkpixel.config.training.Training`.
        seed: of trials and proposals.
        threads: of torch, for the rows; set by the caller.
        code: digest of the code that the result depends on.

    Returns:
        `darkpixel.studies.search_rows.search_rows`.
    """
    folder = Path(folder)
    whole, recipe = Study(**study), Training(**training)
    kept = {key: value for key, value in study.items() if key != "trials"}
    inputs = [file_digest(path) for path in (train_file, validation_file)]
    digest = settings_digest([inputs, kept, space, settings, training, seed, code])
    trials = run_study(
        space,
        Trainer(
            settings,
            whole,
            recipe,
            train_file,
            validation_file,
            seed=seed,
            folder=folder / "trial",
            digest=digest,
        ),
        trials=whole.trials,
        seed=seed,
        folder=folder,
        digest=digest,
    )
    with ImageFile(train_file) as file:
        images = min(whole.images, len(file))
    rows = search_rows(
        trials,
        name=name,
        study=whole,
        space=space,
        images=images,
        hardware=f"{hardware(choose_device(recipe.device))}, {threads} threads",
    )
    shutil.rmtree(folder / "trial", ignore_errors=True)
    return rows
