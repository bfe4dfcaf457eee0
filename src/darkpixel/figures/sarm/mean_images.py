"""Pixel-wise means and their differences to Monte Carlo (SARM figures 7, 12, 16, 19, 21)."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.colors import SymLogNorm

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.figures.sarm.grid import panel_grid, wrapped
from darkpixel.figures.style import (
    image_colours,
    log_norm,
    look,
    masked,
    pixel_axis,
    save,
    signed_decades,
    source_name,
)
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.images import summarise_images
from darkpixel.metrics.kinematics import pixel_size_of
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import display_name

Mean = npt.NDArray[np.float64]
Means = dict[str, dict[str, Mean]]
Samples = Mapping[str, Mapping[str, Sequence[str | Path]]]


def mean_images(
    samples: Samples, stem: str | Path, *, dataset: str, late: Collection[str] = ()
) -> None:
    """SARM figures 7, 12, 19: mean image of each model, log scale, zero white.

    The scale is that of the test images, so that a model that fails does not hide the others.

    Args:
        samples: label -> model (`monte_carlo` for the test images) -> image files, one a seed.
        late: models that had not converged (`darkpixel.metrics.convergence.late_models`).
    """
    means, first = _means(samples)
    blocks = {
        label: [(source_name(model, dataset, late), by_model[model]) for model in ordered(by_model)]
        for label, by_model in means.items()
    }
    reference = np.stack([by_model[MONTE_CARLO] for by_model in means.values()])
    panels, row_titles = wrapped(
        {label: [(title, masked(mean)) for title, mean in block] for label, block in blocks.items()}
    )
    with look():
        figure = panel_grid(
            panels,
            pixel_size=first.pixel_size,
            norm=log_norm(reference, decades=6.0),
            colours=image_colours(),
            colour_label=first.axis,
            row_titles=row_titles,
            extend="both",
        )
        save(figure, stem)


def mean_differences(
    samples: Samples, stem: str | Path, *, dataset: str, late: Collection[str] = ()
) -> None:
    """SARM figures 16, 21: mean image of each model minus that of the Monte Carlo.

    The scale diverges about zero (white), the same for all panels: logarithmic in both signs
    down to a hundredth of its end, linear between. It ends at the largest difference, or at the
    largest mean of the test images if a model that fails goes beyond.

    Args:
        samples, late: as in `mean_images`; each label needs `monte_carlo`.

    Raises:
        DarkpixelError: no label has a model beside `monte_carlo`.
    """
    means, first = _means(samples)
    blocks = {
        label: [
            (source_name(model, dataset, late), by_model[model] - by_model[MONTE_CARLO])
            for model in ordered(by_model)
            if model != MONTE_CARLO
        ]
        for label, by_model in means.items()
    }
    if not any(blocks.values()):
        raise DarkpixelError(f"{stem}: there are no models to compare with Monte Carlo.")
    difference = max(float(np.abs(image).max()) for block in blocks.values() for _, image in block)
    filled = max(float(by_model[MONTE_CARLO].max()) for by_model in means.values())
    largest = min(difference, filled) or 1.0  # all equal to the Monte Carlo: any scale shows white
    panels, row_titles = wrapped(blocks)
    with look():
        figure = panel_grid(
            panels,
            pixel_size=first.pixel_size,
            norm=SymLogNorm(largest / 100, vmin=-largest, vmax=largest, base=10),
            colours=mpl.colormaps["RdBu_r"],
            colour_label=f"{first.axis}, generated $-$ {display_name(MONTE_CARLO, dataset)}",
            ticks=signed_decades(largest / 100, largest),
            row_titles=row_titles,
            extend="both",
        )
        save(figure, stem)


class _About(NamedTuple):
    """What the files of one data set share."""

    pixel_size: float
    axis: str


def _means(samples: Samples) -> tuple[Means, _About]:
    means = {
        label: {
            model: summarise_images(list(paths), [0.0, 1.0]).mean for model, paths in files.items()
        }
        for label, files in samples.items()
    }
    first = next(iter(next(iter(samples.values())).values()))[0]
    with ImageFile(first) as file:
        return means, _About(pixel_size_of(file), pixel_axis(file, "mean pixel"))
