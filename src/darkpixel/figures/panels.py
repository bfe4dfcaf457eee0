"""Blocks of panels, each a histogram over its ratios, with a legend above each block."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.axis import Axis, Histogram
from darkpixel.figures.ratio import draw_with_ratio
from darkpixel.figures.style import line_styles, source_name
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import display_name

# Inches. Panels are placed by hand: exact, the same every time, and quick for many panels.
LEFT, RIGHT, APART, TITLE, MAIN, GAP, RATIO, BELOW = 0.85, 0.12, 0.55, 0.22, 1.9, 0.07, 0.65, 0.5
LINE, LETTER, HANDLE = 0.17, 0.062, 0.55  # of a legend
NOTE = 0.115  # a line of notes


@dataclass(frozen=True)
class Panel:
    """Monte Carlo and at most a few models on one axis."""

    axis: Axis
    histograms: Mapping[str, Histogram]
    """Source -> shares of its images, or pixels; holds `monte_carlo`."""
    xlabel: str
    title: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Source -> what is written about it in the panel, in its colour."""
    heading: str = ""
    """Above the notes."""


def panel_blocks(
    blocks: Sequence[Sequence[Panel]],
    *,
    columns: int,
    dataset: str,
    ylabel: str,
    late: Collection[str] = (),
    ratio_range: tuple[float, float] = (0.5, 1.5),
    logarithmic: bool = False,
    width: float = 3.3,
    foot: float = 0.0,
) -> Figure:
    """Draw the panels of each block in rows, and above them the legend of the block.

    Args:
        blocks: of panels that show the same sources.
        ylabel: of the panels of the first column; all show shares in bins.
        late: models that had not converged, for the legends.
        logarithmic: heights.
        width: of a panel, inches.
        foot: room below all panels, for what else the figure shows, inches.
    """
    whole = LEFT + columns * width + (columns - 1) * APART + RIGHT
    cell = TITLE + MAIN + GAP + RATIO + BELOW
    rows = [-(-len(block) // columns) for block in blocks]
    names = [_longest(block, dataset, late) for block in blocks]
    fitting = [max(1, int((whole - 0.2) / (HANDLE + LETTER * longest))) for _, longest in names]
    lines = [-(-count // across) for (count, _), across in zip(names, fitting, strict=True)]
    tall = sum(LINE * one + 0.1 + cell * some for one, some in zip(lines, rows, strict=True))
    tall += foot
    figure = Figure(figsize=(whole, tall))
    top = tall
    for block, one, across in zip(blocks, lines, fitting, strict=True):
        place = top - 0.07
        top -= LINE * one + 0.1
        for number, panel in enumerate(block):
            row, column = divmod(number, columns)
            x = LEFT + column * (width + APART)
            y = top - row * cell - TITLE - MAIN
            main = figure.add_axes((x / whole, y / tall, width / whole, MAIN / tall))
            below = (y - GAP - RATIO) / tall
            ratio = figure.add_axes((x / whole, below, width / whole, RATIO / tall))
            _draw(
                main, ratio, panel, dataset=dataset, late=late, ratio_range=ratio_range,
                logarithmic=logarithmic,
            )  # fmt: skip
            if column == 0:
                main.set_ylabel(ylabel)
                ratio.set_ylabel(f"ratio to\n{_reference(dataset)}", fontsize=8)
            if number == 0:
                figure.legend(
                    *main.get_legend_handles_labels(), ncols=across, loc="upper center",
                    bbox_to_anchor=(0.5, place / tall), borderaxespad=0, borderpad=0,
                )  # fmt: skip
        top -= cell * -(-len(block) // columns)
    return figure


def _draw(main: Axes, ratio: Axes, panel: Panel, **keys: Any) -> None:
    lines = len(panel.notes) + bool(panel.heading)
    covered = (NOTE * lines + 0.08) / MAIN if lines else 0.06
    draw_with_ratio(main, ratio, panel.axis, panel.histograms, covered=covered, **keys)
    main.set_title(panel.title, fontweight="bold", pad=3)
    ratio.set_xlabel(panel.xlabel, labelpad=2)
    texts = [(panel.heading, "0.2")] if panel.heading else []
    styles = line_styles(panel.histograms)
    texts += [(text, styles[source]["color"]) for source, text in panel.notes.items()]
    right = 0.97 - 0.06 * panel.axis.above
    for number, (text, colour) in enumerate(texts):
        main.text(
            right, 1 - (0.06 + NOTE * number) / MAIN, text, transform=main.transAxes, ha="right",
            va="top", fontsize=6.5, color=colour,
        )  # fmt: skip


def _longest(block: Sequence[Panel], dataset: str, late: Collection[str]) -> tuple[int, int]:
    """Entries of a block's legend, and the letters of the longest."""
    names = [source_name(model, dataset, late) for model in ordered(block[0].histograms)]
    return len(names), max(map(len, names))


def _reference(dataset: str) -> str:
    return display_name(MONTE_CARLO, dataset)
