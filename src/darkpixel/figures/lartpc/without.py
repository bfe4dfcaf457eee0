"""Panels of an observable, and what they say of images that do not have it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from darkpixel.config.names import LARTPC
from darkpixel.figures.axis import Axis
from darkpixel.figures.panels import Panel
from darkpixel.metrics.names import is_reconstructed
from darkpixel.tables.names import OBSERVABLES, UNITS, display_name

SMALLEST = 0.0005
"""Share below which "0.0%" would be written."""


def panel_of(
    axis: Axis,
    values: Mapping[str, npt.NDArray[np.float64]],
    name: str,
    title: str,
    lacking: str,
) -> Panel:
    """An observable of some sources, with the shares of images that do not have it.

    Args:
        axis: of the histograms.
        values: source -> the observable of its images, NaN for those that do not have it.
        name: of the observable.
        lacking: what is said of these images, above their shares.
    """
    without, unit = shares_without(values), UNITS[name]
    return Panel(
        axis,
        {source: axis.shares(some) for source, some in values.items()},
        OBSERVABLES[name] + (f" [{unit}]" if unit else ""),
        title=title,
        notes=without,
        heading=f"{lacking}:" if without else "",
    )


def shares_without(values: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, str]:
    """Source -> the share of its images that are NaN, in words; empty where all are too small.

    Args:
        values: source -> an observable of its images, NaN for those that do not have it.
    """
    shares = {source: float(np.isnan(some).mean()) for source, some in values.items()}
    if max(shares.values(), default=0.0) < SMALLEST:
        return {}
    return {source: f"{percent(share)} {_short(source)}" for source, share in shares.items()}


def percent(share: float) -> str:
    """A share to a tenth of a percent; what is not zero is not called so.

    Example:
        >>> percent(0.1234), percent(0.0001), percent(0.0), percent(0.9999), percent(1.0)
        ('12.3%', '<0.1%', '0%', '>99.9%', '100%')
    """
    if share in (0.0, 1.0):
        return f"{100 * share:.0f}%"
    if share < SMALLEST:
        return "<0.1%"
    return ">99.9%" if share > 1 - SMALLEST else f"{100 * share:.1f}%"


def _short(source: str) -> str:
    """A name that fits into a panel."""
    name = display_name(source, LARTPC)
    if is_reconstructed(source):
        name = name.replace("reconstructed by ", "reconstr. ")
    return name.replace("VQ-VAE + PixelCNN", "PixelCNN")
