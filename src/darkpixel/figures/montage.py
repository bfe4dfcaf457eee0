"""Many images of one file on one colour scale: `darkpixel show`."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from darkpixel.figures.style import PNG_DPI, image_colours, log_norm, look, masked
from darkpixel.figures.written import as_written
from darkpixel.formats.files import whole_file

_SIDE, _GAP, _BAR, _HEAD = 1.1, 0.06, 0.9, 0.3  # inches


def montage(images: npt.NDArray[np.floating], path: str | Path, *, title: str, unit: str) -> None:
    """Draw images beside each other, as wide as high; zero is white.

    Args:
        images: (N, H, W).
        path: .png, .pdf or .svg.
        title: above them.
        unit: of the pixels, for the colour bar.

    Raises:
        DarkpixelError: the file cannot be written.
    """
    count, height, width = images.shape
    columns = max(1, round(math.sqrt(2 * count * height / width)))
    rows = -(-count // columns)
    panel = (_SIDE, _SIDE * height / width)
    size = columns * (panel[0] + _GAP) + _BAR, rows * (panel[1] + _GAP) + _HEAD
    norm, colours = log_norm(images, decades=4.0), image_colours()
    with look():
        figure = Figure(figsize=size)
        figure.text(0.01, 1 - _HEAD / 2 / size[1], as_written(title), va="center", fontsize=9)
        for number, image in enumerate(images):
            row, column = divmod(number, columns)
            left = column * (panel[0] + _GAP) + _GAP / 2
            bottom = size[1] - _HEAD - (row + 1) * (panel[1] + _GAP) + _GAP
            place = (left / size[0], bottom / size[1], panel[0] / size[0], panel[1] / size[1])
            axes = figure.add_axes(place, xticks=[], yticks=[])
            axes.imshow(masked(image), cmap=colours, norm=norm, interpolation="nearest")
            if not image.any():
                axes.text(0.5, 0.5, "blank", transform=axes.transAxes, ha="center", color="0.5")
        left, tall = 1 - (_BAR - 0.12) / size[0], min(0.9, 3 / size[1])
        bar = figure.add_axes((left, (1 - tall) / 2, 0.12 / size[0], tall))
        figure.colorbar(ScalarMappable(norm, colours), cax=bar, extend="min").set_label(
            f"pixel [{unit}]" if unit else "pixel"
        )
        with whole_file(path) as temporary:
            figure.savefig(temporary, dpi=PNG_DPI)
