"""What a row's source is called: models, their snapshots and variants, Monte Carlo, species."""

import math
import re
from collections.abc import Iterable

from darkpixel.config.names import MONTE_CARLO as MONTE_CARLO
from darkpixel.config.names import QUANTISED as QUANTISED
from darkpixel.config.names import RECONSTRUCTED as RECONSTRUCTED

DERIVED = (QUANTISED, RECONSTRUCTED)
"""How the names of test images begin that a model has rounded or given back."""
AGAINST = " against "
"""Between the two labels that a classifier tells apart."""
MODEL_ORDER = (
    "lagan",
    "pixelcnnpp",
    "sarm1_dc",
    "sarm2_dc",
    "sarm1_dd",
    "sarm2_dd",
    "vqvae",
    "vqvae_pixelcnn",
)
"""In the order of the papers' tables."""
_SNAPSHOT = re.compile(r"(.+)-epoch(\d+)")

# PDG numbering scheme, in the order of the LArTPC paper.
SPECIES = {11: "e-", 22: "gamma", 13: "mu-", 211: "pi+", 2212: "p"}


def snapshot_epoch(model: str) -> int | None:
    """100 for `vqvae_pixelcnn-epoch100`; None for what is no snapshot."""
    snapshot = _SNAPSHOT.fullmatch(model)
    return None if snapshot is None else int(snapshot[2])


def base_model(model: str) -> str | None:
    """The model that `model` is or is a variant of: sarm2_dd_sums -> sarm2_dd; None: unknown.

    A snapshot belongs to its model.
    """
    snapshot = _SNAPSHOT.fullmatch(model)
    model = model if snapshot is None else snapshot[1]
    matches = [base for base in MODEL_ORDER if model == base or model.startswith(base + "_")]
    return max(matches, key=len) if matches else None


def ordered(models: Iterable[str]) -> list[str]:
    """Each name once, in the papers' order: Monte Carlo, models, variants after their model.

    Monte Carlo quantised with a model's grid, or reconstructed by it, follows that model, and
    the snapshots of a model precede it by epoch; unknown names come last.
    """
    bases = list(MODEL_ORDER)

    def rank(model: str) -> tuple[int, str, int, float]:
        if model == MONTE_CARLO:
            return (-1, "", 0, 0.0)
        derived = model.startswith((QUANTISED, RECONSTRUCTED))
        generator = model.removeprefix(QUANTISED).removeprefix(RECONSTRUCTED)
        epoch = snapshot_epoch(generator)
        generator = generator.removesuffix(f"-epoch{epoch}")
        base = base_model(generator)
        position = len(bases) if base is None else bases.index(base)
        return (position, generator, int(derived), math.inf if epoch is None else epoch)

    return sorted(set(models), key=rank)
