"""Physics features of images, and the samples of equal size that are compared by them."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.images import centre_mask
from darkpixel.metrics.kinematics import image_observables, pixel_coordinates, pixel_size_of
from darkpixel.metrics.names import is_derived
from darkpixel.metrics.observables import Source

Array = npt.NDArray[np.float64]
Images = npt.NDArray[np.float32]
Describe = Callable[[Images], Array]
"""Features (N, F) of images (N, H, W)."""

SCALED = "monte_carlo_scaled"
"""Monte Carlo with its pixels multiplied by `SCALE`, which every test must distinguish from it."""
SCALE = 1.05

FEATURES = (
    "pt", "mass", "sum", "nonzero", "maximum", "second", "dispersion", "girth", "eta", "phi",
    "eta_width", "phi_width", "centre", "inner_ring", "outer_ring", "corners",
)  # fmt: skip
"""Names of the columns of `image_features`, in their order."""

_BLOCK = 2048  # images in memory at once


class Sample(NamedTuple):
    """Images `start` to `start` + n of a file, compared with the first n test images.

    Splits and samples are in random order (`darkpixel.datasets.shuffling`), so that any n images of
    a file are like the others.
    """

    model: str
    """Model name; `monte_carlo` and `SCALED` are training images, the controls."""
    seed: int
    path: str
    start: int = 0
    scale: float = 1.0
    """Factor of every pixel."""

    def part(self, start: int) -> "Sample":
        """The same sample without its first `start` images."""
        return self._replace(start=self.start + start)

    def blocks(self, n: int, size: int = _BLOCK) -> Iterator[Images]:
        """The sample's n images as (b, H, W), b up to `size`.

        Raises:
            DarkpixelError: the file holds fewer.
        """
        with ImageFile(self.path) as file:
            if len(file) < self.start + n:
                raise DarkpixelError(
                    f"{self.path}: found {len(file)} images, but {self.start + n} are needed for a "
                    f"comparison at n = {n}; lower `n` or make more images."
                )
            for start in range(self.start, self.start + n, size):
                images = file.read(start, min(start + size, self.start + n))
                yield images if self.scale == 1 else images * np.float32(self.scale)


def compared_samples(
    sources: Sequence[Source], *, test: str, train: str, n: int
) -> tuple[list[Sample], int]:
    """The controls and all sources, in their order, as samples of one size.

    Controls come first: n training images as they are, and with their pixels scaled. Rows
    `quantised_{model}` are *other* test images than the reference, rounded to a model's grid.

    Args:
        sources: generated and quantised images.
        test: its first n images are the reference.
        train: Monte Carlo of the same simulation; no image of it is a test image.
        n: images a side at most.

    Returns:
        The samples, and n: no larger than half the test images, the training images, and the
        smallest source.

    Raises:
        DarkpixelError: a file's images differ in size from the test images, or too few to compare.
    """
    with ImageFile(test) as file:
        shape, half = file.shape[1:], len(file) // 2
    sizes = [half]
    for path in (train, *(source.path for source in sources)):
        with ImageFile(path) as file:
            if file.shape[1:] != shape:
                raise DarkpixelError(
                    f"{path}: images of {file.shape[1:]} pixels, but those of {test} have {shape}; "
                    "compare images of one data set."
                )
            sizes.append(len(file))
    quantised = [size // 2 for size, s in zip(sizes[2:], sources, strict=True) if _rounded(s)]
    n = min(n, *sizes, *quantised)
    if n < 20:
        raise DarkpixelError(
            f"{test}: a two-sample test at n = {n} means nothing (half the test images, or the "
            "smallest sample); make at least 40 test images and 20 of each sample."
        )
    controls = [Sample(MONTE_CARLO, 0, train), Sample(SCALED, 0, train, scale=SCALE)]
    made = [Sample(*source, start=n if _rounded(source) else 0) for source in sources]
    return [*controls, *made], n


def monte_carlo_sets(train: str, n: int, sets: int = 5) -> list[Sample]:
    """Up to `sets` disjoint samples of n training images each, of which the first is the control.

    Each is as good as the simulation itself: together they show how far a perfect generator is
    from the reference.
    """
    with ImageFile(train) as file:
        starts = range(0, min(len(file) // n, sets) * n, n)
    return [Sample(MONTE_CARLO, 0, train, start) for start in starts]


def image_features(images: npt.NDArray[np.floating], pixel_size: float) -> Array:
    """Sixteen features of each image, finite for blank ones.

    With I the value of a pixel, S = sum I, eta and phi its coordinates
    (`darkpixel.metrics.kinematics.image_observables`) and <x> = sum I x / S, 0 for a blank image:

    - `pt`, `mass`, GeV: each pixel a massless particle (SARM section 6.1.2);
    - `sum` S, `maximum`, `second` (the two largest pixels), GeV; `nonzero`, pixels;
    - `dispersion` sqrt(sum I^2) / S, 1 for a single pixel (CMS: pTD);
    - `girth` <R>, R = sqrt(eta^2 + phi^2) from the image's centre;
    - `eta`, `phi`: centroid <eta>, <phi>; `eta_width`, `phi_width`: sqrt(<x^2> - <x>^2);
    - `centre`, `inner_ring`, `outer_ring`, `corners`, GeV: energy in the central 3x3 square,
      between it and 7x7, between that and 15x15, and outside.

    Args:
        images: (N, H, W), GeV.
        pixel_size: side of a pixel in eta and phi.

    Returns:
        (N, 16) float64, columns as in `FEATURES`.
    """
    count, height, width = images.shape
    phi, eta = pixel_coordinates(height, width, pixel_size)
    phi, eta = np.repeat(phi, width), np.tile(eta, height)
    squares = [centre_mask(height, width, min(side, height, width)) for side in (3, 7, 15)]
    inside = [square.ravel().astype(np.float64) for square in squares]
    weights = [np.hypot(eta, phi), eta, phi, eta**2, phi**2, *inside]
    pixels = images.reshape(count, -1).astype(np.float64)
    total = pixels.sum(axis=1)
    # Girth among them, as `kinematics.girth` gives it: one product for all moments is faster.
    moments = pixels @ np.stack(weights, axis=1)

    def over_total(values: Array) -> Array:
        result: Array = np.divide(values, total, out=np.zeros(count), where=total > 0)
        return result

    girth, eta_mean, phi_mean, eta_square, phi_square = map(over_total, moments.T[:5])
    three, seven, fifteen = moments.T[5:]
    largest = np.partition(pixels, -2, axis=1)[:, -2:]
    columns = {
        **image_observables(images, pixel_size),
        "sum": total,
        "nonzero": np.count_nonzero(pixels, axis=1),
        "maximum": largest[:, 1],
        "second": largest[:, 0],
        "dispersion": over_total(np.sqrt(np.einsum("ij,ij->i", pixels, pixels))),
        "girth": girth,
        "eta": eta_mean,
        "phi": phi_mean,
        # rounding can leave the variance of a single pixel below zero
        "eta_width": np.sqrt(np.maximum(eta_square - eta_mean**2, 0)),
        "phi_width": np.sqrt(np.maximum(phi_square - phi_mean**2, 0)),
        "centre": three,
        "inner_ring": seven - three,
        "outer_ring": fifteen - seven,
        "corners": total - fifteen,
    }
    return np.stack([columns[name] for name in FEATURES], axis=1).astype(np.float64)


def sample_features(sample: Sample, n: int, describe: Describe) -> Array:
    """Features of a sample's n images, streamed, (n, F)."""
    return np.concatenate([describe(block) for block in sample.blocks(n)])


def calorimeter_features(path: str) -> Describe:
    """`image_features` at the pixel side that a file states.

    Raises:
        DarkpixelError: it states none.
    """
    with ImageFile(path) as file:
        return partial(image_features, pixel_size=pixel_size_of(file))


def _rounded(source: Source) -> bool:
    return is_derived(source.model)
