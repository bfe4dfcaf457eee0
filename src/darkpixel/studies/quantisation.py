"""What rounding images to the grids of D+D costs, without any model (SARM sections 4.1 and 8.6)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.comparison import Comparison
from darkpixel.metrics.kinematics import image_observables, pixel_size_of
from darkpixel.metrics.wasserstein import wasserstein
from darkpixel.models.sarm.discrete import Discrete

Array = npt.NDArray[np.float64]
Images = npt.NDArray[np.float32]


def round_images(images: Images, power: float, largest: float) -> tuple[Images, int]:
    """Images (N, H, W) on the grid of a power, and how many pixels lie above its largest level."""
    grid = Discrete(1, None, power)
    grid.fit(largest, 1.0)
    pixels = torch.from_numpy(images)
    return grid.quantise(pixels).numpy(), grid.clipped(pixels)


def quantisation_rows(
    test_path: str | Path,
    largest: float,
    powers: Sequence[float],
    *,
    dataset: str,
    label: str,
    settings: Comparison,
    batch_size: int = 4096,
) -> pd.DataFrame:
    """What rounding alone costs: W1 between test images and the same images quantised.

    Args:
        test_path: image file.
        largest: value of the grid's highest level, GeV; there is one level per GeV.
        powers: the values of p to try (SARM section 8.6: 1, 1.1, 1.2, 1.3, 1.5, 2).

    Returns:
        Rows of `power`, `dataset`, `label`, `observable` (`pt`, `mass` in GeV, `zero_fraction`),
        `value` (W1), `error` (bootstrap), `mean`, `mean_quantised`, `clipped`, `n`. The
        images are paired, so there is no noise floor: at an infinitely fine grid the value is zero.
    """
    exact: list[dict[str, Array]] = []
    clipped = dict.fromkeys(powers, 0)
    rounded: dict[float, list[dict[str, Array]]] = {power: [] for power in powers}
    with ImageFile(test_path) as file:
        pixel_size = pixel_size_of(file)
        n = min(settings.n, len(file))
        for start in range(0, n, batch_size):
            images = file.read(start, min(start + batch_size, n))
            exact.append(_with_zeros(images, pixel_size))
            for power in powers:
                quantised, above = round_images(images, power, largest)
                rounded[power].append(_with_zeros(quantised, pixel_size))
                clipped[power] += above
    rows = []
    for power, blocks in rounded.items():
        for name in ("pt", "mass", "zero_fraction"):
            before = np.concatenate([block[name] for block in exact])
            after = np.concatenate([block[name] for block in blocks])
            rows.append(
                {
                    "power": power,
                    "dataset": dataset,
                    "label": label,
                    "observable": name,
                    "value": wasserstein(before, after),
                    "error": _paired_error(before, after, settings),
                    "mean": before.mean(),
                    "mean_quantised": after.mean(),
                    "clipped": clipped[power],
                    "n": n,
                }
            )
    return pd.DataFrame(rows)


def _paired_error(before: Array, after: Array, settings: Comparison) -> float:
    """Bootstrap over images, each drawn together with its rounded self."""
    random = np.random.default_rng(settings.seed)
    distances = []
    for _ in range(settings.bootstrap_repetitions):
        drawn = random.integers(len(before), size=len(before))
        distances.append(wasserstein(before[drawn], after[drawn]))
    return float(np.std(distances, ddof=1))


def _with_zeros(images: npt.NDArray[np.float32], pixel_size: float) -> dict[str, Array]:
    zeros = 1 - np.count_nonzero(images, axis=(1, 2)) / (images.shape[1] * images.shape[2])
    return {**image_observables(images, pixel_size), "zero_fraction": zeros}
