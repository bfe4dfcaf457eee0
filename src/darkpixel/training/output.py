"""What a training run leaves behind: the folder of its model."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

import darkpixel
from darkpixel.formats.files import whole_file
from darkpixel.models.folder import WEIGHTS, save_config, save_weights
from darkpixel.training.history import HISTORY, best_epoch, write_history
from darkpixel.training.state import TrainingState


def write_model(state: TrainingState, folder: Path, entries: Mapping[str, Any]) -> None:
    """Write the model's folder; the weights come last, so that their file means a whole folder.

    Args:
        state: of the finished training run. Its model then has the weights that were written.
        folder: of the model.
        entries: further entries of `config.yaml`.
    """
    model, settings = state.model, state.settings
    for epoch in settings.snapshots:
        source = state.checkpoints.snapshot(epoch)
        with whole_file(folder / source.name) as temporary:
            shutil.copyfile(source, temporary)
    write_history(state.history, folder / HISTORY)
    with state.evaluation():
        if state.best is not None:
            model.load_state_dict(state.best)
        weights = {k: v.detach().to("cpu", copy=True) for k, v in model.state_dict().items()}
    model.load_state_dict(weights)
    save_config(
        model,
        folder,
        **entries,
        epochs=state.epoch,
        kept_epoch=best_epoch(state.history) if settings.keep == "best" else state.epoch,
        training=settings.model_dump(mode="json"),
        software={"darkpixel": darkpixel.__version__, "torch": torch.__version__},
    )
    save_weights(weights, folder / WEIGHTS)
