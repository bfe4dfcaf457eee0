"""Distributions of pixel values (SARM figures 5, 17, 22)."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.axis import Histogram
from darkpixel.figures.curves import in_groups
from darkpixel.figures.panels import Panel, panel_blocks
from darkpixel.figures.pixel_axis import pixel_value_axes, summary_on
from darkpixel.figures.style import look, palette, pixel_axis, save
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.names import is_derived
from darkpixel.tables.names import display_name

CENTRE, PERIPHERY = palette(0), palette(1)


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
        bins: of pixel values, and marked ones for all beyond.
    """
    every = pixel_value_axes({label: [path] for label, path in paths.items()}, bins)
    with look():
        figure = Figure(figsize=(3.1 * (len(paths) + 1) + 0.6, 3.0), layout="constrained")
        panels = figure.subplots(1, len(paths) + 1)
        for axes, (label, path) in zip(panels[:-1], paths.items(), strict=True):
            axis = every[label]
            summary = summary_on(axis, [path], centre)
            for region, colour in (("centre", CENTRE), ("periphery", PERIPHERY)):
                zeros = 100 * summary.zero_fraction(region)
                name = f"{centre} × {centre} centre" if region == "centre" else "periphery"
                axes.stairs(
                    summary.density(region)[0],
                    axis.edges,
                    color=colour,
                    fill=region == "centre",
                    alpha=0.5 if region == "centre" else 1.0,
                    label=f"{name} ({zeros:.1f}% zeros)",
                )
            axis.draw(axes)
            with ImageFile(path) as file:
                value = pixel_axis(file)
            axes.set(title=f"(a) {label}", xlabel=value, yscale="log")
            low, high = axes.get_ylim()
            axes.set_ylim(low, low * (high / low) ** 1.25)  # for the legend
            axes.legend(loc="upper right")
        panels[0].set_ylabel("share of the region's pixels / bin")
        _generation_path(panels[-1], stages, side)
        save(figure, stem)


def pixel_value_distributions(
    samples: Mapping[str, Mapping[str, Sequence[str | Path]]],
    stem: str | Path,
    *,
    dataset: str,
    late: Collection[str] = (),
    bins: int = 56,
) -> None:
    """SARM figures 17, 22: values of all non-zero pixels, a column a label, ratios to Monte Carlo.

    The marked bins hold all pixels beyond the axis; each panel says the share of zeros. With more
    models than share a panel, each group of them has a block of panels of its own.

    Args:
        samples: label -> model (`monte_carlo` for the test images) -> image files, one a seed.
        late: models that had not converged (`darkpixel.metrics.convergence.late_models`).
        bins: beside the marked ones (`darkpixel.figures.pixel_axis`).
    """
    every = {model for by_model in samples.values() for model in by_model}
    groups = in_groups(model for model in every if not is_derived(model))
    blocks: list[list[Panel]] = [[] for _ in groups]
    axes = pixel_value_axes(
        {label: by_model[MONTE_CARLO] for label, by_model in samples.items()}, bins
    )
    for label, by_model in samples.items():
        axis = axes[label]
        with ImageFile(by_model[MONTE_CARLO][0]) as file:
            value = pixel_axis(file)
        histograms, zeros = {}, {}
        for model, paths in by_model.items():
            if is_derived(model):
                continue
            summary = summary_on(axis, paths)
            histograms[model] = Histogram(*summary.density())
            zeros[model] = f"{100 * summary.zero_fraction():.2f}% {display_name(model, dataset)}"
        for block, group in zip(blocks, groups, strict=True):
            shown = [model for model in (MONTE_CARLO, *group) if model in histograms]
            block.append(
                Panel(
                    axis, {model: histograms[model] for model in shown}, value, title=label,
                    notes={model: zeros[model] for model in shown}, heading="zero pixels:",
                )
            )  # fmt: skip
    with look():
        figure = panel_blocks(
            blocks, columns=len(samples), dataset=dataset, late=late, logarithmic=True,
            ylabel="share of all pixels / bin",
        )  # fmt: skip
        save(figure, stem)


def _generation_path(axes: Axes, stages: Sequence[npt.NDArray[np.int64]], side: int) -> None:
    """The pixels of each stage, joined in the order in which they are generated."""
    for number, pixels in enumerate(stages):
        rows, columns = np.divmod(np.asarray(pixels), side)
        colour = palette(number)
        axes.plot(columns, rows, color=colour, linewidth=1.0, label=f"stage {number + 1}")
        axes.plot(columns[0], rows[0], "o", color=colour, markersize=3)
    axes.set(title="(b) order of generation", xlim=(-0.5, side - 0.5), ylim=(side - 0.5, -0.5))
    axes.set(xlabel="column", ylabel="row", aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
