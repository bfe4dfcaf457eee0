"""Distributions of liquid-argon observables, and correct masks against the authors' code."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from darkpixel.config.names import LARTPC, MONTE_CARLO
from darkpixel.figures.lartpc.curves import TALLEST, drawn_models
from darkpixel.figures.ratio import density, draw_with_ratio
from darkpixel.figures.style import legend_of_all_axes, look, save
from darkpixel.formats.species import SPECIES
from darkpixel.metrics.lartpc_rows import mean_and_error
from darkpixel.metrics.names import is_reconstructed
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import OBSERVABLES, SPECIES_SYMBOLS, UNITS, display_name

Array = npt.NDArray[np.float64]
SHOWN_BY_SPECIES = ("track_length", "shower_charge", "pixels")
SHOWN = ("track_length", "track_width", "shower_charge", "track_charge", "charge", "pixels")
# Observables of tracks or showers: of images that have any.
KINDS = {
    "track_length": "track",
    "track_width": "track",
    "track_charge": "track",
    "track_pixels": "track",
    "shower_charge": "shower",
    "shower_pixels": "shower",
}


def lartpc_distributions(
    observables: pd.DataFrame, stem: str | Path, *, models: Sequence[str], bins: int = 30
) -> None:
    """Track length and width, charges and numbers of pixels; ratios to the test images.

    Shares are of all images: those without a track (or shower) lie outside the histograms of
    tracks (or showers), and their share is written into the panel.

    Args:
        observables: `darkpixel.metrics.lartpc_observables.labelled_observables`. The seeds of a
            model are drawn together.
        models: of which `drawn_models` are drawn.
        bins: up to the 99.5% quantile of the test images, widened by a tenth.
    """
    chosen = observables[observables["model"].isin([MONTE_CARLO, *drawn_models(models)])]
    _panels([(chosen, name, "") for name in SHOWN], stem, bins)


def distributions_by_species(
    observables: pd.DataFrame, stem: str | Path, *, models: Sequence[str], bins: int = 30
) -> None:
    """Track length, shower charge and pixels of each species, generated and test images.

    Args:
        observables: as in `lartpc_distributions`.
        models: that are conditioned on the species; `drawn_models` of them are drawn.
    """
    models = drawn_models(models)
    chosen = observables[observables["model"].isin([MONTE_CARLO, *models])]
    panels = []
    for code, species in SPECIES.items():
        of_species = chosen[chosen["species"] == code]
        if set(of_species["model"]) == {MONTE_CARLO, *models}:
            panels += [(of_species, name, SPECIES_SYMBOLS[species]) for name in SHOWN_BY_SPECIES]
    _panels(panels, stem, bins)


def _panels(panels: Sequence[tuple[pd.DataFrame, str, str]], stem: str | Path, bins: int) -> None:
    """(observables, name of one, title of the row), three a row."""
    columns = 3
    rows = -(-len(panels) // columns)
    with look():
        tall = 3.3 * rows + 0.5
        figure = Figure(figsize=(3.5 * columns, tall))
        grid = figure.add_gridspec(
            rows, columns, left=0.065, right=0.99, top=1 - 0.42 / tall, bottom=0.5 / tall,
            hspace=0.24, wspace=0.26,
        )  # fmt: skip
        for number, (observables, name, title) in enumerate(panels):
            row, column = divmod(number, columns)
            axes = _distribution(figure, grid[row, column], observables, name, bins, column == 0)
            if column == 0 and title:
                axes.set_title(title, loc="left", fontweight="bold")
        legend_of_all_axes(figure, loc="upper right")
        save(figure, stem)


def reference_code_comparison(
    observables: pd.DataFrame,
    stem: str | Path,
    *,
    models: Sequence[str],
    receptive_fields: pd.DataFrame,
    bins: int = 30,
) -> None:
    """Does the blind spot make tracks short? Track length and labelled pixels, and what is seen.

    Args:
        observables: `darkpixel.metrics.lartpc_observables.labelled_observables` with `models`.
        models: the correct PixelCNN and the authors' code.
        receptive_fields: a row for each model and cell (`row`, `column`) of a code map, `seen` by
            the cell (`cell_row`, `cell_column`) or not.
    """
    chosen = observables[observables["model"].isin([MONTE_CARLO, *models])]
    names = ("track_length", "track_pixels", "shower_pixels")
    with look():
        figure = Figure(figsize=(10.5, 6.3))
        upper = figure.add_gridspec(
            1, 3, left=0.065, right=0.99, top=0.93, bottom=0.48, wspace=0.26
        )
        for column, name in enumerate(names):
            _distribution(figure, upper[0, column], chosen, name, bins, column == 0)
        legend_of_all_axes(figure, loc="upper right")
        lower = figure.add_gridspec(
            1, 1 + len(models), left=0.15, right=0.98, top=0.36, bottom=0.08, wspace=0.12,
            width_ratios=[1.25, *[1.0] * len(models)],
        )  # fmt: skip
        _means(figure.add_subplot(lower[0, 0]), chosen, models)
        for column, model in enumerate(models):
            axes = figure.add_subplot(lower[0, 1 + column])
            _receptive_field(axes, receptive_fields[receptive_fields["model"] == model])
            axes.set_title(f"{_short(model)}: cells seen", fontsize=8)
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
    models = ordered(observables["model"])
    kind = KINDS.get(name)
    values = {}
    for model in models:
        images = observables[observables["model"] == model]
        measured = images[name].to_numpy(np.float64)
        # Outside the edges, but within the normalisation.
        values[model] = (
            measured if kind is None else np.where(images[f"{kind}_pixels"] > 0, measured, -1)
        )
    edges = _edges(values[MONTE_CARLO], name, bins)
    histograms = {model: density(values[model], edges) for model in models}
    draw_with_ratio(main, ratio, edges, histograms, dataset=LARTPC, ratio_range=(0.0, 2.0))
    tops = {model: float((h.heights + h.errors).max()) for model, h in histograms.items()}
    top = min(max(tops.values()), TALLEST * tops[MONTE_CARLO] or np.inf) or 1.0
    main.set_ylim(0, (1.1 if kind is None else 1.15 + 0.08 * len(models)) * top)
    unit = UNITS[name]
    ratio.set_xlabel(OBSERVABLES[name] + (f" [{unit}]" if unit else ""))
    main.set_ylabel(f"share of images / {unit or 'pixel'}")
    if first_column:
        ratio.set_ylabel("ratio to\ntest", fontsize=8)
    if kind is not None:
        lines = [f"without a {kind}:"]
        lines += [f"{100 * (values[m] < 0).mean():.1f}% {_short(m)}" for m in models]
        main.text(0.97, 0.96, "\n".join(lines), transform=main.transAxes, ha="right", va="top",
                  fontsize=6.5)  # fmt: skip
    return main


def _means(axes: Axes, observables: pd.DataFrame, models: Sequence[str]) -> None:
    """Mean track length by model against that of the test images; 0 for images without a track."""
    value, error = mean_and_error(observables[observables["model"] == MONTE_CARLO], "track_length")
    means = [
        mean_and_error(observables[observables["model"] == model], "track_length")
        for model in models
    ]
    axes.axvspan(value - error, value + error, color="0.8", label="test images")
    axes.axvline(value, color="black", linewidth=1)
    place = np.arange(len(models))[::-1]
    axes.errorbar([f[0] for f in means], place, xerr=[f[1] for f in means], fmt="o", capsize=3,
                  color="#D55E00")  # fmt: skip
    names = [display_name(model, LARTPC) for model in models]
    axes.set_yticks(place, [n.replace(" + ", " +\n").replace(", ", ",\n") for n in names])
    axes.set_ylim(-0.6, len(models) - 0.4)
    axes.yaxis.set_tick_params(which="both", length=0)
    axes.set_xlabel("mean track length, images without a track as 0 [cm]")
    axes.set_xlim(left=-0.02 * value)
    axes.legend(loc="lower right")


def _receptive_field(axes: Axes, field: pd.DataFrame) -> None:
    """Cells seen dark, the cell itself red; raster order begins at the top."""
    shown = field.pivot(index="row", columns="column", values="seen").to_numpy(
        np.float64, copy=True
    )
    shown[field["cell_row"].iloc[0], field["cell_column"].iloc[0]] = 2.0
    axes.imshow(shown, cmap=ListedColormap(["#EEEEEE", "#0072B2", "#D55E00"]), vmin=0, vmax=2)
    height, width = shown.shape
    axes.set_xticks(np.arange(width + 1) - 0.5, [])
    axes.set_yticks(np.arange(height + 1) - 0.5, [])
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.grid(color="white", linewidth=0.5)


def _short(model: str) -> str:
    """A name that fits into a panel."""
    name = "reconstructed" if is_reconstructed(model) else display_name(model, "lartpc")
    return name.replace("VQ-VAE + PixelCNN, ", "").replace("VQ-VAE + PixelCNN", "generated")


def _edges(reference: Array, name: str, bins: int) -> Array:
    present = reference[reference > 0]
    high = 1.1 * float(np.quantile(present, 0.995)) if present.size else 1.0
    if UNITS[name] == "":  # numbers of pixels: whole bins
        high = bins * max(1.0, np.ceil(high / bins))
    return np.linspace(0.0, high, bins + 1)
