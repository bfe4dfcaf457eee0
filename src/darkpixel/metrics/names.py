"""Names of the sources of images in rows and paths, and their order: Monte Carlo and models.

A source is Monte Carlo; a model or a variant of one; a model's snapshot; or *derived*: Monte Carlo
test images that a model has rounded to its grid (`quantised`) or passed through its autoencoder
(`reconstructed`).
"""

import math
import re
from collections.abc import Iterable

from darkpixel.config.names import MONTE_CARLO as MONTE_CARLO
from darkpixel.config.names import QUANTISED, RECONSTRUCTED

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
    "sparse_transformer",
)
"""In the order of the papers' tables; ours last."""
_SNAPSHOT = re.compile(r"(.+)-epoch(\d+)")


def quantised(model: str) -> str:
    """The source of test images rounded to the grid of a model."""
    return QUANTISED + model


def reconstructed(autoencoder: str) -> str:
    """The source of test images passed through an autoencoder."""
    return RECONSTRUCTED + autoencoder


def is_quantised(source: str) -> bool:
    """Whether images are test images rounded to a model's grid."""
    return source.startswith(QUANTISED)


def is_reconstructed(source: str) -> bool:
    """Whether images are test images passed through an autoencoder."""
    return source.startswith(RECONSTRUCTED)


def is_derived(source: str) -> bool:
    """Whether images are test images that a model has rounded or reconstructed."""
    return is_quantised(source) or is_reconstructed(source)


def generator_of(source: str) -> str:
    """The model that rounds or reconstructs; `source` itself where it is not derived."""
    return source.removeprefix(QUANTISED).removeprefix(RECONSTRUCTED)


def snapshot(model: str, epoch: int) -> str:
    """The source of images of a model as it was after an epoch."""
    return f"{model}-epoch{epoch}"


def snapshot_epoch(model: str) -> int | None:
    """100 for `vqvae_pixelcnn-epoch100`; None for what is no snapshot."""
    match = _SNAPSHOT.fullmatch(model)
    return None if match is None else int(match[2])


def base_model(model: str) -> str | None:
    """The model that `model` is or is a variant of: sarm2_dd_sums -> sarm2_dd; None: unknown.

    A snapshot belongs to its model.
    """
    match = _SNAPSHOT.fullmatch(model)
    model = model if match is None else match[1]
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
        generator = generator_of(model)
        epoch = snapshot_epoch(generator)
        generator = generator.removesuffix(f"-epoch{epoch}")
        base = base_model(generator)
        position = len(bases) if base is None else bases.index(base)
        return (position, generator, int(is_derived(model)), math.inf if epoch is None else epoch)

    return sorted(set(models), key=rank)
