"""Mean image, pixel-value histograms and zeros of an image file, streamed in batches."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from darkpixel.formats.image_file import ImageFile

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
REGIONS = ("all", "centre", "periphery")


def centre_mask(height: int, width: int, side: int) -> npt.NDArray[np.bool_]:
    """(H, W), true in the central square of `side` pixels (SARM section 4.2).

    An even image and an odd side, or the reverse, put the square half a pixel off the centre, in
    the same direction as `darkpixel.models.sarm.orders.stage_pixels` does.
    """
    mask = np.zeros((height, width), dtype=bool)
    top, left = ((size - 1) // 2 - (side - 1) // 2 for size in (height, width))
    mask[top : top + side, left : left + side] = True
    return mask


@dataclass
class ImageSummary:
    """What the figures need of a file of images; energies in GeV for jets and muons."""

    images: int
    mean: Array
    """(H, W) pixel-wise mean."""
    edges: Array
    """(bins + 1,) edges of the pixel-value histograms."""
    counts: dict[str, Counts]
    """(bins,) non-zero pixels per bin, for each region; the last bin takes all that is larger."""
    zeros: dict[str, int]
    """Pixels that are zero, for each region."""
    pixels: dict[str, int]
    """Pixels in each region, zeros included."""
    smallest: float = field(default=float("nan"))
    """Smallest non-zero pixel, NaN if all are zero."""
    largest: float = 0.0
    blank: int = 0
    """Images without any non-zero pixel."""

    def zero_fraction(self, region: str = "all") -> float:
        return self.zeros[region] / self.pixels[region]

    def density(self, region: str = "all") -> tuple[Array, Array]:
        """Non-zero pixels per bin over all pixels of the region, and the Poisson error, (bins,)."""
        counts = self.counts[region].astype(np.float64)
        return counts / self.pixels[region], np.sqrt(counts) / self.pixels[region]


def summarise_images(
    paths: list[str | Path], edges: npt.ArrayLike, centre: int = 3, batch_size: int = 4096
) -> ImageSummary:
    """Summary of all images of `paths` together (the seeds of one model), a batch at a time.

    Args:
        paths: image files of one size.
        edges: (bins + 1,) ascending edges of the pixel-value histograms; values above the last
            are counted in the last bin, so that no pixel is lost.
        centre: side of the central square, pixels.
    """
    edges = np.asarray(edges, dtype=np.float64)
    bins = len(edges) - 1
    images = blank = 0
    total: Array | None = None
    counts = {region: np.zeros(bins, dtype=np.int64) for region in REGIONS}
    zeros = dict.fromkeys(REGIONS, 0)
    smallest, largest = np.inf, 0.0
    inside = np.zeros((0, 0), dtype=bool)
    for path in paths:
        with ImageFile(path) as file:
            for batch in file.batches(batch_size):
                block = batch["images"]
                if total is None:
                    total = np.zeros(block.shape[1:])
                    inside = centre_mask(block.shape[1], block.shape[2], centre)
                images += len(block)
                blank += int((~block.any(axis=(1, 2))).sum())
                total += block.sum(axis=0, dtype=np.float64)
                regions = {"centre": block[:, inside], "periphery": block[:, ~inside]}
                for region, values in regions.items():
                    filled = values[values > 0]
                    zeros[region] += values.size - filled.size
                    if filled.size:
                        smallest = min(smallest, float(filled.min()))
                        largest = max(largest, float(filled.max()))
                        inner = np.minimum(filled, edges[-1])  # numpy closes the last bin
                        counts[region] += np.histogram(inner, edges)[0]
    assert total is not None  # the reader refuses files without images
    zeros["all"] = zeros["centre"] + zeros["periphery"]
    counts["all"] = counts["centre"] + counts["periphery"]
    central = int(inside.sum())
    return ImageSummary(
        images=images,
        mean=total / images,
        edges=edges,
        counts=counts,
        zeros=zeros,
        pixels={
            "all": images * inside.size,
            "centre": images * central,
            "periphery": images * (inside.size - central),
        },
        smallest=smallest if np.isfinite(smallest) else float("nan"),
        largest=largest,
        blank=blank,
    )


def largest_pixel(path: str | Path, batch_size: int = 4096) -> float:
    """The largest pixel of a file, 0 if it is all blank."""
    with ImageFile(path) as file:
        return max(float(batch["images"].max()) for batch in file.batches(batch_size))
