"""Distributions of mass and pT (SARM figures 8, 13, 20)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.ratio import density, draw_with_ratio, mark_overflow
from darkpixel.figures.style import legend_of_all_axes, look, save
from darkpixel.metrics.names import is_derived
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import display_name

TALLEST = 2.5
"""Height of the axis in units of the Monte Carlo's highest bin: a model may have a spike."""
AXES = {"mass": ("mass", "GeV"), "pt": ("$p_T$", "GeV")}


def observable_distributions(
    observables: Mapping[str, pd.DataFrame], stem: str | Path, *, dataset: str, bins: int = 40
) -> None:
    """SARM figures 8, 13, 20: mass above, pT below, a column a label, ratios to Monte Carlo.

    Args:
        observables: label -> `darkpixel.metrics.observables.measure_observables`. The seeds of a
            model are drawn together; quantised Monte Carlo is left to the tables.
        bins: between the 0.2% and 99.8% quantiles of the Monte Carlo, widened by a tenth. The
            marked bins at the ends hold all values beyond, so that a model that fails is seen.
    """
    with look():
        entries = max(
            sum(not is_derived(model) for model in set(table["model"]))
            for table in observables.values()
        )
        legend = 0.25 + 0.17 * -(-entries // 4)  # inches above the panels
        tall = 7.2 + legend
        figure = Figure(figsize=(4.3 * len(observables), tall))
        outer = figure.add_gridspec(
            2,
            len(observables),
            left=0.16 / len(observables) + 0.01,
            right=0.985,
            top=1 - (legend + 0.1) / tall,
            bottom=0.06,
            hspace=0.17,
            wspace=0.24,
        )
        for column, (label, table) in enumerate(observables.items()):
            models = [m for m in ordered(table["model"]) if not is_derived(m)]
            for row, (name, (symbol, unit)) in enumerate(AXES.items()):
                inner = outer[row, column].subgridspec(2, 1, height_ratios=[3, 1], hspace=0.06)
                main, ratio = (figure.add_subplot(inner[part, 0]) for part in (0, 1))
                values = {
                    model: table.loc[table["model"] == model, name].to_numpy(np.float64)
                    for model in models
                }
                edges = _edges(values[MONTE_CARLO], bins)
                histograms = {
                    model: density(np.clip(some, edges[0], edges[-1]), edges)
                    for model, some in values.items()
                }
                draw_with_ratio(
                    main,
                    ratio,
                    edges,
                    histograms,
                    dataset=dataset,
                )
                highest = TALLEST * float(histograms[MONTE_CARLO].heights.max())
                main.set_ylim(0, 1.05 * min(main.get_ylim()[1], highest))
                mark_overflow(main, edges, above=True, below=edges[0] > 0)
                main.set_title(label if row == 0 else "", fontweight="bold")
                ratio.set_xlabel(f"{symbol} [{unit}]")
                main.set_ylabel(f"images / {unit}, normalised" if column == 0 else "")
                if column == 0:
                    ratio.set_ylabel(f"ratio to\n{display_name(MONTE_CARLO, dataset)}", fontsize=8)
        legend_of_all_axes(figure, loc="upper center")
        save(figure, stem)


def _edges(reference: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.float64]:
    """Edges (bins + 1,), with a bin for what lies beyond at the end, and at the start above 0."""
    low, high = np.quantile(reference, [0.002, 0.998])
    margin = 0.1 * (high - low) or 0.5
    start, end = max(low - margin, 0.0), high + margin
    below = int(start > (end - start) / (bins - 2))
    edges = np.linspace(start if below else 0.0, end, bins - below)
    width = edges[1] - edges[0]
    return np.concatenate([edges[:below] - width, edges, [end + width]])
