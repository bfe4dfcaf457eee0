"""How models, data sets and observables are called in tables and figures."""

import math
import re
from collections.abc import Iterable

MONTE_CARLO = "monte_carlo"
QUANTISED = "quantised_"
RECONSTRUCTED = "reconstructed_"
DERIVED = (QUANTISED, RECONSTRUCTED)
"""How the names of test images begin that a model has rounded or given back."""
AGAINST = " against "
"""Between the two labels that a classifier tells apart."""
_SNAPSHOT = re.compile(r"(.+)-epoch(\d+)")

# In the order of the papers' tables.
MODELS = {
    "lagan": "LAGAN",
    "pixelcnnpp": "PixelCNN++",
    "sarm1_dc": "SARM-1 (D+C)",
    "sarm2_dc": "SARM-2 (D+C)",
    "sarm1_dd": "SARM-1 (D+D)",
    "sarm2_dd": "SARM-2 (D+D)",
    "vqvae": "VQ-VAE",
    "vqvae_pixelcnn": "VQ-VAE + PixelCNN",
}
VARIANTS = {
    "256": "256 vectors",
    "reference_code": "reference code",
    "blind_spot": "blind spot",
    "species": "by species",
}
REFERENCES = {"lartpc": "test images"}  # of others "Monte Carlo", whoever made it
DATASETS = {"jets": "jet", "muons": "muon", "lartpc": "LArTPC"}
COMPACT_SIMULATOR = "compact simulator, not Geant4"
# PDG numbering scheme, in the order of the LArTPC paper.
SPECIES = {11: "e-", 22: "gamma", 13: "mu-", 211: "pi+", 2212: "p"}
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
}


def base_model(model: str) -> str | None:
    """The model that `model` is or is a variant of: sarm2_dd_sums -> sarm2_dd; None: unknown.

    A snapshot belongs to its model.
    """
    snapshot = _SNAPSHOT.fullmatch(model)
    model = model if snapshot is None else snapshot[1]
    matches = [base for base in MODELS if model == base or model.startswith(base + "_")]
    return max(matches, key=len) if matches else None


def snapshot_epoch(model: str) -> int | None:
    """100 for `vqvae_pixelcnn-epoch100`; None for what is no snapshot."""
    snapshot = _SNAPSHOT.fullmatch(model)
    return None if snapshot is None else int(snapshot[2])


def display_name(model: str, dataset: str = "jets") -> str:
    """The name that tables and legends show.

    A variant keeps its model's name and adds its own: sarm2_dd_sums is "SARM-2 (D+D), sums".
    `vqvae_pixelcnn-epoch100` is a snapshot, "VQ-VAE + PixelCNN, epoch 100". A name that is not
    known is shown as it is, underscores as blanks.
    """
    if model == MONTE_CARLO:
        return REFERENCES.get(dataset, "Monte Carlo")
    snapshot = _SNAPSHOT.fullmatch(model)
    if snapshot:
        return f"{display_name(snapshot[1], dataset)}, epoch {snapshot[2]}"
    if model.startswith(RECONSTRUCTED):
        return "reconstructed by " + display_name(model.removeprefix(RECONSTRUCTED), dataset)
    if model.startswith(QUANTISED):
        return f"quantised {display_name(MONTE_CARLO, dataset)}, grid of " + display_name(
            model.removeprefix(QUANTISED), dataset
        )
    base = base_model(model)
    if base is None:
        return model.replace("_", " ")
    variant = model.removeprefix(base).lstrip("_")
    variant = VARIANTS.get(variant, variant.replace("_", " "))
    return f"{MODELS[base]}, {variant}" if variant else MODELS[base]


def ordered(models: Iterable[str]) -> list[str]:
    """Each name once, in the papers' order: Monte Carlo, models, variants after their model.

    Monte Carlo quantised with a model's grid, or reconstructed by it, follows that model, and
    the snapshots of a model precede it by epoch; unknown names come last.
    """
    bases = list(MODELS)

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


def plain(text: str) -> str:
    """`text` without mathematical markup, for tables: $p_T$ -> pT."""
    return re.sub(r"[$_\\{}]", "", text)
