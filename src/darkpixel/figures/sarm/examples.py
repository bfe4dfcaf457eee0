"""Single images: typical ones, and some of each model (SARM figures 1, 6, 11, 18, 23, 24)."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.figures.sarm.grid import Panel, panel_grid, wrapped
from darkpixel.figures.style import (
    ETA,
    PHI,
    draw_image,
    image_colours,
    log_norm,
    look,
    masked,
    pixel_axis,
    save,
    source_name,
)
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.kinematics import pixel_size_of
from darkpixel.metrics.order import ordered

Images = npt.NDArray[np.float32]
Samples = Mapping[str, Mapping[str, str | Path]]
SEARCHED = 2000


def first_seeds(
    samples: Mapping[str, Mapping[str, Sequence[str]]],
) -> dict[str, dict[str, str]]:
    """Label to model to the file of the first seed, of files by seed."""
    return {
        label: {model: files[0] for model, files in models.items()}
        for label, models in samples.items()
    }


def typical_images(paths: Mapping[str, str | Path], stem: str | Path) -> None:
    """SARM figure 1: one typical image of each file, side by side.

    Typical: of the first 2000 images, the one whose sum and number of non-zero pixels lie
    closest to the medians.

    Args:
        paths: title -> image file; files may differ in image size and pixel size.
    """
    with look():
        figure = Figure(
            figsize=(3.5 * len(paths), 2.9), layout=ConstrainedLayoutEngine(wspace=0.08)
        )
        panels = figure.subplots(1, len(paths), squeeze=False)[0]
        for axes, (title, path) in zip(panels, paths.items(), strict=True):
            with ImageFile(path) as file:
                images, pixel_size = file.read(0, SEARCHED), pixel_size_of(file)
                value = pixel_axis(file)
            image = images[typical_index(images)]
            drawn = draw_image(
                axes, masked(image), pixel_size=pixel_size, norm=log_norm(image, decades=4.0)
            )
            zeros = 100 * float((image == 0).mean())
            axes.set(title=f"{title} ({zeros:.1f}% zeros)", xlabel=ETA, ylabel=PHI)
            figure.colorbar(drawn, ax=axes, label=value, pad=0.02, extend="min")
        save(figure, stem)


def example_images(
    samples: Samples, stem: str | Path, *, dataset: str, late: Collection[str] = ()
) -> None:
    """SARM figures 6, 11, 18: one image of each model, log scale, zero white.

    The first image of each file that is not blank is shown, not a chosen one. The scale is that
    of the test images, so that a model that fails does not hide the others.

    Args:
        samples: label -> model (`monte_carlo` for the test images) -> image file.
        late: models that had not converged (`darkpixel.metrics.convergence.late_models`).
    """
    blocks = {}
    for label, paths in samples.items():
        models = ordered(paths)
        blocks[label] = [
            (source_name(model, dataset, late), _filled_image(paths[model])) for model in models
        ]
    panels, row_titles = wrapped(blocks)
    _draw(panels, samples, stem, row_titles=row_titles)


def more_example_images(
    samples: Samples,
    stem: str | Path,
    *,
    dataset: str,
    late: Collection[str] = (),
    per_model: int = 5,
) -> None:
    """SARM figures 23, 24: several images of each model, a row a model, the labels side by side.

    The first images of each file, blank ones among them.

    Args:
        samples: label -> model (`monte_carlo` for the test images) -> image file.
        late: as in `example_images`.
        per_model: images a model and label.

    Raises:
        DarkpixelError: a file holds fewer images.
    """
    models = ordered(model for paths in samples.values() for model in paths)
    panels = []
    for block, paths in enumerate(samples.values()):
        for row, model in enumerate(models):
            if model not in paths:
                continue
            for number, image in enumerate(_first_images(paths[model], per_model)):
                panels.append(Panel(row, block * per_model + number, image))
    _draw(
        panels,
        samples,
        stem,
        row_titles={row: source_name(model, dataset, late) for row, model in enumerate(models)},
        groups={
            label: (block * per_model, (block + 1) * per_model - 1)
            for block, label in enumerate(samples)
        },
        panel_size=1.1,
    )


def typical_index(images: Images) -> int:
    """Index of the image nearest to the median sum and the median number of non-zero pixels.

    Args:
        images: (N, H, W). Distances are in units of each quantity's mean absolute deviation.
    """
    distance = np.zeros(len(images))
    for values in (images.sum(axis=(1, 2)), np.count_nonzero(images, axis=(1, 2)).astype(float)):
        deviation = np.abs(values - np.median(values))
        distance += deviation / max(float(deviation.mean()), 1e-12)
    return int(distance.argmin())


def _draw(
    panels: list[Panel],
    samples: Samples,
    stem: str | Path,
    *,
    row_titles: Mapping[int, str],
    groups: Mapping[str, tuple[int, int]] | None = None,
    panel_size: float = 1.45,
) -> None:
    reference = []
    for paths in samples.values():
        with ImageFile(paths[MONTE_CARLO]) as file:
            reference.append(file.read(0, SEARCHED))
            pixel_size, value = pixel_size_of(file), pixel_axis(file)
    with look():
        figure = panel_grid(
            [
                Panel(p.row, p.column, masked(p.image), p.title, "" if p.image.any() else "blank")
                for p in panels
            ],
            pixel_size=pixel_size,
            norm=log_norm(np.concatenate(reference), decades=4.0),
            colours=image_colours(),
            colour_label=value,
            row_titles=row_titles,
            groups=groups,
            panel_size=panel_size,
            extend="both",
        )
        save(figure, stem)


def _filled_image(path: str | Path) -> Images:
    """The first image that is not blank, (H, W); a blank one where all are."""
    with ImageFile(path) as file:
        images = file.read(0, SEARCHED)
    image: Images = images[int(images.any(axis=(1, 2)).argmax())]
    return image


def _first_images(path: str | Path, count: int) -> Images:
    """The first `count` images, (count, H, W)."""
    with ImageFile(path) as file:
        images = file.read(0, count)
    if len(images) < count:
        raise DarkpixelError(
            f"{path}: holds {len(images)} images, {count} are to be drawn; make more images."
        )
    return images
