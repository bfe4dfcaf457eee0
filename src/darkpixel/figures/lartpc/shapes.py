"""Distributions of what needs no segmentation network: main clusters, ends, pieces, centroids."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.config.names import LARTPC, MONTE_CARLO
from darkpixel.figures.axis import axis_of
from darkpixel.figures.curves import in_groups
from darkpixel.figures.lartpc.without import panel_of
from darkpixel.figures.panels import Panel, panel_blocks
from darkpixel.figures.style import look, save
from darkpixel.formats.species import SPECIES
from darkpixel.metrics.lartpc_shapes import SHAPE_OBSERVABLES, SHORTEST
from darkpixel.tables.names import SPECIES_SYMBOLS

BY_SPECIES = ("length", "charge_per_length", "end_asymmetry", "isolated_pixels")
COUNTED = ("pieces", "isolated_pixels")
WITHOUT = {
    "charge_per_length": f"shorter than {SHORTEST:g} cm",
    "bend": f"shorter than {SHORTEST:g} cm",
    "end_asymmetry": f"shorter than {SHORTEST:g} cm",
    "axis_ratio": "without length",
    "opening_angle": "without a second piece",
    "centroid_row": "blank",
    "centroid_column": "blank",
}
"""What images are that do not have the observable."""


def shape_distributions(
    observables: pd.DataFrame,
    stem: str | Path,
    *,
    models: Sequence[str],
    late: Collection[str] = (),
    bins: int = 30,
) -> None:
    """Every observable of all images, with ratios to the test images.

    Shares are of all images: those that do not have the observable are in no bin, and their share
    is written into the panel. The marked bins at the ends hold all values beyond. With more models
    than share a panel, each group of them has a block of panels of its own.

    Args:
        observables: `darkpixel.metrics.lartpc_shapes.shape_observables`. The seeds of a model are
            drawn together.
        models: that are drawn.
        late: those that had not converged (`darkpixel.metrics.convergence.late_models`).
        bins: up to the 99% quantile of the test images, widened by a tenth.
    """
    blocks = [
        [_panel(observables, name, group, bins) for name in SHAPE_OBSERVABLES]
        for group in in_groups(models)
    ]
    _save(blocks, stem, late)


def shapes_by_species(
    observables: pd.DataFrame,
    stem: str | Path,
    *,
    models: Sequence[str],
    late: Collection[str] = (),
    bins: int = 30,
) -> None:
    """`BY_SPECIES` of the images of each species, a row each; of the models that are told it.

    Args:
        observables, late, bins: as in `shape_distributions`.
        models: those whose images have a species are drawn.
    """
    known = set(observables.loc[observables["species"] != 0, "model"])
    blocks = []
    for group in in_groups(model for model in models if model in known):
        block = []
        for code, species in SPECIES.items():
            of_species = observables[observables["species"] == code]
            if MONTE_CARLO in set(of_species["model"]):
                title = SPECIES_SYMBOLS[species]
                block += [_panel(of_species, name, group, bins, title) for name in BY_SPECIES]
        blocks.append(block)
    _save(blocks, stem, late)


def _save(blocks: Sequence[Sequence[Panel]], stem: str | Path, late: Collection[str]) -> None:
    with look():
        figure = panel_blocks(
            blocks, columns=4, dataset=LARTPC, late=late, ylabel="share of images / bin",
            ratio_range=(0.0, 2.0), width=2.7,
        )  # fmt: skip
        save(figure, stem)


def _panel(
    observables: pd.DataFrame, name: str, models: Sequence[str], bins: int, title: str = ""
) -> Panel:
    """An observable of some models; the axis is that of all in the table."""
    values = {
        str(model): images[name].to_numpy(np.float64)
        for model, images in observables.groupby("model", sort=False)
    }
    axis = axis_of(
        values[MONTE_CARLO], values.values(), bins=bins, beyond=0.01, whole=name in COUNTED
    )
    shown = {model: values[model] for model in (MONTE_CARLO, *models) if model in values}
    return panel_of(axis, shown, name, title, str(WITHOUT.get(name)))
