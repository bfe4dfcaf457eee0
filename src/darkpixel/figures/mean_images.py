"""Pixel-wise means and their differences to Monte Carlo (SARM figures 7, 12, 16, 19, 21)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.colors import SymLogNorm

from darkpixel.data.image_file import ImageFile
from darkpixel.errors import DarkpixelError
from darkpixel.figures.grid import panel_grid, wrapped
from darkpixel.figures.style import image_colours, log_norm, look, masked, save
from darkpixel.metrics.images import summarise_images
from darkpixel.metrics.kinematics import pixel_size_of
from darkpixel.metrics.names import MONTE_CARLO, display_name, ordered

Mean = npt.NDArray[np.float64]
Means = dict[str, dict[str, Mean]]
Samples = Mapping[str, Mapping[str, Sequence[str | Path]]]


def mean_images(samples: Samples, stem: str | Path, *, dataset: str) -> None:
    """SARM figures 7, 12, 19: mean image of each model, log scale, zero white.

    Args:
        samples: label -> model (`monte_carlo` for the test images) -> image files, one a seed.
    """
    means, pixel_size = _means(samples)
    blocks = {
        label: [(display_name(model, dataset), by_model[model]) for model in ordered(by_model)]
        for label, by_model in means.items()
    }
    everything = np.stack([mean for by_model in means.values() for mean in by_model.values()])
    panels, row_titles = wrapped(
        {label: [(title, masked(mean)) for title, mean in block] for label, block in blocks.items()}
    )
    with look():
        figure = panel_grid(
            panels,
            pixel_size=pixel_size,
            norm=log_norm(everything, decades=6.0),
            colours=image_colours(),
            colour_label="mean pixel $p_T$ [GeV]",
            row_titles=row_titles,
            extend="min",
        )
        save(figure, stem)


def mean_differences(samples: Samples, stem: str | Path, *, dataset: str) -> None:
    """SARM figures 16, 21: mean image of each model minus that of the Monte Carlo.

    The scale diverges about zero (white), the same for all panels: logarithmic in both signs
    down to a hundredth of the largest difference, linear between.

    Args:
        samples: as in `mean_images`; each label needs `monte_carlo`.

    Raises:
        DarkpixelError: no label has a model beside `monte_carlo`.
    """
    means, pixel_size = _means(samples)
    blocks = {
        label: [
            (display_name(model, dataset), by_model[model] - by_model[MONTE_CARLO])
            for model in ordered(by_model)
            if model != MONTE_CARLO
        ]
        for label, by_model in means.items()
    }
    if not any(blocks.values()):
        raise DarkpixelError(f"{stem}: there are no models to compare with Monte Carlo.")
    largest = max(float(np.abs(image).max()) for block in blocks.values() for _, image in block)
    largest = largest or 1.0  # all equal to the Monte Carlo: any scale shows white
    panels, row_titles = wrapped(blocks)
    with look():
        figure = panel_grid(
            panels,
            pixel_size=pixel_size,
            norm=SymLogNorm(largest / 100, vmin=-largest, vmax=largest, base=10),
            colours=mpl.colormaps["RdBu_r"],
            colour_label=f"mean $-$ {display_name(MONTE_CARLO, dataset)} [GeV]",
            row_titles=row_titles,
        )
        save(figure, stem)


def _means(samples: Samples) -> tuple[Means, float]:
    means = {
        label: {
            model: summarise_images(list(paths), [0.0, 1.0]).mean for model, paths in files.items()
        }
        for label, files in samples.items()
    }
    first = next(iter(next(iter(samples.values())).values()))[0]
    with ImageFile(first) as file:
        return means, pixel_size_of(file)
