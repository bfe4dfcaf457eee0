"""Liquid-argon images in panels of one colour scale, and figure 1 of the paper."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from darkpixel.config.names import LARTPC
from darkpixel.datasets.charge import charge_per_unit
from darkpixel.figures.style import look, save, source_name
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.image_format import BACKGROUND, SHOWER, TRACK
from darkpixel.metrics.lartpc_observables import pixel_side
from darkpixel.tables.names import PIXEL_LABELS

Array = npt.NDArray[np.floating]
Labels = npt.NDArray[np.uint8]
SEARCHED = 2000
CHARGE = "charge [MeV / pixel]"
# The paper's figures 6 and 7: background dark purple, track yellow, shower cyan.
EMPTY = "#30064D"
LABEL_COLOURS = {BACKGROUND: EMPTY, SHOWER: "#35D0E0", TRACK: "#FDE725"}
# Inches of panel grids.
GAP, TITLE, SIDE, BAR = 0.04, 0.34, 0.08, 0.95


@dataclass(frozen=True)
class ExampleImages:
    """The first images of a file that are not blank, and what the file says of them."""

    images: Array
    """(n, H, W), MeV; pixels at or below the threshold are zero."""
    labels: Labels | None
    """(n, H, W), or None where the file has none."""
    pixel_size: float
    """cm."""


def read_examples(
    path: str | Path, count: int, threshold: float, wanted: npt.ArrayLike | None = None
) -> ExampleImages:
    """The first `count` images that have a pixel above threshold, not chosen ones.

    Blank images follow where there are not enough, and fewer come from a file that holds fewer.

    Args:
        threshold: in the unit of the file.
        wanted: indices of images to read instead of the first.
    """
    with ImageFile(path) as file:
        images = file.read(0, SEARCHED)
        labels = None
        if "pixel_labels" in file.columns:
            labels = file.column("pixel_labels", 0, SEARCHED)
        unit, pixel_size = charge_per_unit(file.attributes), pixel_side(file)
    if wanted is None:
        blank = ~(images > threshold).any(axis=(1, 2))
        index = np.argsort(blank, kind="stable")[:count]
    else:
        index = np.asarray(wanted)
    chosen = images[index].astype(np.float64)
    return ExampleImages(
        images=np.where(chosen > threshold, chosen, 0.0) * unit,
        labels=None if labels is None else labels[index],
        pixel_size=pixel_size,
    )


def charge_norm(images: Sequence[Array]) -> LogNorm:
    """One logarithmic scale for all `images`, MeV: from the faintest pixel to the 99.9% quantile.

    Faint showers (0.1 MeV) and dense tracks (10 MeV) are both seen; the few pixels above take the
    highest colour.
    """
    filled = np.concatenate([block[block > 0] for block in images])
    if not filled.size:
        return LogNorm(0.05, 5.0)
    low = float(filled.min())
    return LogNorm(low, max(float(np.quantile(filled, 0.999)), 2 * low))


def charge_colours() -> Colormap:
    """Colours on a background of their own, from which the faintest pixel stands out."""
    colours = ListedColormap(mpl.colormaps["viridis"](np.linspace(0.25, 1.0, 256)))
    return colours.with_extremes(bad=EMPTY, under=EMPTY)


def draw_charge(axes: Axes, image: Array, norm: Normalize) -> None:
    """An image (H, W) in MeV; zero is the background's colour. Row 0 is at the top."""
    axes.imshow(
        np.ma.masked_less_equal(image, 0),
        cmap=charge_colours(),
        norm=norm,
        interpolation="nearest",
    )
    bare(axes)


def draw_labels(axes: Axes, labels: Labels) -> None:
    """Labels (H, W): background dark purple, track yellow, shower cyan. Row 0 is at the top."""
    colours = ListedColormap([LABEL_COLOURS[k] for k in (BACKGROUND, SHOWER, TRACK)])
    axes.imshow(labels, cmap=colours, vmin=-0.5, vmax=2.5, interpolation="nearest")
    bare(axes)


def bare(axes: Axes) -> None:
    """A panel without ticks; a scale bar gives its scale."""
    axes.set(xticks=[], yticks=[])
    axes.minorticks_off()
    for spine in axes.spines.values():
        spine.set_visible(False)


