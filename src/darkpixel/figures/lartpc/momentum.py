"""Length, charge and pixels against momentum: generated for a particle, and simulated."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from darkpixel.config.names import LARTPC, MONTE_CARLO
from darkpixel.figures.curves import in_groups
from darkpixel.figures.ratio import band, mark_outside
from darkpixel.figures.style import legend_of_all_axes, line_styles, look, save, source_name
from darkpixel.metrics.momentum_bins import FEWEST, RESPONSES
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import OBSERVABLES, SPECIES_SYMBOLS, UNITS

Array = npt.NDArray[np.float64]
RATIOS = (0.5, 0.02)
"""Half height of the axis of ratios: at most, and at least."""
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Between the ticks of that axis."""


def momentum_figure(
    bins: pd.DataFrame, stem: str | Path, *, models: Sequence[str], late: Collection[str] = ()
) -> None:
    """Means of images in bins of momentum, a row a species, with ratios to the test images.

    Bands and bars are one standard error. Bins that are not compared are left blank. Ratios beyond
    the axis are marked by arrows. With more models than share a panel, the rows are repeated for
    each group of them.

    Args:
        bins: the first table of `darkpixel.metrics.momentum_response.momentum_response`.
        models: that are drawn.
        late: those that had not converged (`darkpixel.metrics.convergence.late_models`).
    """
    chosen = bins[bins["model"].isin(models)]
    species = list(dict.fromkeys(chosen["species"]))
    panels = [(group, name) for group in in_groups(models) for name in species]
    with look():
        tall, wide = 2.6 * len(panels) + 0.9, 3.3 * len(RESPONSES)
        figure = Figure(figsize=(wide, tall))
        grid = figure.add_gridspec(
            len(panels), len(RESPONSES), left=0.75 / wide, right=1 - 0.1 / wide,
            top=1 - 0.6 / tall, bottom=0.5 / tall, hspace=0.26, wspace=0.28,
        )  # fmt: skip
        for row, (group, name) in enumerate(panels):
            for column, observable in enumerate(RESPONSES):
                inner = grid[row, column].subgridspec(2, 1, height_ratios=[2.4, 1], hspace=0.08)
                main, ratio = (figure.add_subplot(inner[part, 0]) for part in (0, 1))
                of_panel = chosen[
                    (chosen["species"] == name)
                    & (chosen["observable"] == observable)
                    & chosen["model"].isin(group)
                ]
                _panel(main, ratio, of_panel, late)
                unit, what = UNITS[observable], OBSERVABLES[observable]
                main.set_ylabel(f"{what} [{unit}]" if unit else what, fontsize=8)
                if column == 0:
                    main.set_title(SPECIES_SYMBOLS.get(name, name), loc="left", fontweight="bold")
                    ratio.set_ylabel("ratio to\ntest", fontsize=8)
                if row == len(panels) - 1:
                    ratio.set_xlabel("momentum [MeV/c]")
        legend_of_all_axes(figure, loc="upper right")
        save(figure, stem)


def _panel(main: Axes, ratio: Axes, bins: pd.DataFrame, late: Collection[str] = ()) -> None:
    """Simulated means as points, each model's as steps; ratios below."""
    by_model = {model: bins[bins["model"] == model] for model in ordered(bins["model"])}
    first = next(iter(by_model.values()))
    edges = np.append(first["low"].to_numpy(np.float64), first["high"].iloc[-1])
    test = first["test_value"].to_numpy(np.float64)
    test_error = first["test_error"].to_numpy(np.float64)
    few = first["test_n"].to_numpy() < FEWEST
    test, test_error = (np.where(few, np.nan, values) for values in (test, test_error))
    middles, half_widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    relative = test_error / test
    band(ratio, edges, np.ones_like(test), relative, "0.5", 0.35)
    ratio.axhline(1.0, color="0.3", linewidth=0.7)
    reach, styles = [relative], line_styles([MONTE_CARLO, *by_model])
    for model, own in by_model.items():
        pull = own["pull"].to_numpy(np.float64)
        value, error = (
            np.where(np.isnan(pull), np.nan, own[column].to_numpy(np.float64))
            for column in ("value", "error")
        )
        style = styles[model]
        main.stairs(value, edges, baseline=None, label=source_name(model, LARTPC, late), **style)
        band(main, edges, value, error, style["color"], 0.2)
        ratio.stairs(value / test, edges, baseline=None, **style)
        band(ratio, edges, value / test, error / test, style["color"], 0.2)
        reach.append(np.abs(value / test - 1) + error / test)
    main.errorbar(
        middles, test, yerr=test_error, xerr=half_widths, fmt="o", markersize=2.5, linewidth=0.9,
        color=styles[MONTE_CARLO]["color"], label=source_name(MONTE_CARLO, LARTPC),
    )  # fmt: skip
    main.set_ylim(0, 1.05 * main.get_ylim()[1])
    main.tick_params(labelbottom=False)
    found = np.concatenate(reach)
    found = found[np.isfinite(found)]
    half = 1.15 * float(found.max()) if found.size else RATIOS[1]
    half = float(np.clip(half, RATIOS[1], RATIOS[0]))
    ratio.set_ylim(1 - half, 1 + half)
    step = max(some for some in STEPS if some < 0.8 * half)
    ratio.set_yticks([1 - step, 1, 1 + step])
    ratio.yaxis.set_major_formatter("{x:.2f}" if step < 0.1 else "{x:.1f}")
    ratio.yaxis.set_minor_locator(NullLocator())
    for axes in (main, ratio):
        axes.set_xlim(edges[0], edges[-1])
    for slot, (model, own) in enumerate(by_model.items()):
        drawn = np.where(np.isnan(own["pull"]), np.nan, own["value"].to_numpy(np.float64)) / test
        mark_outside(ratio, middles, drawn, styles[model]["color"], slot)
