"""Distributions of liquid-argon observables, and correct masks against the authors' code."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from darkpixel.config.names import LARTPC, MONTE_CARLO
from darkpixel.figures.axis import axis_of
from darkpixel.figures.curves import in_groups
from darkpixel.figures.lartpc.without import panel_of
from darkpixel.figures.panels import Panel, panel_blocks
from darkpixel.figures.style import line_style, look, palette, save
from darkpixel.formats.species import SPECIES
from darkpixel.metrics.lartpc_rows import mean_and_error
from darkpixel.tables.names import SPECIES_SYMBOLS, UNITS, display_name

Array = npt.NDArray[np.float64]
SHOWN_BY_SPECIES = ("track_length", "shower_charge", "pixels")
SHOWN = ("track_length", "track_width", "shower_charge", "track_charge", "charge", "pixels")
_FOOT = 2.9  # inches
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
    observables: pd.DataFrame,
    stem: str | Path,
    *,
    models: Sequence[str],
    late: Collection[str] = (),
    bins: int = 30,
) -> None:
    """Track length and width, charges and numbers of pixels; ratios to the test images.

    Shares are of all images: those without a track (or shower) are in no bin of the histograms of
    tracks (or showers), and their share is written into the panel. The marked bins hold all values
    beyond. With more models than share a panel, each group of them has a block of panels.

    Args:
        observables: `darkpixel.metrics.lartpc_observables.labelled_observables`. The seeds of a
            model are drawn together.
        models: that are drawn.
        late: those that had not converged (`darkpixel.metrics.convergence.late_models`).
        bins: up to the 99.5% quantile of the test images, widened by a tenth.
    """
    values = {name: _values(observables, name) for name in SHOWN}
    blocks = [
        [_panel(values[name], name, group, bins) for name in SHOWN] for group in in_groups(models)
    ]
    with look():
        save(_figure(blocks, late), stem)


def distributions_by_species(
    observables: pd.DataFrame,
    stem: str | Path,
    *,
    models: Sequence[str],
    late: Collection[str] = (),
    bins: int = 30,
) -> None:
    """Track length, shower charge and pixels of each species, generated and test images.

    Args:
        observables, late, bins: as in `lartpc_distributions`.
        models: that are conditioned on the species.
    """
    blocks: list[list[Panel]] = []
    for group in in_groups(models):
        blocks.append([])
        for code, species in SPECIES.items():
            of_species = observables[observables["species"] == code]
            if {MONTE_CARLO, *models} <= set(of_species["model"]):
                blocks[-1] += [
                    _panel(_values(of_species, name), name, group, bins, SPECIES_SYMBOLS[species])
                    for name in SHOWN_BY_SPECIES
                ]
    with look():
        save(_figure([block for block in blocks if block], late), stem)


def reference_code_comparison(
    observables: pd.DataFrame,
    stem: str | Path,
    *,
    models: Sequence[str],
    receptive_fields: pd.DataFrame,
    late: Collection[str] = (),
    bins: int = 30,
) -> None:
    """Does the blind spot make tracks short? Track length and labelled pixels, and what is seen.

    Args:
        observables: `darkpixel.metrics.lartpc_observables.labelled_observables` with `models`.
        models: the correct PixelCNN and the authors' code.
        receptive_fields: a row for each model and cell (`row`, `column`) of a code map, `seen` by
            the cell (`cell_row`, `cell_column`) or not.
        late: as in `lartpc_distributions`.
    """
    chosen = observables[observables["model"].isin([MONTE_CARLO, *models])]
    names = ("track_length", "track_pixels", "shower_pixels")
    block = [_panel(_values(chosen, name), name, models, bins) for name in names]
    with look():
        figure = _figure([block], late, foot=_FOOT)
        wide, tall = figure.get_size_inches()
        lower = figure.add_gridspec(
            1, 1 + len(models), left=1.6 / wide, right=1 - 0.15 / wide, top=(_FOOT - 0.35) / tall,
            bottom=0.55 / tall, wspace=0.12, width_ratios=[1.25, *[1.0] * len(models)],
        )  # fmt: skip
        _means(figure.add_subplot(lower[0, 0]), chosen, models)
        for column, model in enumerate(models):
            axes = figure.add_subplot(lower[0, 1 + column])
            _receptive_field(axes, receptive_fields[receptive_fields["model"] == model])
            name = display_name(model, LARTPC)
            axes.set_title(name, fontsize=8, color=line_style(model)["color"])
            axes.set_xlabel("blue: the cells that the orange one sees", fontsize=8)
        save(figure, stem)


def _figure(blocks: Sequence[Sequence[Panel]], late: Collection[str], foot: float = 0.0) -> Figure:
    return panel_blocks(
        blocks, columns=3, dataset=LARTPC, late=late, ylabel="share of images / bin",
        ratio_range=(0.0, 2.0), width=3.1, foot=foot,
    )  # fmt: skip


def _values(observables: pd.DataFrame, name: str) -> dict[str, Array]:
    """Source -> an observable of its images, NaN for those that have no track or shower."""
    kind = KINDS.get(name)
    found = {}
    for model, images in observables.groupby("model", sort=False):
        measured = images[name].to_numpy(np.float64)
        if kind is not None:
            measured = np.where(images[f"{kind}_pixels"] > 0, measured, np.nan)
        found[str(model)] = measured
    return found


def _panel(
    values: Mapping[str, Array], name: str, models: Sequence[str], bins: int, title: str = ""
) -> Panel:
    """An observable of some models; the axis is that of all."""
    whole = UNITS[name] == ""
    axis = axis_of(values[MONTE_CARLO], values.values(), bins=bins, beyond=0.005, whole=whole)
    shown = {model: values[model] for model in (MONTE_CARLO, *models)}
    return panel_of(axis, shown, name, title, f"without a {KINDS.get(name)}")


def _means(axes: Axes, observables: pd.DataFrame, models: Sequence[str]) -> None:
    """Mean track length by model against that of the test images; 0 for images without a track."""
    value, error = mean_and_error(observables[observables["model"] == MONTE_CARLO], "track_length")
    means = [
        mean_and_error(observables[observables["model"] == model], "track_length")
        for model in models
    ]
    axes.axvspan(value - error, value + error, color="0.8")
    axes.axvline(value, color="black", linewidth=1)
    place = np.arange(len(models))[::-1]
    for model, (mean, spread), height in zip(models, means, place, strict=True):
        axes.errorbar(
            mean, height, xerr=spread, fmt="o", capsize=3, color=line_style(model)["color"]
        )
    names = [display_name(model, LARTPC) for model in models]
    axes.set_yticks(place, [n.replace(" + ", " +\n").replace(", ", ",\n") for n in names])
    axes.set_ylim(-0.6, len(models) - 0.4)
    axes.yaxis.set_tick_params(which="both", length=0)
    axes.set_title(f"line and band: {display_name(MONTE_CARLO, LARTPC)}", fontsize=8)
    axes.set_xlabel("mean track length, images without a track as 0 [cm]", fontsize=8)
    axes.set_xlim(left=-0.02 * value)


def _receptive_field(axes: Axes, field: pd.DataFrame) -> None:
    """Cells seen dark, the cell itself red; raster order begins at the top."""
    shown = field.pivot(index="row", columns="column", values="seen").to_numpy(
        np.float64, copy=True
    )
    shown[field["cell_row"].iloc[0], field["cell_column"].iloc[0]] = 2.0
    axes.imshow(shown, cmap=ListedColormap(["#EEEEEE", palette(1), palette(0)]), vmin=0, vmax=2)
    height, width = shown.shape
    axes.set_xticks(np.arange(width + 1) - 0.5, [])
    axes.set_yticks(np.arange(height + 1) - 0.5, [])
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.grid(color="white", linewidth=0.5)
