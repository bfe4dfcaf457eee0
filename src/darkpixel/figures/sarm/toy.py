"""The two-dimensional toy of SARM appendix 8.1 (figure 15)."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from scipy.stats import gaussian_kde

from darkpixel.figures.style import look, save

Array = npt.NDArray[np.float64]
# x1 ~ N(0, 1), x0 = x1 + epsilon, epsilon ~ N(0, 1); written as (x0, x1)
TRUE_MEAN = np.zeros(2)
TRUE_COVARIANCE = np.array([[2.0, 1.0], [1.0, 1.0]])


def toy_densities(
    training: Array,
    generated: Array,
    stem: str | Path,
    *,
    mean: Array = TRUE_MEAN,
    covariance: Array = TRUE_COVARIANCE,
) -> None:
    """SARM figure 15: density of training and generated pairs, with their means and covariances.

    Filled contours are kernel density estimates; lines are the true density at the same levels.

    Args:
        training: (n, 2) pairs (x0, x1).
        generated: (m, 2) pairs.
        mean, covariance: (2,) and (2, 2) of the true distribution.
    """
    half = 3.4 * float(np.sqrt(covariance.diagonal().max()))
    line = np.linspace(-half, half, 121)
    x0, x1 = np.meshgrid(line + mean[0], line + mean[1])
    offset = np.stack([x0 - mean[0], x1 - mean[1]], axis=-1)
    exponent = np.einsum("...i,ij,...j", offset, np.linalg.inv(covariance), offset)
    truth = np.exp(-exponent / 2) / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))
    peak = truth.max()
    levels = [0.02, 0.1, 0.25, 0.5, 0.75, 1.0]
    with look():
        figure = Figure(figsize=(7.6, 3.6), layout="constrained")
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        for axes, title, points in (
            (panels[0], "training data", training),
            (panels[1], "generated", generated),
        ):
            estimate = gaussian_kde(points.T)(np.stack([x0.ravel(), x1.ravel()]))
            drawn = axes.contourf(
                x0, x1, estimate.reshape(x0.shape) / peak, levels=levels, cmap="Blues", extend="max"
            )
            axes.contour(x0, x1, truth / peak, levels=levels, colors="0.25", linewidths=0.6)
            axes.set(title=f"{title}, n = {len(points)}", xlabel="$x_0$", aspect="equal")
            moments = _moments(points.mean(axis=0), np.cov(points.T))
            axes.text(0.03, 0.97, moments, transform=axes.transAxes, va="top", fontsize=7.5)
        panels[0].set_ylabel("$x_1$")
        truth_text = "lines: truth\n" + _moments(mean, covariance)
        panels[1].text(
            0.97, 0.03, truth_text, transform=panels[1].transAxes, ha="right", fontsize=7.5
        )
        figure.colorbar(drawn, ax=panels, label="density / largest true density")
        save(figure, stem)


def _moments(mean: Array, covariance: Array) -> str:
    first, second = np.round(mean, 2) + 0.0  # no -0.00
    return (
        f"mean ({first:.2f}, {second:.2f})\n"
        f"variance ({covariance[0, 0]:.2f}, {covariance[1, 1]:.2f})\n"
        f"covariance {covariance[0, 1]:.2f}"
    )
