"""SSNet: labels the pixels of liquid-argon images as track or shower (LArTPC A.5).

A dense residual U-Net gives three scores per pixel: background, shower, track. The loss covers
non-zero pixels only, each class with the weight 1 - N_c / N of its share of the batch, as in the
network's reference code (`NuTufts/uresnet_pytorch`); pixels without charge teach nothing.

Differences from the paper: batch norm keeps running statistics (the authors' normalises by the
batch at hand: option `reference_code`); and training's weight decay is decoupled and moves
matrices only.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional as F

from darkpixel.errors import DarkpixelError
from darkpixel.formats.digests import file_digest
from darkpixel.formats.image_format import BACKGROUND, SHOWER, TRACK
from darkpixel.models.base import Labelled, Trainable
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_state, save_model
from darkpixel.models.ssnet.settings import Settings
from darkpixel.models.ssnet.unet import UNet

CLASSES = 3  # background, shower, track: the values of `pixel_labels`
FULL_SCALE = 10.0  # of the largest pixel with `normalise: maximum`
SCALE_RANGE = (0.9, 1.1)  # of the pixel values in augmentation (paper A.5)
_IGNORED = -100
_TAUGHT = {SHOWER: "shower", TRACK: "track"}
"""Between which it decides."""


class SSNet(Trainable):
    """The segmentation network of liquid-argon images.

    Attributes:
        columns: `loss` takes `pixel_labels` (B, H, W): 0 background, 1 shower, 2 track.
    """

    columns: tuple[str, ...] = ("pixel_labels",)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.normalise = settings.normalise
        self.network = UNet(
            1,
            CLASSES,
            filters=settings.filters,
            depth=settings.depth,
            running_statistics=settings.reference_code is None,
        )

    def examine(self, batches: Iterator[Labelled], path: str | Path) -> None:
        """Refuse images whose charge is all of one class.

        Its weight in the loss, 1 - N_c / N, would be 0: nothing would be learned, and the loss of
        the untrained network would be the least there is.
        """
        counts = dict.fromkeys(_TAUGHT, 0)
        for images, columns in batches:
            charged = images > 0
            for label in counts:
                counts[label] += int((charged & (columns["pixel_labels"] == label)).sum())
        missing = [_TAUGHT[label] for label, count in counts.items() if not count]
        if missing:
            raise DarkpixelError(
                f"{path}: no pixel with charge is labelled {' or '.join(missing)} in "
                "`pixel_labels`; ssnet learns to tell showers from tracks: give it images that "
                "have both."
            )

    def scaled(self, images: Tensor) -> Tensor:
        """Images (B, H, W) on the scale that the network sees."""
        if self.normalise == "fixed":
            return images
        largest = images.amax((1, 2), keepdim=True)
        return FULL_SCALE * (images / largest.clamp(min=torch.finfo(images.dtype).tiny))

    def logits(self, images: Tensor) -> Tensor:
        """Scores before the softmax, (B, 3, H, W), of images already on the network's scale."""
        scores: Tensor = self.network(images.unsqueeze(1))
        return scores.float()

    def scores(self, images: Tensor) -> Tensor:
        """Softmax over background, shower and track, (B, 3, H, W), of images (B, H, W).

        The background's means nothing: it was never trained.
        """
        return self.logits(self.scaled(images)).softmax(1)

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Cross-entropy per non-zero pixel, weighted by 1 - N_c / N; nats.

        N counts the non-zero pixels of the batch and N_c those of class c among them. In
        training mode the images are augmented first.
        """
        labels = columns["pixel_labels"].long()
        images = self.scaled(images)
        if self.training:
            images, labels = augmented(images, labels)
        nonzero = images > 0
        total = nonzero.sum().clamp(min=1)
        counts = torch.stack([(nonzero & (labels == label)).sum() for label in range(CLASSES)])
        summed = F.cross_entropy(
            self.logits(images),
            labels.masked_fill(~nonzero, _IGNORED),
            weight=1 - counts / total,
            ignore_index=_IGNORED,
            reduction="sum",
        )
        return summed / total


def augmented(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Each image flipped, transposed and scaled at random, its labels with it (paper A.5).

    Flips along either axis and the transposition (of square images) have probability 1/2; the
    pixel values are multiplied by one uniform number in [0.9, 1.1] an image. It comes after any
    normalisation, which would cancel it, as it does in the authors' code. The draws are from
    torch's global generator.

    Args:
        images, labels: (B, H, W).
    """
    draws = torch.rand(4, len(images), 1, 1, device=images.device)

    def turned(pixels: Tensor) -> Tensor:
        pixels = torch.where(draws[0] < 0.5, pixels.flip(1), pixels)
        pixels = torch.where(draws[1] < 0.5, pixels.flip(2), pixels)
        if pixels.shape[1] == pixels.shape[2]:
            pixels = torch.where(draws[2] < 0.5, pixels.mT, pixels)
        return pixels

    low, high = SCALE_RANGE
    return turned(images) * (low + (high - low) * draws[3]), turned(labels)


def pixel_labels(scores: Tensor, charged: Tensor) -> Tensor:
    """Predicted label of each pixel, (B, H, W) uint8.

    Where `charged` is true it is shower or track, whichever has the larger score; elsewhere it is
    background. The background score is left out because the loss never sees background.

    Args:
        scores: (B, 3, H, W).
        charged: (B, H, W) bool, pixels above threshold.
    """
    track = scores[:, TRACK] > scores[:, SHOWER]
    labels = torch.where(track, TRACK, SHOWER)
    return torch.where(charged, labels, BACKGROUND).to(torch.uint8)


def import_weights(
    path: str | Path,
    settings: Mapping[str, Any],
    folder: str | Path,
    *,
    image_size: tuple[int, int],
    images: Mapping[str, Any],
) -> None:
    """Make the folder of a trained SSNet from a safetensors file of its weights and buffers.

    Args:
        path: tensors named as those of `SSNet.state_dict`.
        settings: as for `build_model`, `model: ssnet` among them.
        folder: to write, `model.safetensors` and `config.yaml`.
        image_size: height and width of the images that it was trained on, pixels.
        images: `dataset`, `label`, `pixel_size` and `unit` of those images.

    Raises:
        DarkpixelError: the file is missing or broken, or a name or shape does not fit.
    """
    model = build_model(settings, image_size, seed=0)  # every weight is replaced below
    try:
        state = safetensors.torch.load_file(path)
    except FileNotFoundError as error:
        raise DarkpixelError(f"{path}: no such file of weights; check the path.") from error
    except SafetensorError as error:
        raise DarkpixelError(
            f"{path}: not a safetensors file ({error}); convert the weights first."
        ) from error
    load_state(model, state, path)
    save_model(model, folder, images=dict(images), weights=str(path), digest=file_digest(path))


def build(settings: Settings, height: int, width: int) -> SSNet:
    """An untrained network; it takes images of any size."""
    return SSNet(settings)
