"""Codes of the VQ-VAE, as tables: what they lose, how many bits they take, how they are used."""

from pathlib import Path

import pandas as pd

from darkpixel.metrics.order import ordered
from darkpixel.tables.layout import document, measured, write_table
from darkpixel.tables.names import SPECIES_SYMBOLS, display_name

DATASET = "lartpc"


def reconstruction_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Reconstruction error and size of images and codes, a column a species.

    Args:
        rows: `darkpixel.metrics.compression.compression_rows` of one or more models.
    """
    species = list(dict.fromkeys(rows["species"]))
    header = ["quantity", "model", *(SPECIES_SYMBOLS.get(name, name) for name in species)]
    body = []
    for (quantity, unit), same in rows.groupby(["quantity", "unit"], sort=False):
        for model in ordered(same["model"]):
            of_model = same[same["model"] == model].set_index("species")
            cells = [
                measured(*of_model.loc[name, ["value", "error"]]) if name in of_model.index else "–"
                for name in species
            ]
            text = quantity.replace("_", " ") + (f", {unit}" if unit else "")
            body.append([text, display_name(model, DATASET), *cells])
    note = (
        "Means over images ± standard error. Charge error and bias: |Q' - Q| / Q and "
        "(Q' - Q) / Q of an image's whole charge. Missed: pixels above threshold that the "
        "reconstruction lacks; false: those that only it has. Sizes: one image or map, "
        "compressed by itself; with the prior: an ideal coder that uses the PixelCNN."
    )
    write_table(rows, stem, document("Reconstruction and compression", header, body, note))


def codebook_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Use of the codebook, entropies of independent codes, and the PixelCNN's -log p.

    Args:
        rows: `darkpixel.models.vqvae.codes.code_statistics` of each VQ-VAE, and rows of the same
            columns for each PixelCNN's -log p; a column of the table a model.
    """
    models = list(dict.fromkeys(rows["model"]))
    header = ["quantity", *(display_name(model, DATASET) for model in models)]
    body = []
    for (quantity, unit), same in rows.groupby(["quantity", "unit"], sort=False):
        by_model = same.set_index("model")[["value", "error"]]
        cells = [measured(*by_model.loc[m]) if m in by_model.index else "–" for m in models]
        body.append([quantity.replace("_", " ") + (f", {unit}" if unit else ""), *cells])
    note = (
        "Most cells of a code map are empty and share few codes, so the perplexity over all cells "
        "is small by nature; that of charged cells tells how the codebook is used. A PixelCNN "
        "below the entropy of independent codes has learnt how they depend on each other. By "
        "species: -log p given the species, which alone is worth at most ln 5 = 1.6 nats."
    )
    write_table(rows, stem, document("Use of the codebook", header, body, note))
