"""Distributions of pixel values (SARM figures 5, 17, 22)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.ratio import Histogram, draw_with_ratio, mark_overflow
from darkpixel.figures.style import look, pixel_axis, save
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.images import largest_pixel, summarise_images
from darkpixel.metrics.names import is_derived
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import display_name

BEYOND = 5
LETTERS = 34  # of a line of the legend
CENTRE, PERIPHERY = "#D55E00", "#0072B2"


def pixel_values_by_region(
    paths: Mapping[str, str | Path],
    stages: Sequence[npt.NDArray[np.int64]],
    stem: str | Path,
    *,
    side: int,
    centre: int = 3,
    bins: int = 56,
) -> None:
    """SARM figure 5: (a) pixel values in the centre and the periphery; (b) the generation path.

    Args:
        paths: label -> training or test images, one panel (a) each.
        stages: raster indices of each stage's pixels in the order of generation, drawn in (b).
        side: pixels per side of the images.
        centre: side of the central square, pixels.
    """
    with look():
        figure = Figure(figsize=(3.1 * (len(paths) + 1) + 0.6, 3.0), layout="constrained")
        panels = figure.subplots(1, len(paths) + 1)
        for axes, (label, path) in zip(panels[:-1], paths.items(), strict=True):
            edges = np.linspace(0.0, largest_pixel(path) or 1.0, bins + 1)
            summary = summarise_images([path], edges, centre)
            for region, colour in (("centre", CENTRE), ("periphery", PERIPHERY)):
                zeros = 100 * summary.zero_fraction(region)
                name = f"{centre} × {centre} centre" if region == "centre" else "periphery"
                axes.stairs(
                    summary.density(region)[0],
                    edges,
                    color=colour,
                    fill=region == "centre",
                    alpha=0.5 if region == "centre" else 1.0,
                    label=f"{name} ({zeros:.1f}% zeros)",
                )
            with ImageFile(path) as file:
                value = pixel_axis(file)
            axes.set(title=f"(a) {label}", xlabel=value, yscale="log", xlim=(0, edges[-1]))
            axes.set_ylim(top=8 * axes.get_ylim()[1])
            axes.legend(loc="upper right")
        panels[0].set_ylabel("share of the region's pixels")
        _generation_path(panels[-1], stages, side)
        save(figure, stem)


def pixel_value_distributions(
    samples: Mapping[str, Mapping[str, Sequence[str | Path]]],
    stem: str | Path,
    *,
    dataset: str,
    bins: int = 56,
) -> None:
    """SARM figures 17, 22: values of all non-zero pixels, a column a label, ratios to Monte Carlo.

    The axis ends where the Monte Carlo has only five larger pixels; the marked bin beyond holds
    all larger ones, and the legend gives the share of zeros.

    Args:
        samples: label -> model (`monte_carlo` for the test images) -> image files, one a seed.
    """
    with look():
        models = ordered(m for by_model in samples.values() for m in by_model)
        models = [model for model in models if not is_derived(model)]
        names = (display_name(model, dataset) + " (00.0% zeros)" for model in models)
        lines = sum(len(fill(name, LETTERS).splitlines()) for name in names)
        tall = 4.2 + 0.17 * max(0, lines - 6)  # the legends are inside the panels
        figure = Figure(figsize=(4.3 * len(samples), tall))
        grid = figure.add_gridspec(
            2, len(samples), height_ratios=[3, 1], hspace=0.06, wspace=0.2, top=1 - 0.25 / tall,
            left=0.18 / len(samples) + 0.01, right=0.985, bottom=0.46 / tall,
        )  # fmt: skip
        for column, (label, by_model) in enumerate(samples.items()):
            edges = np.linspace(0.0, 1.1 * _axis_end(by_model[MONTE_CARLO]), bins)
            edges = np.append(edges, edges[-1] + edges[1])
            histograms = {}
            for model in models:
                if model not in by_model:
                    continue
                summary = summarise_images(list(by_model[model]), edges)
                zeros = f"({100 * summary.zero_fraction():.1f}% zeros)"
                histograms[model] = Histogram(*summary.density(), note=zeros)
            main = figure.add_subplot(grid[0, column])
            ratio = figure.add_subplot(grid[1, column])
            draw_with_ratio(main, ratio, edges, histograms, dataset=dataset, ratio_range=(0.0, 2.0))
            smallest = min(float(h.heights[h.heights > 0].min(initial=1.0))
                           for h in histograms.values())  # fmt: skip
            main.set_yscale("log")
            main.set_ylim(smallest / 2, 3)
            mark_overflow(main, edges, above=True)
            for entry in main.legend(loc="upper right").get_texts():
                entry.set_text(fill(entry.get_text(), LETTERS))
            _make_room(main, edges, [histogram.heights for histogram in histograms.values()])
            main.set_title(label, fontweight="bold")
            with ImageFile(by_model[MONTE_CARLO][0]) as file:
                ratio.set_xlabel(pixel_axis(file))
            if column == 0:
                main.set_ylabel("share of all pixels / bin")
                ratio.set_ylabel(f"ratio to\n{display_name(MONTE_CARLO, dataset)}", fontsize=8)
        save(figure, stem)


def _axis_end(paths: Sequence[str | Path]) -> float:
    """A value that at most `BEYOND` pixels exceed, to a thousandth of the largest; 1 for none."""
    largest = max(largest_pixel(path) for path in paths)
    if largest == 0:
        return 1.0
    edges = np.linspace(0.0, largest, 1001)
    counts = summarise_images(list(paths), edges).counts["all"]
    above = counts[::-1].cumsum()[::-1]  # pixels in this bin or a higher one
    return float(edges[max(1, int(np.count_nonzero(above > BEYOND)))])


def _make_room(
    axes: Axes, edges: npt.NDArray[np.float64], heights: Sequence[npt.NDArray[np.float64]]
) -> None:
    """Raise the end of a logarithmic axis until no curve runs through the legend."""
    figure, legend = axes.get_figure(root=True), axes.get_legend()
    assert figure is not None
    assert legend is not None
    figure.draw_without_rendering()
    box = legend.get_window_extent().transformed(axes.transAxes.inverted())
    left, right = axes.get_xlim()
    beside = edges[1:] > left + box.x0 * (right - left)
    highest = max(float(curve[beside].max(initial=0.0)) for curve in heights)
    low, high = axes.get_ylim()
    if box.y0 > 0 and highest > 0:
        axes.set_ylim(low, max(high, low * (1.5 * highest / low) ** (1 / box.y0)))


def _generation_path(axes: Axes, stages: Sequence[npt.NDArray[np.int64]], side: int) -> None:
    """The pixels of each stage, joined in the order in which they are generated."""
    colours = (CENTRE, PERIPHERY, "#009E73", "#CC79A7")
    for number, pixels in enumerate(stages):
        rows, columns = np.divmod(np.asarray(pixels), side)
        colour = colours[number % len(colours)]
        axes.plot(columns, rows, color=colour, linewidth=1.0, label=f"stage {number + 1}")
        axes.plot(columns[0], rows[0], "o", color=colour, markersize=3)
    axes.set(title="(b) order of generation", xlim=(-0.5, side - 0.5), ylim=(side - 0.5, -0.5))
    axes.set(xlabel="column", ylabel="row", aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
