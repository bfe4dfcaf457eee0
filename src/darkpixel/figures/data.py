"""Statistics of a data set: mean image, pixel values, zeros, range, for each label."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from darkpixel.figures.pixel_axis import pixel_value_axes, summary_on
from darkpixel.figures.style import (
    ETA,
    PHI,
    draw_image,
    log_norm,
    look,
    masked,
    palette,
    pixel_axis,
    save,
)
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.images import ImageSummary
from darkpixel.metrics.kinematics import pixel_size_of

_ANGLES = {"xlabel": ETA, "ylabel": PHI}
_CENTIMETRES = {"xlabel": "relative position [cm]", "ylabel": "relative position [cm]"}


def data_statistics(
    paths: Mapping[str, str | Path], stem: str | Path, *, title: str, bins: int = 56
) -> None:
    """Mean image, pixel values and numbers of each label, a row each.

    Args:
        paths: label -> image file (SARM section 2 gives the same numbers for the paper's data).
        title: above all panels, e.g. "jets, training images".
        bins: of pixel values, and marked ones for all beyond.
    """
    axes = pixel_value_axes({label: [path] for label, path in paths.items()}, bins)
    with look():
        figure = Figure(figsize=(8.2, 2.7 * len(paths) + 0.3), layout="constrained")
        figure.suptitle(title, fontweight="bold")
        grid = figure.subplots(len(paths), 3, squeeze=False, width_ratios=[1.25, 1.4, 0.9])
        for (left, middle, right), (label, path) in zip(grid, paths.items(), strict=True):
            axis = axes[label]
            summary = summary_on(axis, [path])
            with ImageFile(path) as file:
                pixel_size, attributes = pixel_size_of(file), file.attributes
                value, mean = pixel_axis(file), pixel_axis(file, "mean pixel")
            in_centimetres = str(attributes.get("dataset", "")).startswith("lartpc")
            unit = str(attributes.get("unit", "GeV"))
            drawn = draw_image(
                left,
                masked(summary.mean),
                pixel_size=pixel_size,
                norm=log_norm(summary.mean, decades=6.0),
            )
            left.set(title=f"{label}: mean image", **(_CENTIMETRES if in_centimetres else _ANGLES))
            figure.colorbar(drawn, ax=left, label=mean, pad=0.02)
            middle.stairs(summary.density()[0], axis.edges, fill=True, color=palette(2))
            axis.draw(middle)
            middle.set(title=f"{label}: pixel values", xlabel=value, yscale="log")
            middle.set(ylabel="share of all pixels / bin")
            right.axis("off")
            right.text(0, 0.95, _numbers(summary, unit), va="top", linespacing=1.7)
        save(figure, stem)


def _numbers(summary: ImageSummary, unit: str) -> str:
    height, width = summary.mean.shape
    factor, of_unit = _scale(unit)
    return "\n".join(
        [
            f"{summary.images:,} images",
            f"{height} × {width} pixels",
            f"{100 * summary.zero_fraction():.2f}% zero pixels",
            f"{summary.blank:,} blank image{'s' if summary.blank != 1 else ''}",
            f"smallest non-zero {factor * summary.smallest:.3g} {of_unit}",
            f"largest {factor * summary.largest:.4g} {of_unit}",
            f"mean sum {factor * summary.mean.sum():.4g} {of_unit}",
        ]
    )


def _scale(unit: str) -> tuple[float, str]:
    """A file's unit as a number and a unit without one.

    Example:
        >>> _scale("0.255 MeV"), _scale("GeV"), _scale("2 by eye")
        ((0.255, 'MeV'), (1.0, 'GeV'), (2.0, 'by eye'))
    """
    number, _, rest = unit.partition(" ")
    try:
        return (float(number), rest) if rest else (1.0, unit)
    except ValueError:
        return 1.0, unit
