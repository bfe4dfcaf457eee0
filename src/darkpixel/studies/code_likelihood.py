"""-log p of code maps under their priors, map by map, and what a cell of a map sees."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.uncertainty import over_seeds, standard_error
from darkpixel.models.folder import load_model
from darkpixel.models.vqvae_pixelcnn.gated_pixelcnn import receptive_field

Priors = Sequence[tuple[str, str, int, str]]
"""Model, its autoencoder, seed and folder of each."""
EVALUATED = ("validation", "test")


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


def prior_likelihoods(
    priors: Priors, codes: Mapping[str, str], device: torch.device
) -> pd.DataFrame:
    """-log p of every validation and test map under each prior.

    Args:
        codes: autoencoder to the folder of its code maps.
        device: where.

    Returns:
        Rows of `model`, `seed`, `split`, `image`, `nats`.
    """
    found = []
    for model, autoencoder, seed, folder in priors:
        prior = load_model(folder, device=device)
        for split in EVALUATED:
            nats = negative_log_likelihoods(prior, f"{codes[autoencoder]}/{split}.h5")
            about = {"model": model, "seed": seed, "split": split, "image": range(len(nats))}
            found.append(pd.DataFrame({**about, "nats": nats}))
    return pd.concat(found, ignore_index=True)


def receptive_fields(priors: Priors) -> pd.DataFrame:
    """What the middle cell of a map sees, by each prior of the first seed: the blind spot, if any.

    Returns:
        Rows of `row`, `column`, `seen`, `model`, `cell_row`, `cell_column`.
    """
    fields = []
    for model, _, seed, folder in priors:
        if seed != priors[0][2]:
            continue
        prior: Any = load_model(folder)
        rows, columns = prior.input_size
        cell = rows // 2, columns // 2
        random = torch.Generator().manual_seed(seed)
        maps = torch.randint(prior.prior.options.codes, (4, rows, columns), generator=random)
        seen = receptive_field(prior.prior, maps, cell)
        at = pd.MultiIndex.from_product([range(rows), range(columns)], names=["row", "column"])
        field = pd.DataFrame({"seen": seen.flatten().tolist()}, index=at).reset_index()
        fields.append(field.assign(model=model, cell_row=cell[0], cell_column=cell[1]))
    return pd.concat(fields, ignore_index=True)
