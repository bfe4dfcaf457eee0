"""SSNet's labels of generated and test images (LArTPC figures 2, 5, 6, 7)."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from matplotlib.typing import ColorType

from darkpixel.config.names import LARTPC, MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.figures.axis import Axis
from darkpixel.figures.lartpc.images import (
    ExampleImages,
    block_grid,
    charge_bar,
    charge_bar_in,
    charge_norm,
    draw_charge,
    draw_labels,
    label_legend,
    read_examples,
    scale_bar,
)
from darkpixel.figures.style import line_style, look, save, source_name
from darkpixel.metrics.divergence import Histograms, LabelSummary, summarise_labels
from darkpixel.metrics.names import snapshot_epoch
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import display_name

PAIRS_ACROSS = 6
FIGURE_2 = (10.0, 5.2)  # inches
EXAMPLES_LEFT, EXAMPLES_RIGHT = 0.48, 0.92  # of the width


def pixel_counts(
    generated: Sequence[str | Path],
    test: str | Path,
    stem: str | Path,
    *,
    settings: Histograms,
    threshold: float,
    origin: str,
    model: str = "vqvae_pixelcnn",
    late: Collection[str] = (),
    examples: int = 4,
) -> None:
    """LArTPC figure 2: (a) labelled pixels per image; labels on (b) generated, (c) test images.

    Args:
        generated: label files of a model's samples, one a seed.
        test: label file of the test images.
        threshold: pixels above it are counted, in the unit of the files.
        origin: of the test images, `darkpixel.tables.names.COMPACT_SIMULATOR` for example.
        late: models that had not converged (`darkpixel.metrics.convergence.late_models`).
        examples: images in (b) and in (c), each over its labels.
    """
    summaries = {model: summarise_labels(generated, settings)}
    summaries[MONTE_CARLO] = summarise_labels([test], settings)
    shown = {
        f"(b) {source_name(model, LARTPC, late)}": _labelled(generated[0], examples, threshold),
        f"(c) test images ({origin})": _labelled(test, examples, threshold),
    }
    norm = charge_norm([part.images for part in shown.values()])
    colours = {model: line_style(model)["color"], MONTE_CARLO: "black"}
    names = {name: source_name(name, LARTPC, late) for name in summaries}
    with look():
        figure = Figure(figsize=FIGURE_2)
        left = figure.add_gridspec(2, 1, left=0.07, right=0.435, top=0.94, bottom=0.09, hspace=0.08)
        upper = figure.add_subplot(left[0, 0])
        lower = figure.add_subplot(left[1, 0], sharex=upper)
        for axes, kind in ((upper, "shower"), (lower, "track")):
            _draw_histograms(axes, summaries, f"{kind}_pixels", settings, colours, names)
            axes.set_ylabel("share of images / bin")
            axes.text(0.93, 0.95, kind, transform=axes.transAxes, ha="right", va="top",
                      fontweight="bold")  # fmt: skip
        upper.tick_params(labelbottom=False)
        upper.set_title("(a)", loc="left", fontweight="bold")
        upper.legend(loc="upper right", bbox_to_anchor=(0.95, 0.89))
        lower.set_xlabel("labelled pixels per image")
        for top, (title, part) in zip((0.94, 0.478), shown.items(), strict=True):
            _over_labels(figure, title, part, norm, top)
        label_legend(figure, loc="lower right", bbox_to_anchor=(0.995, -0.01))
        bar = figure.add_axes((EXAMPLES_RIGHT + 0.012, 0.35, 0.012, 0.5))
        charge_bar_in(bar, norm)
        save(figure, stem)


def ssnet_by_epoch(
    snapshots: Mapping[str, Sequence[str | Path]],
    test: str | Path,
    stem: str | Path,
    *,
    settings: Histograms,
    model: str = "vqvae_pixelcnn",
    late: Collection[str] = (),
) -> None:
    """LArTPC figure 5: labelled pixels per image and SSNet scores, by epoch of the PixelCNN.

    Args:
        snapshots: `{model}-epoch{epoch}` -> label files, one a seed.
        test: label file of the test images.
        model: whose snapshots they are.
        late: models that had not converged (`darkpixel.metrics.convergence.late_models`).
    """
    names = ordered(snapshots)
    summaries = {name: summarise_labels(snapshots[name], settings) for name in names}
    summaries[MONTE_CARLO] = summarise_labels([test], settings)
    shades = mpl.colormaps["plasma"](np.linspace(0.85, 0.2, len(names)))
    colours = dict(zip(names, map(mpl.colors.to_hex, shades), strict=True))
    colours[MONTE_CARLO] = "black"
    epochs = {name: f"epoch {snapshot_epoch(name)}" for name in names}
    epochs[MONTE_CARLO] = display_name(MONTE_CARLO, LARTPC)
    with look():
        figure = Figure(figsize=(7.6, 5.2), layout="constrained")
        panels = figure.subplots(2, 2, sharex="col")
        for row, kind in zip(panels, ("shower", "track"), strict=True):
            for axes, what in zip(row, ("pixels", "score"), strict=True):
                _draw_histograms(axes, summaries, f"{kind}_{what}", settings, colours, epochs)
                axes.set_title(f"{kind} {'pixels' if what == 'pixels' else 'score'}", fontsize=9)
            row[0].set_ylabel("share of images / bin")
            row[1].set_ylabel("share of pixels / bin")
        panels[1, 0].set_xlabel("labelled pixels per image")
        panels[1, 1].set_xlabel("SSNet score of pixels above threshold")
        figure.legend(
            *panels[0, 0].get_legend_handles_labels(), ncols=min(6, len(summaries)),
            loc="outside upper center", title=source_name(model, LARTPC, late),
        )  # fmt: skip
        save(figure, stem)


def labelled_examples(
    path: str | Path, stem: str | Path, *, examples: int, threshold: float, title: str
) -> None:
    """LArTPC figures 6 and 7: pairs of an image and its labels.

    The first images that are not blank are shown, not chosen ones.

    Args:
        path: label file, of generated (figure 6) or test images (figure 7).
        examples: pairs.
        threshold: pixels above it make an image one that is not blank.
        title: above the pairs.
    """
    part = _labelled(path, examples, threshold)
    norm = charge_norm([part.images])
    assert part.labels is not None  # _labelled refuses files without
    across = min(PAIRS_ACROSS, examples)
    rows = -(-examples // across)
    with look():
        blocks = {f" {' ' * k}": (rows, 2) for k in range(across)}  # titled as one, below
        figure, places = block_grid(blocks, panel=0.8, apart=0.12)
        for number in range(rows * across):
            row, column = divmod(number, across)
            left, right = places[column][2 * row : 2 * row + 2]
            if number >= len(part.images):
                left.remove()
                right.remove()
                continue
            draw_charge(left, part.images[number], norm)
            draw_labels(right, part.labels[number])
        scale_bar(places[0][0], part.pixel_size)
        charge_bar(figure, norm)
        _, height = figure.get_size_inches()
        figure.text(0.01, 1 - 0.17 / height, title, va="center", fontsize=9.5, fontweight="bold")
        label_legend(figure, loc="center right", bbox_to_anchor=(0.995, 1 - 0.17 / height))
        save(figure, stem)


def _labelled(path: str | Path, count: int, threshold: float) -> ExampleImages:
    part = read_examples(path, count, threshold)
    if part.labels is None:
        raise DarkpixelError(f"{path}: no column `pixel_labels`; label the images first.")
    return part


def _over_labels(
    figure: Figure, title: str, part: ExampleImages, norm: LogNorm, top: float
) -> None:
    """Images in a row that begins at `top` (of the figure's height), their labels below."""
    assert part.labels is not None
    width, height = FIGURE_2
    step = (EXAMPLES_RIGHT - EXAMPLES_LEFT) / max(4, len(part.images))  # larger ones would overlap
    side = step - 0.05 / width
    tall = side * width / height
    for number, (image, labels) in enumerate(zip(part.images, part.labels, strict=True)):
        x = EXAMPLES_LEFT + number * step
        above = figure.add_axes((x, top - tall, side, tall))
        below = figure.add_axes((x, top - 2 * tall - 0.05 / height, side, tall))
        draw_charge(above, image, norm)
        draw_labels(below, labels)
        if number == 0:
            scale_bar(above, part.pixel_size)
    figure.text(EXAMPLES_LEFT, top + 0.012, title, fontweight="bold", fontsize=9)


def _draw_histograms(
    axes: Axes,
    summaries: Mapping[str, LabelSummary],
    quantity: str,
    settings: Histograms,
    colours: Mapping[str, ColorType],
    names: Mapping[str, str],
) -> None:
    """Share of entries per bin, logarithmic, with statistical errors.

    The last bin of numbers of pixels holds all that is more, and is marked.
    """
    counted = quantity.endswith("pixels")
    low, high = settings.count_range if counted else (0.0, 1.0)
    for name, summary in summaries.items():
        heights, errors = summary.density(quantity)
        edges = np.linspace(low, high, len(heights) + 1)
        centres = (edges[1:] + edges[:-1]) / 2
        axes.stairs(heights, edges, color=colours[name], linewidth=1.1, label=names[name])
        axes.errorbar(centres, heights, errors, fmt="none", ecolor=colours[name], elinewidth=0.8)
    filled = [s.density(quantity)[0][s.entries[quantity] > 0] for s in summaries.values()]
    smallest = np.concatenate(filled).min(initial=0.1)
    Axis(edges, above=counted).draw(axes)
    axes.set(yscale="log", ylim=(10 ** np.floor(np.log10(smallest)), 1.3))
    axes.yaxis.set_major_locator(LogLocator(numticks=20))
    axes.yaxis.set_minor_formatter(NullFormatter())
