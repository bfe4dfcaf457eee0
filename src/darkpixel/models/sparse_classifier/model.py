"""Network on the non-zero pixels of an image: what each sees, and what all of them make."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.base import Batches, Labelled, Trainable
from darkpixel.models.classes import require_both_classes
from darkpixel.models.sparse_classifier.settings import Settings

_SMALLEST, _LARGEST = 0.01, 0.999
"""Quantiles of the non-zero training pixels: the unit, and the last bump."""
_SAMPLE = 500_000
"""Pixels from which they are taken."""
_AT_ONCE = 64
"""Images whose pixels are described together: noisy images can have all of them filled."""


class SparseClassifier(Trainable):
    """Classifier of sparse images: log-odds of the first class.

    Attributes:
        columns: `loss` takes `class` (B,): 0 for the first class and 1 for the second.
    """

    columns: tuple[str, ...] = ("class",)

    def __init__(self, settings: Settings, height: int, width: int) -> None:
        super().__init__()
        self.side, self.block = 2 * settings.reach + 1, settings.block
        self.register_buffer("unit", torch.ones(()))
        self.register_buffer("centres", torch.linspace(0, 6, settings.bins))
        self.unit: Tensor
        self.centres: Tensor
        self.register_buffer("middle", torch.tensor([(height - 1) / 2, (width - 1) / 2]), False)
        self.middle: Tensor
        units = settings.units
        self.pixel = nn.Sequential(
            nn.Linear(2 * self.side**2 + settings.bins + 2, units), nn.ReLU(),
            nn.Linear(units, units), nn.ReLU(),
        )  # fmt: skip
        self.whole = nn.Sequential(nn.Linear(2 * units + 1, units), nn.ReLU(), nn.Linear(units, 1))

    def examine(self, batches: Iterator[Labelled], path: str | Path) -> None:
        """Refuse images of one class alone."""
        require_both_classes("sparse_classifier", batches, path)

    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Take from the first training images where the logarithms of the charges lie."""
        found: list[Tensor] = []
        for images in batches():
            found.append(images[images > 0])
            if sum(map(len, found)) >= _SAMPLE:
                break
        pixels = torch.cat(found)[:_SAMPLE].double()
        if len(pixels) == 0:  # blank images alone have no scale
            return
        smallest, largest = torch.quantile(
            pixels, torch.tensor([_SMALLEST, _LARGEST], dtype=torch.float64)
        ).tolist()
        self.unit.fill_(smallest)
        last = torch.log1p(torch.tensor(largest / smallest)).item()
        self.centres.copy_(torch.linspace(0.5, last + 0.5, len(self.centres)))

    def fitted(self) -> dict[str, float]:
        """The unit of the charges, and the logarithm of the largest."""
        return {"unit": self.unit.item(), "last_centre": self.centres[-1].item()}

    def forward(self, images: Tensor) -> Tensor:
        """Log-odds of the first class, (B,), of images (B, H, W)."""
        # In float32 whatever the precision: coarse numbers would hide small differences of charge.
        with torch.autocast(images.device.type, enabled=False):
            return torch.cat([self._log_odds(part) for part in images.float().split(_AT_ONCE)])

    def _log_odds(self, images: Tensor) -> Tensor:
        """Of a few images, (b,)."""
        image, row, column = torch.nonzero(images, as_tuple=True)
        found = self.pixel(self._seen(images, image, row, column))
        total = found.new_zeros(len(images), found.shape[1]).index_add(0, image, found)
        count = torch.bincount(image, minlength=len(images)).to(total.dtype).unsqueeze(1)
        # A hundred pixels is what a sparse image has: all inputs are of the order of one.
        inputs = [total / count.clamp(min=1), total / 100, count / 100]
        logits: Tensor = self.whole(torch.cat(inputs, dim=1))
        return logits.squeeze(1)

    def _seen(self, images: Tensor, image: Tensor, row: Tensor, column: Tensor) -> Tensor:
        """What each non-zero pixel sees, (P, features): of charges Q log(1 + Q / unit)."""
        pixels = images / self.unit
        size = self.block
        blocks = F.avg_pool2d(pixels.unsqueeze(1), size, ceil_mode=True).squeeze(1) * size
        around = [
            self._around(torch.log1p(pixels), image, row, column),
            self._around(torch.log1p(blocks), image, row // size, column // size),
        ]
        charge = torch.log1p(pixels[image, row, column]).unsqueeze(1)
        width = self.centres[1] - self.centres[0]
        bumps = torch.exp(-((charge - self.centres) ** 2) / width**2)
        place = torch.stack([row, column], dim=1) / self.middle.clamp(min=1) - 1
        return torch.cat([*(values / 3 for values in around), bumps, place], dim=1)

    def _around(self, values: Tensor, image: Tensor, row: Tensor, column: Tensor) -> Tensor:
        """Values (b, h, w) in the square around each place, (P, side^2); zero outside."""
        padded = F.pad(values, (self.side // 2,) * 4)
        steps = torch.arange(self.side, device=values.device)
        rows, columns = row[:, None, None] + steps[:, None], column[:, None, None] + steps
        return padded[image[:, None, None], rows, columns].flatten(1)

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean binary cross-entropy, nats."""
        is_first = (columns["class"] == 0).float()
        return F.binary_cross_entropy_with_logits(self(images), is_first)


def build(settings: Settings, height: int, width: int) -> SparseClassifier:
    """An untrained classifier of images (N, height, width)."""
    return SparseClassifier(settings, height, width)
