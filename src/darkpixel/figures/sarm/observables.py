"""Distributions of mass and pT (SARM figures 8, 13, 20)."""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.axis import axis_of
from darkpixel.figures.curves import in_groups
from darkpixel.figures.panels import Panel, panel_blocks
from darkpixel.figures.style import look, save
from darkpixel.metrics.names import is_derived

AXES = {"mass": ("mass", "GeV"), "pt": ("$p_T$", "GeV")}


def observable_distributions(
    observables: Mapping[str, pd.DataFrame],
    stem: str | Path,
    *,
    dataset: str,
    late: Collection[str] = (),
    bins: int = 40,
) -> None:
    """SARM figures 8, 13, 20: mass and pT of each label, with ratios to Monte Carlo.

    With more models than share a panel, each group of them has a block of panels of its own, on
    the same axes.

    Args:
        observables: label -> `darkpixel.metrics.observables.measure_observables`. The seeds of a
            model are drawn together; quantised Monte Carlo is left to the tables.
        late: models that had not converged (`darkpixel.metrics.convergence.late_models`).
        bins: between the 0.2% and 99.8% quantiles of the Monte Carlo, widened by a tenth. The
            marked bins at the ends hold all values beyond, so that a model that fails is seen.
    """
    every = {model for table in observables.values() for model in table["model"]}
    groups = in_groups(model for model in every if not is_derived(model))
    blocks: list[list[Panel]] = [[] for _ in groups]
    for name, (symbol, unit) in AXES.items():
        for label, table in observables.items():
            values = {
                str(model): of_model[name].to_numpy(np.float64)
                for model, of_model in table.groupby("model", sort=False)
                if not is_derived(str(model))
            }
            axis = axis_of(values[MONTE_CARLO], values.values(), bins=bins)
            for block, group in zip(blocks, groups, strict=True):
                shown = [model for model in (MONTE_CARLO, *group) if model in values]
                histograms = {model: axis.shares(values[model]) for model in shown}
                block.append(Panel(axis, histograms, f"{symbol} [{unit}]", title=label))
    labels = len(observables)
    across = labels if len(groups) == 1 or labels > 2 else labels * len(AXES)
    with look():
        figure = panel_blocks(
            blocks, columns=across, dataset=dataset, late=late, ylabel="share of images / bin",
            width=3.3 if across <= 2 else 2.7,
        )  # fmt: skip
        save(figure, stem)
