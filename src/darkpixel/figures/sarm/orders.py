"""Quality of the images by the order in which their pixels are generated (SARM figure 10)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from darkpixel.errors import DarkpixelError
from darkpixel.figures.style import look, palette, save
from darkpixel.tables.names import OBSERVABLES, UNITS

SHOWN = ("pt", "mass")
_MARKERS = ("o", "s", "^", "D")


def order_distances(
    rows: pd.DataFrame,
    stem: str | Path,
    *,
    orders: Mapping[str, str],
    epochs: Mapping[str, str],
    dataset: str,
) -> None:
    """SARM figure 10: W1 of pT and mass for each order, the labels side by side.

    A point is the mean over seeds with its bootstrap error; with several seeds, the larger of
    that and their standard deviation. A band is the noise floor of a label, mean ± standard
    deviation: what a perfect generator scores. A point is hollow where a training run had not
    converged; below each order stand the epochs that it was trained.

    Args:
        rows: `darkpixel.metrics.rows.wasserstein_rows` of all labels, concatenated and marked
            (`darkpixel.metrics.convergence.mark`); models that are not in `orders`, and their
            quantised Monte Carlo, are left out.
        orders: order ("spiral_out") to the model that generates in it, in the order of the figure.
        epochs: of the training runs of each model: `20`, or `18–20`.
        dataset: for the messages.

    Raises:
        DarkpixelError: a model of `orders` has no row for some label.
    """
    labels = list(dict.fromkeys(rows["label"]))
    by_key = rows.set_index(["observable", "label", "model"]).sort_index()
    for order, model in orders.items():
        for label in labels:
            if ("pt", label, model) not in by_key.index:
                raise DarkpixelError(
                    f"{stem}: order {order}: no distances of model {model} on {dataset}/{label}; "
                    f"found {', '.join(sorted(set(rows['model'])))}."
                )
    with look():
        figure = Figure(figsize=(4.2 * len(SHOWN), 3.7), layout="constrained")
        for axes, name in zip(figure.subplots(1, len(SHOWN)), SHOWN, strict=True):
            for number, label in enumerate(labels):
                of_label = by_key.loc[(name, label)].loc[list(orders.values())]
                _draw(axes, of_label, label, number, len(labels))
            axes.set_ylabel(f"$W_1$ of {OBSERVABLES[name]} [{UNITS[name]}]")
            axes.set_title(OBSERVABLES[name])
            _scales(axes, {order: epochs[model] for order, model in orders.items()})
        handles, names = figure.axes[0].get_legend_handles_labels()
        names = [f"{name} (floor shaded)" for name in names]
        shown = rows[rows["model"].isin(orders.values())]
        if shown["converged"].eq(False).any():
            hollow = Line2D([], [], color="0.3", marker="o", markerfacecolor="white", linestyle="")
            handles, names = [*handles, hollow], [*names, "hollow: not converged"]
        figure.legend(handles, names, ncols=len(names), loc="outside upper center")
        save(figure, stem)


def _draw(axes: Axes, rows: pd.DataFrame, label: str, number: int, labels: int) -> None:
    """The points of one label and its floor."""
    place = np.arange(len(rows)) + 0.24 * (number - (labels - 1) / 2)
    error = np.fmax(rows["error"].to_numpy(np.float64), rows["seed_spread"].to_numpy(np.float64))
    colour = palette(number)
    # The samples of the orders may differ in number, and with it the floor.
    floor, deviation = (rows[key].to_numpy(np.float64) for key in ("floor", "floor_error"))
    edges = np.append(np.arange(len(rows)) - 0.5, len(rows) - 0.5)
    low, high = floor - deviation, floor + deviation
    axes.fill_between(
        edges,
        np.append(low, low[-1]).clip(0.1 * floor.min()),
        np.append(high, high[-1]),
        step="post",
        color=colour,
        alpha=0.18,
        linewidth=0,
    )
    marker = _MARKERS[number % len(_MARKERS)]
    axes.errorbar(
        place,
        rows["value"],
        yerr=error,
        fmt=marker,
        color=colour,
        markersize=5,
        capsize=2.5,
        label=label,
    )
    late = rows["converged"].eq(False).fillna(False).to_numpy(bool)
    axes.plot(
        place[late],
        rows["value"].to_numpy(np.float64)[late],
        marker,
        color=colour,
        markerfacecolor="white",
        markersize=5,
        zorder=3,
    )


def _scales(axes: Axes, orders: Mapping[str, str]) -> None:
    """A tick an order, with its epochs; the scale is logarithmic: orders differ by factors."""
    names = [
        order.replace("spiral_", "spiral\n").replace("_", " ") + f"\n{epochs}\nepochs"
        for order, epochs in orders.items()
    ]
    axes.set_xticks(np.arange(len(orders)), names)
    axes.set_xlim(-0.5, len(orders) - 0.5)
    axes.xaxis.set_tick_params(which="both", length=0)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
