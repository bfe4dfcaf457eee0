"""Distributions of what needs no segmentation network: main clusters, ends, pieces, centroids."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from darkpixel.config.names import LARTPC, MONTE_CARLO
from darkpixel.figures.lartpc.curves import TALLEST, drawn_models
from darkpixel.figures.ratio import density, draw_with_ratio, mark_overflow
from darkpixel.figures.style import legend_of_all_axes, look, save
from darkpixel.formats.species import SPECIES
from darkpixel.metrics.lartpc_shapes import SHAPE_OBSERVABLES, SHORTEST
from darkpixel.metrics.names import is_reconstructed
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import OBSERVABLES, SPECIES_SYMBOLS, UNITS, display_name

Array = npt.NDArray[np.float64]
BY_SPECIES = ("length", "charge_per_length", "end_asymmetry", "isolated_pixels")
COUNTED = {"pieces": "piece", "isolated_pixels": "pixel"}
SIGNED = ("centroid_row", "centroid_column")
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
    observables: pd.DataFrame, stem: str | Path, *, models: Sequence[str], bins: int = 30
) -> None:
    """Every observable of all images, with ratios to the test images.

    Shares are of all images: those that do not have the observable lie outside the histogram, and
    their share is written into the panel. The marked bins at the ends hold all values beyond.

    Args:
        observables: `darkpixel.metrics.lartpc_shapes.shape_observables`. The seeds of a model are
            drawn together.
        models: of which `drawn_models` are drawn.
        bins: up to the 99% quantile of the test images, widened by a tenth.
    """
    chosen = observables[observables["model"].isin([MONTE_CARLO, *drawn_models(models)])]
    _panels([(chosen, name, "") for name in SHAPE_OBSERVABLES], stem, bins, columns=4)


def shapes_by_species(
    observables: pd.DataFrame, stem: str | Path, *, models: Sequence[str], bins: int = 30
) -> None:
    """`BY_SPECIES` of the images of each species, a row each; of the models that are told it.

    Args:
        observables, bins: as in `shape_distributions`.
        models: those whose images have a species are drawn, as `drawn_models` chooses.
    """
    known = set(observables.loc[observables["species"] != 0, "model"])
    shown = [MONTE_CARLO, *drawn_models([model for model in models if model in known])]
    chosen = observables[observables["model"].isin(shown)]
    panels = []
    for code, species in SPECIES.items():
        of_species = chosen[chosen["species"] == code]
        if MONTE_CARLO in set(of_species["model"]):
            panels += [(of_species, name, SPECIES_SYMBOLS[species]) for name in BY_SPECIES]
    _panels(panels, stem, bins, columns=len(BY_SPECIES))


def _panels(
    panels: Sequence[tuple[pd.DataFrame, str, str]], stem: str | Path, bins: int, columns: int
) -> None:
    """(observables, name of one, title of the row); the legend above all."""
    rows = max(1, -(-len(panels) // columns))
    with look():
        tall = 3.0 * rows + 0.55
        wide = 3.2 * columns
        figure = Figure(figsize=(wide, tall))
        grid = figure.add_gridspec(
            rows, columns, left=0.65 / wide, right=1 - 0.1 / wide, top=1 - 0.5 / tall,
            bottom=0.5 / tall, hspace=0.28, wspace=0.3,
        )  # fmt: skip
        for number, (observables, name, title) in enumerate(panels):
            row, column = divmod(number, columns)
            axes = _distribution(figure, grid[row, column], observables, name, bins, column == 0)
            if column == 0 and title:
                axes.set_title(title, loc="left", fontweight="bold")
        legend_of_all_axes(figure, loc="upper right")
        save(figure, stem)


def _distribution(
    figure: Figure,
    place: SubplotSpec,
    observables: pd.DataFrame,
    name: str,
    bins: int,
    first_column: bool,
) -> Axes:
    inner = place.subgridspec(2, 1, height_ratios=[3, 1], hspace=0.06)
    main, ratio = (figure.add_subplot(inner[part, 0]) for part in (0, 1))
    values = {
        model: observables.loc[observables["model"] == model, name].to_numpy(np.float64)
        for model in ordered(observables["model"])
    }
    reference = values[MONTE_CARLO]
    edges = _edges(reference[np.isfinite(reference)], name, bins)
    outside = edges[0] - 1  # but within the normalisation
    histograms = {
        model: density(np.where(np.isfinite(some), np.clip(some, *edges[[0, -1]]), outside), edges)
        for model, some in values.items()
    }
    draw_with_ratio(main, ratio, edges, histograms, dataset=LARTPC, ratio_range=(0.0, 2.0))
    mark_overflow(main, edges, above=True, below=name in SIGNED)
    highest = float(histograms[MONTE_CARLO].heights.max()) or 1.0
    top = max(float((h.heights + h.errors).max()) for h in histograms.values())
    lines = _without(values, name)
    room = 1.1 + 0.09 * len(lines)
    main.set_ylim(0, room * (min(top, TALLEST * highest) or 1.0))
    main.text(0.9, 0.96, "\n".join(lines), transform=main.transAxes, ha="right", va="top",
              fontsize=6.5)  # fmt: skip
    unit = UNITS[name]
    ratio.set_xlabel(OBSERVABLES[name] + (f" [{unit}]" if unit else ""))
    if name in COUNTED or unit:
        main.set_ylabel(f"share of images / {unit or COUNTED[name]}")
    else:
        main.set_ylabel("density of images")
    if first_column:
        ratio.set_ylabel("ratio to\ntest", fontsize=8)
    return main


def _without(values: dict[str, Array], name: str) -> list[str]:
    """Shares of the images that do not have the observable, by model; none where all have it."""
    shares = {model: float(np.isnan(some).mean()) for model, some in values.items()}
    if not any(shares.values()):
        return []
    return [
        f"{WITHOUT[name]}:",
        *(f"{100 * share:.1f}% {_short(model)}" for model, share in shares.items()),
    ]


def _short(model: str) -> str:
    """A name that fits into a panel."""
    if is_reconstructed(model):
        return "reconstructed"
    return display_name(model, LARTPC).replace("VQ-VAE + PixelCNN", "PixelCNN")


def _edges(reference: Array, name: str, bins: int) -> Array:
    """Edges (bins + 1,), with a bin for what lies beyond at the end, and at the start if signed."""
    low, high = np.quantile(reference, [0.01, 0.99]) if reference.size else (0.0, 1.0)
    if name in COUNTED:
        width = max(1.0, np.ceil(1.1 * high / (bins - 1)))
        needed = int(np.ceil((high + 1) / width)) + 1
        whole: Array = width * np.arange(min(bins, needed) + 1) - 0.5
        return whole
    margin = 0.1 * (high - low) or 0.5
    start, end = (low - margin if name in SIGNED else 0.0), high + margin
    inner = np.linspace(start, end, bins - int(name in SIGNED))
    width = inner[1] - inner[0]
    below = [start - width] if name in SIGNED else []
    return np.concatenate([below, inner, [end + width]])
