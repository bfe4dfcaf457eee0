"""Likelihood of code maps under a model that has a tractable one: -log p, map by map."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.uncertainty import over_seeds, standard_error


@torch.inference_mode()
def negative_log_likelihoods(model: Any, path: str | Path, *, batch: int = 256) -> NDArray[Any]:
    """-log p of everything in a file, nats, (N,).

    Args:
        model: in evaluation mode, with `log_prob(images, **columns) -> (B,)`.
        path: image or code file with the columns that the model is conditioned on.
        batch: images at once.
    """
    device = next(model.parameters()).device
    by_block = []
    with ImageFile(path) as file:
        for block in file.batches(batch, model.columns):
            tensors = {name: torch.from_numpy(values).to(device) for name, values in block.items()}
            nats = -model.log_prob(tensors.pop("images"), **tensors)
            by_block.append(nats.double().cpu().numpy())
    return np.concatenate(by_block)


def likelihood_rows(values: pd.DataFrame) -> pd.DataFrame:
    """Mean -log p of each model and split.

    The columns are those of `darkpixel.models.vqvae.codes.code_statistics`.

    Args:
        values: rows of `model`, `seed`, `split`, `image`, `nats`.

    Returns:
        Quantities `minus_log_p_{split}`, nats per map; `error` is the standard error over maps of
        one seed (root mean square over seeds), or that of the mean over seeds if it is larger.
    """
    rows = []
    for (model, split), maps in values.groupby(["model", "split"], sort=False):
        seeds = [of_seed["nats"].to_numpy() for _, of_seed in maps.groupby("seed")]
        means = np.array([nats.mean() for nats in seeds])
        mean = over_seeds(means, [standard_error(nats) for nats in seeds])
        error = mean["error"]
        if len(seeds) > 1:
            error = max(error, standard_error(means))
        rows.append((model, f"minus_log_p_{split}", "nats per map", mean["value"], error))
    return pd.DataFrame(rows, columns=["model", "quantity", "unit", "value", "error"])
