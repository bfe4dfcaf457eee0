"""ROC curves of classifiers trained on generated images (SARM figures 9 and 14)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.curves import in_groups
from darkpixel.figures.ratio import mark_outside
from darkpixel.figures.style import line_styles, look, save
from darkpixel.metrics.order import ordered
from darkpixel.tables.layout import measured, row_name
from darkpixel.tables.names import display_name

SMALLEST_RATE = 1e-3  # of background; below it, test images are too few to draw a curve
EFFICIENCIES = (0.2, 1.0)  # of signal, where the rejection of background is shown
RATIOS = (0.5, 1.5)  # shown at least
LARGEST_RATIO = 2.0  # shown at most; arrows mark what is larger
LETTERS = 64  # of the longest entry of a legend in two columns
PANELS, FOOT = 3.75, 0.6  # inches: height of the panels of a group, and what stands below them
Array = npt.NDArray[np.float64]


def roc_curves(curves: pd.DataFrame, rows: pd.DataFrame, stem: str | Path, *, dataset: str) -> None:
    """SARM figures 9 and 14: the ROC curves, and the background rejection that they mean.

    Left, the paper's figure: true against false positive rate, AUC in the legend. Right, the
    background rejection (1 / false positive rate) against signal efficiency, and below it the
    ratio to the classifier that was trained on Monte Carlo. Bands: one standard deviation over
    repetitions. With more sources than share a panel, each group has a row of panels.

    Args:
        curves: `darkpixel.metrics.roc.classifier_curves` of one data set.
        rows: `darkpixel.metrics.roc.classifier_rows` of the same; where they are marked
            (`darkpixel.metrics.convergence.mark`) the legend names what has not converged.
    """
    groups = in_groups(curves["model"])
    with look():
        names = [[_entry(rows, source) for source in (MONTE_CARLO, *group)] for group in groups]
        across = [2 if max(map(len, some)) <= LETTERS else 1 for some in names]
        heads = [  # inches, of legends
            0.17 * -(-len(some) // columns) + 0.12
            for some, columns in zip(names, across, strict=True)
        ]
        tall = sum(heads) + len(groups) * (PANELS + FOOT)
        figure = Figure(figsize=(8.6, tall))
        top = tall
        for group, entries, head, columns in zip(groups, names, heads, across, strict=True):
            grid = figure.add_gridspec(
                2, 2, height_ratios=[3, 1.2], left=0.075, right=0.985, wspace=0.24, hspace=0.07,
                top=(top - head) / tall, bottom=(top - head - PANELS) / tall,
            )  # fmt: skip
            main = figure.add_subplot(grid[:, 0])
            rejection, ratio = (figure.add_subplot(grid[row, 1]) for row in (0, 1))
            sources = {
                source: (_of(curves, source), entry)
                for source, entry in zip((MONTE_CARLO, *group), entries, strict=True)
            }
            _draw_group(main, rejection, ratio, sources, _reach(curves))
            ratio.set_ylabel(f"ratio to\n{display_name(MONTE_CARLO, dataset)}", fontsize=8)
            figure.legend(
                *main.get_legend_handles_labels(), ncols=columns, loc="upper center",
                borderaxespad=0, borderpad=0, bbox_to_anchor=(0.5, (top - 0.05) / tall),
            )  # fmt: skip
            top -= head + PANELS + FOOT
        save(figure, stem)


def _draw_group(
    main: Axes,
    rejection: Axes,
    ratio: Axes,
    sources: Mapping[str, tuple[dict[str, Array], str]],
    reach: tuple[float, float],
) -> None:
    """Source -> its curve and its entry of the legend; `reach`: limits of the ratios."""
    reference = sources[MONTE_CARLO][0]
    monte_carlo, seen = reference["false_positive"], reference["rate"] >= EFFICIENCIES[0]
    ratio.set_ylim(*reach)
    styles = line_styles(sources)
    for slot, (source, (curve, entry)) in enumerate(sources.items()):
        style = styles[source]
        true, spread = curve["true_positive"], curve["true_positive_spread"]
        _draw(main, curve["rate"], true, (true - spread, true + spread), style, label=entry)
        rates, spread = curve["false_positive"], curve["false_positive_spread"]
        filled = (rates >= SMALLEST_RATE) & (monte_carlo >= SMALLEST_RATE) & seen
        rates = np.where(filled, rates, np.nan)
        band = rejection_band(rates, spread)
        with np.errstate(divide="ignore", invalid="ignore"):
            _draw(rejection, curve["rate"], 1 / rates, band, style)
            relative = monte_carlo / rates
            limits = band[0] * monte_carlo, band[1] * monte_carlo
        _draw(ratio, curve["rate"], relative, limits, style)
        outside = np.arange(len(relative)) % 5 == 0  # arrows beside each other would be a line
        mark_outside(
            ratio, curve["rate"][outside], relative[outside], style["color"], max(slot - 1, 0)
        )
    main.plot([0, 1], [0, 1], color="0.6", linewidth=0.7, linestyle=":")
    main.set(xlim=(0, 1), ylim=(0, 1))
    main.set_xlabel("false positive rate")
    main.set_ylabel("true positive rate")
    rejection.set_yscale("log")
    rejection.set_ylim(bottom=1.0)
    rejection.set_ylabel("background rejection")
    rejection.tick_params(labelbottom=False)
    ratio.set_xlabel("signal efficiency")
    ratio.yaxis.set_major_locator(MaxNLocator(4, prune="both"))
    for axes in (rejection, ratio):
        axes.set_xlim(*EFFICIENCIES)


def rejection_band(rates: Array, spread: Array) -> tuple[Array, Array]:
    """Background rejection one standard deviation of the rate up and down: at least 1, (n,) each.

    Args:
        rates, spread: (n,) false positive rates, in (0, 1] or NaN, and their standard deviations.
    """
    high = np.clip(rates + spread, None, 1.0)
    low = np.maximum(rates - spread, np.minimum(SMALLEST_RATE, rates))
    return 1 / high, 1 / low


def _reach(curves: pd.DataFrame) -> tuple[float, float]:
    """Limits of the ratios, the same in all groups: all of them, but for those above 2."""
    monte_carlo = _of(curves, MONTE_CARLO)
    every = [np.asarray(RATIOS)]
    for source in ordered(curves["model"]):
        rates = _of(curves, source)["false_positive"]
        filled = (np.minimum(rates, monte_carlo["false_positive"]) >= SMALLEST_RATE) & (
            monte_carlo["rate"] >= EFFICIENCIES[0]
        )
        every.append(monte_carlo["false_positive"][filled] / rates[filled])
    ratios = np.concatenate(every)
    return max(0.0, float(ratios.min()) - 0.1), min(float(ratios.max()) + 0.1, LARGEST_RATIO)


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
    axes: Axes, x: Array, y: Array, limits: tuple[Array, Array], style: dict[str, object],
    label: str = "",
) -> None:  # fmt: skip
    """A curve in its band; the Monte Carlo's is on top."""
    order = 3 if style["color"] == line_styles([MONTE_CARLO])[MONTE_CARLO]["color"] else 2
    axes.plot(x, y, label=label, zorder=order, **style)  # type: ignore[arg-type]
    axes.fill_between(x, *limits, color=style["color"], alpha=0.15, linewidth=0)