def scale_bar(axes: Axes, pixel_size: float, length: float = 10.0) -> None:
    """A white bar of `length` cm in the panel's lower left corner."""
    height, width = axes.images[0].get_size()
    pixels = length / pixel_size
    left, bottom = 0.05 * width, 0.94 * height
    axes.plot([left, left + pixels], [bottom, bottom], color="white", linewidth=1.6)
    axes.text(
        left + pixels / 2, bottom - 0.03 * height, f"{length:g} cm", color="white", fontsize=6,
        ha="center", va="bottom",
    )  # fmt: skip


def label_legend(figure: Figure, **place: Any) -> None:
    """What the label colours mean."""
    handles = [
        Patch(facecolor=LABEL_COLOURS[kind], edgecolor="0.4", linewidth=0.5, label=name)
        for kind, name in PIXEL_LABELS.items()
    ]
    figure.legend(handles=handles, ncols=3, **place)


def block_grid(
    blocks: Mapping[str, tuple[int, int]],
    *,
    panel: float,
    apart: float = 0.18,
    below: float = SIDE,
) -> tuple[Figure, list[list[Axes]]]:
    """Blocks of square panels side by side, titled, with room for a colour bar at the right.

    Args:
        blocks: title -> (rows, columns).
        panel: side of a panel, inches.
        apart: between blocks, inches.
        below: the lowest panels, inches.

    Returns:
        The figure and each block's axes, row by row.
    """
    tall = max(rows for rows, _ in blocks.values())
    widths = [columns * (panel + GAP) - GAP for _, columns in blocks.values()]
    width = SIDE + sum(widths) + apart * (len(blocks) - 1) + BAR
    height = TITLE + tall * (panel + GAP) + below
    figure = Figure(figsize=(width, height))
    left, axes = SIDE, []
    for (title, (rows, columns)), wide in zip(blocks.items(), widths, strict=True):
        block = []
        for number in range(rows * columns):
            row, column = divmod(number, columns)
            x = left + column * (panel + GAP)
            y = height - TITLE - row * (panel + GAP) - panel
            box = (x / width, y / height, panel / width, panel / height)
            block.append(figure.add_axes(box))
        middle = (left + wide / 2) / width
        figure.text(middle, 1 - TITLE / 2 / height, title, ha="center", va="center", fontsize=9.5)
        axes.append(block)
        left += wide + apart
    return figure, axes


def charge_bar(figure: Figure, norm: Normalize, top: float = TITLE) -> None:
    """The colour bar at the right of a `block_grid`, `top` inches below the figure's upper edge."""
    width, height = figure.get_size_inches()
    tall = min(height - top - SIDE, 3.5)
    box = (1 - (BAR - 0.12) / width, 1 - (top + tall) / height, 0.12 / width, tall / height)
    charge_bar_in(figure.add_axes(box), norm)


def charge_bar_in(axes: Axes, norm: Normalize) -> None:
    """The colour bar of charges, in axes of its own."""
    mappable = ScalarMappable(norm=norm, cmap=charge_colours())
    bar = axes.figure.colorbar(mappable, cax=axes, extend="max")
    bar.set_label(CHARGE, fontsize=8)
    bar.ax.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    bar.ax.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    bar.ax.minorticks_off()
    bar.ax.tick_params(labelsize=7)


def generated_and_training(
    generated: str | Path,
    training: str | Path,
    stem: str | Path,
    *,
    threshold: float,
    origin: str,
    model: str = "vqvae_pixelcnn",
    late: Collection[str] = (),
    rows: int = 5,
    columns: int = 4,
    right_title: str = "training images",
) -> None:
    """LArTPC figure 1: generated images left, training images right, one colour scale.

    The first images of each file that are not blank are shown, not chosen ones.

    Args:
        generated, training: image files.
        threshold: in the files' unit; pixels at or below it are background.
        origin: of the training images, `darkpixel.tables.names.COMPACT_SIMULATOR` for example.
        model: that generated the images.
        late: models that had not converged (`darkpixel.metrics.convergence.late_models`).
        right_title: what the right images are, where they are no training images.
    """
    left, right = (read_examples(p, rows * columns, threshold) for p in (generated, training))
    norm = charge_norm([right.images])
    titles = {
        f"generated: {source_name(model, LARTPC, late)}": (rows, columns),
        f"{right_title} ({origin})": (rows, columns),
    }
    with look():
        figure, blocks = block_grid(titles, panel=0.95)
        for block, examples in zip(blocks, (left, right), strict=True):
            for axes, image in zip(block, examples.images, strict=False):
                draw_charge(axes, image, norm)
            for axes in block[len(examples.images) :]:
                axes.set_axis_off()
            scale_bar(block[0], examples.pixel_size)
        charge_bar(figure, norm)
        save(figure, stem)
