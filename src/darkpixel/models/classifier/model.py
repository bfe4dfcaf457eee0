"""Classifier of signal against background by their images (SARM 8.6).

Two blocks of two 3 x 3 convolutions with 30 filters and a 2 x 2 maximum, then two dense layers of
100 units and the logit of signal; rectified linear units throughout. Binary cross-entropy.

The paper says neither how the convolutions treat the border (here: padded with zeros, so that
images of any size from 4 x 4 pixels fit) nor how pixel values are scaled (see `inputs`). The
authors' code is another network: see `reference_code`.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.base import Batches, Labelled, Trainable, require_size
from darkpixel.models.classes import require_both_classes
from darkpixel.models.classifier.settings import Settings


class Classifier(Trainable):
    """Classifier of jets and muons: log-odds of signal.

    Attributes:
        columns: `loss` takes `class` (B,): 0 for the first label, signal, and 1 for the second.
    """

    columns: tuple[str, ...] = ("class",)

    def __init__(self, settings: Settings, height: int, width: int) -> None:
        super().__init__()
        self.inputs = settings.inputs
        self.register_buffer("scale", torch.ones(()))
        self.scale: Tensor
        units = settings.units
        if settings.reference_code:
            self.convolutions, features = _reference_convolutions(settings.filters, height, width)
            self.dense = nn.Sequential(nn.Linear(features, units), nn.Linear(units, 1))
        else:
            self.convolutions, features = _convolutions(settings.filters, height, width)
            self.dense = nn.Sequential(
                nn.Linear(features, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(),
                nn.Linear(units, 1),
            )  # fmt: skip
        for layer in self.convolutions:  # convolutions on a CPU are a third faster so
            if isinstance(layer, nn.Conv2d):
                layer.weight.data = layer.weight.contiguous(memory_format=torch.channels_last)

    def examine(self, batches: Iterator[Labelled], path: str | Path) -> None:
        """Refuse images of one class alone."""
        require_both_classes("classifier", batches, path)

    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Take the root mean square of the training pixels, zeros included, as the unit."""
        if self.inputs == "value":
            return
        total, count = 0.0, 0
        for images in batches():
            total += images.double().square().sum().item()
            count += images.numel()
        if total > 0:  # blank images alone have no scale
            self.scale.fill_((total / count) ** 0.5)

    def fitted(self) -> dict[str, float]:
        """The root mean square by which pixels are divided."""
        return {"scale": self.scale.item()}

    def forward(self, images: Tensor) -> Tensor:
        """Log-odds of signal, (B,), of images (B, H, W)."""
        features = self.convolutions((images / self.scale).unsqueeze(1))
        # In float32 whatever the precision: coarse scores would tie images that differ.
        with torch.autocast(images.device.type, enabled=False):
            logits: Tensor = self.dense(features.float())
        return logits.squeeze(1)

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean binary cross-entropy, nats."""
        is_signal = (columns["class"] == 0).float()
        return F.binary_cross_entropy_with_logits(self(images), is_signal)


def _convolutions(filters: int, height: int, width: int) -> tuple[nn.Sequential, int]:
    """Convolutions of the paper's text, and the number of features that they give.

    The maximum of rectified values is the rectified maximum: a quarter of the work.
    """
    require_size("classifier", height, width, 4)
    layers: list[nn.Module] = []
    for channels in (1, filters):
        layers += [
            nn.Conv2d(channels, filters, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1),
            nn.MaxPool2d(2),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Flatten()), filters * (height // 4) * (width // 4)


def _reference_convolutions(filters: int, height: int, width: int) -> tuple[nn.Sequential, int]:
    """Convolutions of the authors' code; each of six layers takes two pixels off a side."""
    require_size("classifier", height, width, 13)
    layers: list[nn.Module] = []
    for channels, last in ((1, filters), (filters, 1)):
        layers += [
            nn.Conv2d(channels, filters, 3),
            nn.ReLU(),
            nn.Conv2d(filters, last, 3),
            nn.MaxPool2d(3, stride=1),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Flatten()), (height - 12) * (width - 12)


def build(settings: Settings, height: int, width: int) -> Classifier:
    """An untrained classifier of images (N, height, width)."""
    return Classifier(settings, height, width)
