"""How models, data sets and observables are called in tables and figures."""

import re
from collections.abc import Iterable

MONTE_CARLO = "monte_carlo"
QUANTISED = "quantised_"

# In the order of the papers' tables.
MODELS = {
    "lagan": "LAGAN",
    "pixelcnnpp": "PixelCNN++",
    "sarm1_dc": "SARM-1 (D+C)",
    "sarm2_dc": "SARM-2 (D+C)",
    "sarm1_dd": "SARM-1 (D+D)",
    "sarm2_dd": "SARM-2 (D+D)",
    "vqvae_pixelcnn": "VQ-VAE + PixelCNN",
}
GENERATORS = {"jets": "Pythia", "muons": "Monte Carlo"}
DATASETS = {"jets": "jet", "muons": "muon", "lartpc": "LArTPC"}
OBSERVABLES = {
    "pt": "$p_T$",
    "mass": "mass",
    "zero_fraction": "zero pixels",
    "nonzero": "non-zero pixels",
    "maximum": "largest pixel",
    "girth": "girth",
}
UNITS = {"pt": "GeV", "mass": "GeV", "maximum": "GeV", "nonzero": "", "girth": ""}


def base_model(model: str) -> str | None:
    """The model that `model` is or is a variant of: sarm2_dd_sums -> sarm2_dd; None: unknown."""
    matches = [base for base in MODELS if model == base or model.startswith(base + "_")]
    return max(matches, key=len) if matches else None


def display_name(model: str, dataset: str = "jets") -> str:
    """The name that tables and legends show.

    A variant keeps its model's name and adds its own: sarm2_dd_sums is "SARM-2 (D+D), sums".
    A name that is not known is shown as it is, underscores as blanks.
    """
    if model == MONTE_CARLO:
        return GENERATORS.get(dataset, "Monte Carlo")
    if model.startswith(QUANTISED):
        return f"quantised {display_name(MONTE_CARLO, dataset)}, grid of " + display_name(
            model.removeprefix(QUANTISED), dataset
        )
    base = base_model(model)
    if base is None:
        return model.replace("_", " ")
    variant = model.removeprefix(base).lstrip("_").replace("_", " ")
    return f"{MODELS[base]}, {variant}" if variant else MODELS[base]


def ordered(models: Iterable[str]) -> list[str]:
    """Each name once, in the papers' order: Monte Carlo, models, variants after their model.

    Monte Carlo quantised with a model's grid follows that model; unknown names come last.
    """
    bases = list(MODELS)

    def rank(model: str) -> tuple[int, str, int]:
        if model == MONTE_CARLO:
            return (-1, "", 0)
        quantised = model.startswith(QUANTISED)
        generator = model.removeprefix(QUANTISED)
        base = base_model(generator)
        position = len(bases) if base is None else bases.index(base)
        return (position, generator, int(quantised))

    return sorted(set(models), key=rank)


def plain(text: str) -> str:
    """`text` without mathematical markup, for tables: $p_T$ -> pT."""
    return re.sub(r"[$_\\{}]", "", text)
