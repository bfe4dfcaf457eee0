"""Display names of models, data sets and observables, and the order in which they are shown."""

import os
import re
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from darkpixel.config.names import JETS, LARTPC, MONTE_CARLO, MUONS, OWN_IMAGES
from darkpixel.formats.image_format import BACKGROUND, SHOWER, TRACK
from darkpixel.metrics.names import (
    generator_of,
    is_quantised,
    is_reconstructed,
    is_selected,
    snapshot_epoch,
    trained,
)
from darkpixel.metrics.order import base_model

Words = TypeVar("Words")

MODELS = {
    "lagan": "LAGAN",
    "pixelcnnpp": "PixelCNN++",
    "sarm1_dc": "SARM-1 (D+C)",
    "sarm2_dc": "SARM-2 (D+C)",
    "sarm1_dd": "SARM-1 (D+D)",
    "sarm2_dd": "SARM-2 (D+D)",
    "vqvae": "VQ-VAE",
    "vqvae_pixelcnn": "VQ-VAE + PixelCNN",
    "sparse_transformer": "sparse transformer",
}


VARIANTS = {
    "256": "256 vectors",
    "reference_code": "reference code",
    "blind_spot": "blind spot",
    "species": "by species",
    "conditional": "conditional",
}


REFERENCES = {LARTPC: "test images"}  # of others "Monte Carlo", or "reference" of own files


DATASETS = {JETS: "jet", MUONS: "muon", LARTPC: "LArTPC"}


PIXEL_LABELS = {BACKGROUND: "background", SHOWER: "shower", TRACK: "track"}
COMPACT_SIMULATOR = "compact simulator, not Geant4"
LARTPC_ORIGINS = {
    "simulate": COMPACT_SIMULATOR,
    "download": "Geant4, public data",
    "file": "own images",
}
"""What liquid-argon images are said to come from, by the data set's `source`."""


SPECIES_SYMBOLS = {"e-": "e⁻", "gamma": "γ", "mu-": "µ⁻", "pi+": "π⁺", "p": "p"}


OBSERVABLES = {
    "pt": "$p_T$",
    "mass": "mass",
    "zero_fraction": "zero pixels",
    "nonzero": "non-zero pixels",
    "maximum": "largest pixel",
    "girth": "girth",
    "pixels": "pixels above threshold",
    "charge": "charge",
    "shower_pixels": "shower pixels",
    "track_pixels": "track pixels",
    "shower_charge": "shower charge",
    "track_charge": "track charge",
    "track_length": "track length",
    "track_width": "track width",
    "low_confidence_shower": "low-confidence shower pixels",
    "low_confidence_share": "low-confidence share of shower pixels",
    "shower_score": "shower score",
    "track_score": "track score",
    "length": "length",
    "charge_per_length": "charge per length",
    "axis_ratio": "axis ratio",
    "bend": "bend",
    "end_asymmetry": "end asymmetry",
    "opening_angle": "opening angle",
    "pieces": "pieces",
    "isolated_pixels": "isolated pixels",
    "isolated_charge": "isolated charge",
    "centroid_row": "centroid, row",
    "centroid_column": "centroid, column",
}


UNITS = {
    "pt": "GeV",
    "mass": "GeV",
    "maximum": "GeV",
    "nonzero": "",
    "girth": "",
    "pixels": "",
    "charge": "MeV",
    "shower_pixels": "",
    "track_pixels": "",
    "shower_charge": "MeV",
    "track_charge": "MeV",
    "track_length": "cm",
    "track_width": "cm",
    "low_confidence_shower": "",
    "low_confidence_share": "",
    "shower_score": "",
    "track_score": "",
    "length": "cm",
    "charge_per_length": "MeV/cm",
    "axis_ratio": "",
    "bend": "°",
    "end_asymmetry": "",
    "opening_angle": "°",
    "pieces": "",
    "isolated_pixels": "",
    "isolated_charge": "MeV",
    "centroid_row": "cm",
    "centroid_column": "cm",
}


def display_name(model: str, dataset: str = JETS) -> str:
    """The name that tables and legends show.

    A variant keeps its model's name and adds its own: sarm2_dd_sums is "SARM-2 (D+D), sums".
    `vqvae_pixelcnn-epoch100` is a snapshot, "VQ-VAE + PixelCNN, epoch 100", and what ends in
    `_selected` says so. A name that is not
    known is shown as it is, underscores as blanks.

    Example:
        >>> display_name("sarm2_dd_sums"), display_name("vqvae_pixelcnn-epoch100")
        ('SARM-2 (D+D), sums', 'VQ-VAE + PixelCNN, epoch 100')
    """
    if model == MONTE_CARLO:
        return reference_name(dataset)
    epoch = snapshot_epoch(model)
    if epoch is not None:
        return f"{display_name(model.removesuffix(f'-epoch{epoch}'), dataset)}, epoch {epoch}"
    if is_selected(model):
        return f"{display_name(trained(model), dataset)}, selected on pT and mass"
    if is_reconstructed(model):
        return f"reconstructed by {display_name(generator_of(model), dataset)}"
    if is_quantised(model):
        grid = display_name(generator_of(model), dataset)
        return f"quantised {display_name(MONTE_CARLO, dataset)}, grid of {grid}"
    base = base_model(model)
    if base is None:
        return model.replace("_", " ")
    variant = model.removeprefix(base).lstrip("_")
    variant = VARIANTS.get(variant, variant.replace("_", " "))
    return f"{MODELS[base]}, {variant}" if variant else MODELS[base]


def reference_name(dataset: str) -> str:
    """What images are called that generated ones are compared with.

    Whether a user's own files are a simulation, nobody but the user knows.
    """
    return REFERENCES.get(dataset, "reference" if is_own(dataset) else "Monte Carlo")


class Compared(NamedTuple):
    """What the notes of a table call the images that generated ones are compared with."""

    kind: str
    """Before a noun: "Monte Carlo" test images."""
    images: str
    """By itself: "Monte Carlo" must be at the floor."""


def compared_with(datasets: Iterable[str]) -> Compared:
    """Of all data sets of a table; where they differ, both."""
    return by_origin(
        datasets,
        simulated=Compared("Monte Carlo", "Monte Carlo"),
        own=Compared("reference", "reference images"),
        both=Compared("Monte Carlo or reference", "Monte Carlo or reference images"),
    )


def by_origin(datasets: Iterable[str], *, simulated: Words, own: Words, both: Words) -> Words:
    """The words for data sets that are simulated, a user's own, or some of both."""
    found = {is_own(dataset) for dataset in datasets}
    if found == {True, False}:
        return both
    return own if found == {True} else simulated


def simulated_name(dataset: str) -> str:
    """What a single image is called that stands beside generated ones."""
    return "reference" if is_own(dataset) else "simulated"


def is_own(dataset: str) -> bool:
    """Whether the images of the run's data set are a user's own files."""
    return dataset in os.environ.get(OWN_IMAGES, "").split()


def plain(text: str) -> str:
    """`text` without mathematical markup, for tables: $p_T$ -> pT."""
    return re.sub(r"[$_\\{}]", "", text)
