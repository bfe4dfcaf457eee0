"""The papers' order of models, in which rows and tables list them."""

import math
from collections.abc import Iterable

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.names import (
    generator_of,
    is_derived,
    is_selected,
    snapshot_epoch,
    trained,
)

MODEL_ORDER = (
    "lagan",
    "pixelcnnpp",
    "sarm1_dc",
    "sarm2_dc",
    "sarm1_dd",
    "sarm2_dd",
    "vqvae",
    "vqvae_pixelcnn",
    "sparse_transformer",
)
"""In the order of the papers' tables; ours last."""


def base_model(model: str) -> str | None:
    """The model that `model` is or is a variant of: sarm2_dd_sums -> sarm2_dd; None: unknown.

    A snapshot belongs to its model.
    """
    epoch = snapshot_epoch(model)
    model = model.removesuffix(f"-epoch{epoch}")
    matches = [base for base in MODEL_ORDER if model == base or model.startswith(base + "_")]
    return max(matches, key=len) if matches else None


def ordered(models: Iterable[str]) -> list[str]:
    """Each name once, in the papers' order: Monte Carlo, models, variants after their model.

    Monte Carlo quantised with a model's grid, or reconstructed by it, follows that model, and
    then its selected images; the snapshots of a model precede it by epoch; unknown names come last.
    """
    bases = list(MODEL_ORDER)

    def rank(model: str) -> tuple[int, str, int, int, float]:
        if model == MONTE_CARLO:
            return (-1, "", 0, 0, 0.0)
        generator = generator_of(model)
        epoch = snapshot_epoch(generator)
        generator = generator.removesuffix(f"-epoch{epoch}")
        base = base_model(generator)
        position = len(bases) if base is None else bases.index(base)
        last = math.inf if epoch is None else epoch
        return (position, trained(generator), is_selected(model), is_derived(model), last)

    return sorted(set(models), key=rank)
