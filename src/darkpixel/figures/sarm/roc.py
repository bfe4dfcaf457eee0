"""ROC curves of classifiers trained on generated images (SARM figures 9 and 14)."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.style import line_style, look, save
from darkpixel.metrics.order import ordered
from darkpixel.tables.layout import measured, row_name
from darkpixel.tables.names import display_name

SMALLEST_RATE = 1e-3  # of background; below it, test images are too few to draw a curve
EFFICIENCIES = (0.2, 1.0)  # of signal, where the rejection of background is shown
RATIOS = (0.5, 1.5)  # shown at least
LARGEST_RATIO = 2.0  # shown at most
Array = npt.NDArray[np.float64]


def roc_curves(curves: pd.DataFrame, rows: pd.DataFrame, stem: str | Path, *, dataset: str) -> None:
    """SARM figures 9 and 14: the ROC curves, and the background rejection that they mean.

    Left, the paper's figure: true against false positive rate, AUC in the legend. Right, the
    background rejection (1 / false positive rate) against signal efficiency, and below it the
    ratio to the classifier that was trained on Monte Carlo. Bands: one standard deviation over
    repetitions.

    Args:
        curves: `darkpixel.metrics.roc.classifier_curves` of one data set.
        rows: `darkpixel.metrics.roc.classifier_rows` of the same; where they are marked
            (`darkpixel.metrics.convergence.mark`) the legend names what has not converged.
    """
    with look():
        sources = ordered(curves["model"])
        legend = 0.1 + 0.17 * -(-len(sources) // 2)  # inches above the panels
        tall = 4.2 + legend
        figure = Figure(figsize=(8.6, tall))
        grid = figure.add_gridspec(
            2, 2, height_ratios=[3, 1.2], left=0.075, right=0.985, wspace=0.24, hspace=0.07,
            top=1 - (legend + 0.1) / tall, bottom=0.45 / tall,
        )  # fmt: skip
        main = figure.add_subplot(grid[:, 0])
        rejection, ratio = (figure.add_subplot(grid[row, 1]) for row in (0, 1))
        monte_carlo = _of(curves, MONTE_CARLO)["false_positive"]
        seen = _of(curves, MONTE_CARLO)["rate"] >= EFFICIENCIES[0]
        ratios = [RATIOS]
        for source in sources:
            curve = _of(curves, source)
            style = line_style(source)
            _draw(main, curve["rate"], curve["true_positive"], curve["true_positive_spread"], style,
                  label=_entry(rows, source))  # fmt: skip
            rates, spread = curve["false_positive"], curve["false_positive_spread"]
            filled = (rates >= SMALLEST_RATE) & (monte_carlo >= SMALLEST_RATE) & seen
            rates = np.where(filled, rates, np.nan)
            with np.errstate(divide="ignore", invalid="ignore"):
                _draw(rejection, curve["rate"], 1 / rates, spread / rates**2, style)
                relative = monte_carlo / rates
                _draw(ratio, curve["rate"], relative, relative * spread / rates, style)
            ratios.append((np.nanmin(relative, initial=1.0), np.nanmax(relative, initial=1.0)))
        main.plot([0, 1], [0, 1], color="0.6", linewidth=0.7, linestyle=":")
        main.set(xlim=(0, 1), ylim=(0, 1))
        main.set_xlabel("false positive rate")
        main.set_ylabel("true positive rate")
        rejection.set_yscale("log")
        rejection.set_ylabel("background rejection")
        rejection.tick_params(labelbottom=False)
        ratio.set_ylabel(f"ratio to\n{display_name(MONTE_CARLO, dataset)}", fontsize=8)
        ratio.set_xlabel("signal efficiency")
        lowest, highest = np.min(ratios), np.max(ratios)
        ratio.set_ylim(max(0.0, lowest - 0.1), min(highest + 0.1, LARGEST_RATIO))
        ratio.yaxis.set_major_locator(MaxNLocator(4, prune="both"))
        for axes in (rejection, ratio):
            axes.set_xlim(*EFFICIENCIES)
        figure.legend(*main.get_legend_handles_labels(), ncols=2, loc="upper center")
        save(figure, stem)


def _of(curves: pd.DataFrame, source: str) -> dict[str, Array]:
    of_source = curves[curves["model"] == source]
    return {
        str(name): of_source[name].to_numpy(np.float64)
        for name in of_source.columns
        if name not in ("model", "dataset")
    }


def _entry(rows: pd.DataFrame, source: str) -> str:
    of_source = rows[rows["model"] == source]
    value, error = of_source[["value", "error"]].iloc[0]
    return f"{row_name(of_source)}: AUC {measured(value, error)}"


def _draw(
    axes: Axes, x: Array, y: Array, spread: Array, style: dict[str, object], label: str = ""
) -> None:
    """A curve in its band; the Monte Carlo's is on top."""
    order = 3 if style["color"] == line_style(MONTE_CARLO)["color"] else 2
    axes.plot(x, y, label=label, zorder=order, **style)  # type: ignore[arg-type]
    axes.fill_between(x, y - spread, y + spread, color=style["color"], alpha=0.15, linewidth=0)
