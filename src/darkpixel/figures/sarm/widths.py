"""Speed, memory and size of D+D by the width of its upsampling layer (SARM section 6.1.5)."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from darkpixel.figures.style import line_style, look, save
from darkpixel.tables.names import display_name

PAPER_WIDTH = 10
"""SARM section 8.6."""
_DASHES = ("-", "--")
_MARKERS = ("o", "s")


def width_study(rows: pd.DataFrame, stem: str | Path) -> None:
    """Three panels against the width: images per second, peak memory, parameters.

    Args:
        rows: `darkpixel.studies.widths.width_rows`. A panel whose measures are all NaN, which
            memory is on some systems, is left out.
    """
    first = rows.iloc[0]
    per_core = " per core" if first["device"] == "cpu" else ""
    panels = {
        f"images / s{per_core}": {"sampling": "sampling_speed", "training": "training_speed"},
        "peak memory [MB]": {"sampling": "sampling_memory", "training": "training_memory"},
        "parameters": {
            "dense, as the paper counts": "parameters_dense",
            "without masked ones": "parameters_free",
        },
    }
    measured = {
        title: measures
        for title, measures in panels.items()
        if rows.loc[rows["observable"].isin(measures.values()), "value"].notna().any()
    }
    with look():
        figure = Figure(figsize=(3.3 * len(measured), 3.2), layout="constrained")
        grid = figure.subplots(1, len(measured), squeeze=False)[0]
        colour = line_style(str(first["model"]))["color"]
        for axes, (title, measures) in zip(grid, measured.items(), strict=True):
            axes.axvline(PAPER_WIDTH, color="0.75", linewidth=1, zorder=0)
            for number, (name, observable) in enumerate(measures.items()):
                curve = rows[rows["observable"] == observable].sort_values("width")
                axes.errorbar(
                    curve["width"],
                    curve["value"],
                    yerr=curve["error"].fillna(0),
                    color=colour if number == 0 else "0.35",
                    linestyle=_DASHES[number],
                    marker=_MARKERS[number],
                    markersize=4,
                    capsize=2,
                    label=name,
                )
            axes.set_ylabel(title)
            _scales(axes, sorted(set(rows["width"])))
            axes.legend(loc="best")
        name = display_name(str(first["model"]), str(first["dataset"]))
        figure.suptitle(
            f"{name} on {first['dataset']}, {first['n']} images at once, {first['threads']} "
            f"thread{'s' if first['threads'] != 1 else ''}; {first['hardware']}",
            fontsize=7.5,
        )
        save(figure, stem)


def _scales(axes: Axes, widths: list[int]) -> None:
    """Logarithmic axes, the widths as ticks."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(widths, [str(width) for width in widths])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(f"width of the upsampling layer (paper: {PAPER_WIDTH})")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _short(value: float, _: object) -> str:
    """A tick in plain digits: 200, 5M."""
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value:g}"
