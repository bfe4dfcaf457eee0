"""Rows of image panels with shared axes, one colour scale and one colour bar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

from darkpixel.figures.style import ETA, PHI, draw_image

# Inches. Panels are placed by hand: exact, the same every time, and quick for many panels.
GAP, TITLE, HEADING, LEFT, BOTTOM, RIGHT, APART = 0.10, 0.20, 0.26, 0.72, 0.46, 0.95, 0.2
LINE = 0.13  # of a title, beyond its first
LETTERS = 17  # of a title to the inch
ROW_LETTERS = 13  # of a row's title, which is larger and bold
_LATE = "(not converged)"


@dataclass(frozen=True)
class Panel:
    """An image (H, W) and its place; masked pixels are white."""

    row: int
    column: int
    image: npt.NDArray[np.floating]
    title: str = ""
    note: str = ""
    """Written across the image."""


def wrapped(
    blocks: Mapping[str, Sequence[tuple[str, npt.NDArray[np.floating]]]], columns: int = 6
) -> tuple[list[Panel], dict[int, str]]:
    """Titled images by block (a label), each block wrapped to rows of at most `columns`.

    Returns:
        The panels, and the block's title for each of its first rows.
    """
    panels, row_titles, row = [], {}, 0
    for name, images in blocks.items():
        row_titles[row] = name
        lines = -(-len(images) // columns)
        per_line = -(-len(images) // lines)  # an even spread: 7 images are 4 + 3, not 6 + 1
        for number, (title, image) in enumerate(images):
            panels.append(Panel(row + number // per_line, number % per_line, image, title))
        row += lines
    return panels, row_titles


def panel_grid(
    panels: Sequence[Panel],
    *,
    pixel_size: float,
    norm: Normalize,
    colours: Colormap,
    colour_label: str,
    row_titles: Mapping[int, str],
    groups: Mapping[str, tuple[int, int]] | None = None,
    panel_size: float = 1.45,
    extend: str = "neither",
    ticks: Sequence[float] | None = None,
) -> Figure:
    """Draw the panels.

    Args:
        panels: images of one size; rows and columns count from the top left.
        pixel_size: side of a pixel in eta and phi.
        row_titles: row -> text at its left.
        groups: text above a range of columns -> (first, last).
        panel_size: width of a panel, inches.
        extend: the open ends of the colour bar, as matplotlib names them.
        ticks: of the colour bar, where matplotlib's own would not do.
    """
    groups = groups or {}
    rows = 1 + max(panel.row for panel in panels)
    columns = 1 + max(panel.column for panel in panels)
    height = panel_size * panels[0].image.shape[0] / panels[0].image.shape[1]
    titles = [_in_lines(panel.title, round(LETTERS * panel_size)) for panel in panels]
    lines = dict.fromkeys(range(rows), 0)
    for panel, title in zip(panels, titles, strict=True):
        lines[panel.row] = max(lines[panel.row], len(title.splitlines()))
    tops, used = [], HEADING if groups else 0.08
    for row in range(rows):
        used += TITLE + LINE * (lines[row] - 1) if lines[row] else 0.0
        tops.append(used)
        used += height + GAP
    starts = sorted(row_titles)
    spans = {
        start: (tops[start], tops[end - 1] + height)
        for start, end in zip(starts, [*starts[1:], rows], strict=True)
    }
    at_left = {
        row: _in_lines(row_titles[row], max(1, int(ROW_LETTERS * (bottom - top))))
        for row, (top, bottom) in spans.items()
    }
    beside = LINE * (max((len(text.splitlines()) for text in at_left.values()), default=1) - 1)
    first_columns = {first for first, _ in groups.values()}
    lefts, across = [], LEFT + beside
    for column in range(columns):
        across += APART if column and column in first_columns else 0.0
        lefts.append(across)
        across += panel_size + GAP
    width_all = across + RIGHT
    height_all = used + BOTTOM
    figure = Figure(figsize=(width_all, height_all))

    def place(
        left: float, top: float, width: float, tall: float
    ) -> tuple[float, float, float, float]:
        """Inches from the top left corner to the figure's fractions."""
        bottom = height_all - top - tall
        return (left / width_all, bottom / height_all, width / width_all, tall / height_all)

    def write(x: float, y: float, text: str, **style: object) -> None:
        figure.text(x / width_all, 1 - y / height_all, text, **style)  # type: ignore[arg-type]

    lowest = {panel.column: panel.row for panel in sorted(panels, key=lambda p: p.row)}
    drawn = None
    for panel, title in zip(panels, titles, strict=True):
        box = place(lefts[panel.column], tops[panel.row], panel_size, height)
        axes = figure.add_axes(box)
        drawn = draw_image(
            axes, panel.image, pixel_size=pixel_size, norm=norm, colours=colours, aspect="auto"
        )
        axes.set_title(title, fontsize=8, pad=3)
        inside: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
        axes.text(0.5, 0.5, panel.note, fontsize=8, color="0.5", **inside)
        axes.tick_params(labelsize=7, length=2)
        axes.tick_params(labelleft=panel.column == 0)
        axes.tick_params(labelbottom=panel.row == lowest[panel.column])
        if panel.row == lowest[panel.column]:
            axes.set_xlabel(ETA, fontsize=8, labelpad=2)
        if panel.column == 0:
            axes.set_ylabel(PHI, fontsize=8, labelpad=1)
    for row, (top, bottom) in spans.items():
        style = {"rotation": 90, "ha": "center", "va": "center", "fontweight": "bold"}
        write(0.17 + beside / 2, (top + bottom) / 2, at_left[row], fontsize=8.5, **style)
    for text, (first, last) in groups.items():
        middle = (lefts[first] + lefts[last] + panel_size) / 2
        write(middle, 0.13, text, ha="center", va="center", fontsize=10, fontweight="bold")
    if drawn is not None:
        tall = min(used - tops[0] - GAP, 4.0)
        middle = (tops[0] + used - GAP) / 2
        bar_axes = figure.add_axes(place(width_all - RIGHT + 0.1, middle - tall / 2, 0.13, tall))
        bar = figure.colorbar(drawn, cax=bar_axes, extend=extend, ticks=ticks)
        bar.set_label(colour_label, fontsize=8)
        bar.ax.tick_params(labelsize=7)
    return figure


def _in_lines(text: str, letters: int) -> str:
    """`text` in lines of so many letters; what is said of a model's training stays together."""
    if _LATE not in text:
        return fill(text, letters)
    return fill(text.replace(_LATE, _LATE.replace(" ", "\xa0")), max(letters, len(_LATE)))
