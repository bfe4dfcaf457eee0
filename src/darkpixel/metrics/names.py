"""Names of the sources of images in rows and paths: Monte Carlo and models.

A source is Monte Carlo; a model or a variant of one; a model's snapshot; a model whose images are
redrawn until their pT and mass fit (`selected`); or *derived*: Monte Carlo test images that a model
has rounded to its grid (`quantised`) or passed through its autoencoder (`reconstructed`).
"""

import re

from darkpixel.config.names import QUANTISED, RECONSTRUCTED, SELECTED

AGAINST = " against "
"""Between the two labels that a classifier tells apart."""
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


def selected(model: str) -> str:
    """The source of images of a model that are selected on pT and mass."""
    return model + SELECTED


def is_selected(source: str) -> bool:
    """Whether images are redrawn until their pT and mass fit."""
    return source.endswith(SELECTED)


def trained(source: str) -> str:
    """The model that draws the images of a source, selected or not."""
    return source.removesuffix(SELECTED)


def snapshot(model: str, epoch: int) -> str:
    """The source of images of a model as it was after an epoch."""
    return f"{model}-epoch{epoch}"


def snapshot_epoch(model: str) -> int | None:
    """100 for `vqvae_pixelcnn-epoch100`; None for what is no snapshot."""
    match = _SNAPSHOT.fullmatch(model)
    return None if match is None else int(match[2])
