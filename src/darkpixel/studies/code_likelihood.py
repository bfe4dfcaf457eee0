"""-log p of images or code maps under a model that has one, map by map."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from darkpixel.formats.image_file import ImageFile


@torch.inference_mode()
def negative_log_likelihoods(model: Any, path: str | Path, *, batch: int = 256) -> NDArray[Any]:
    """-log p of everything in a file, nats, (N,).

    Args:
        model: in evaluation mode, with `log_prob(images, **columns) -> (B,)`.
        path: image or code file with the columns that the model is conditioned on.
        batch: images at once.
    """
    device = next(model.parameters()).device
    found = []
    with ImageFile(path) as file:
        for block in file.batches(batch, model.columns):
            tensors = {name: torch.from_numpy(values).to(device) for name, values in block.items()}
            found.append(-model.log_prob(tensors.pop("images"), **tensors).double().cpu().numpy())
    return np.concatenate(found)


def likelihood_rows(values: pd.DataFrame) -> pd.DataFrame:
    """Mean -log p of each model and split, in the columns of `darkpixel.models.vqvae.codes.code_statistics`.

    Args:
        values: rows of `model`, `seed`, `split`, `image`, `nats`.

    Returns:
        Quantities `minus_log_p_{split}`, nats per map; `error` is the standard error over maps of
        one seed (root mean square over seeds), or that of the mean over seeds if it is larger.
    """
    rows = []
    for (model, split), own in values.groupby(["model", "split"], sort=False):
        seeds = [nats["nats"].to_numpy() for _, nats in own.groupby("seed")]
        means = np.array([nats.mean() for nats in seeds])
        errors = np.array([nats.std(ddof=1) / len(nats) ** 0.5 for nats in seeds])
        error = float(np.sqrt(np.mean(errors**2)))
        if len(seeds) > 1:
            error = max(error, float(means.std(ddof=1)) / len(seeds) ** 0.5)
        rows.append((model, f"minus_log_p_{split}", "nats per map", float(means.mean()), error))
    return pd.DataFrame(rows, columns=["model", "quantity", "unit", "value", "error"])
