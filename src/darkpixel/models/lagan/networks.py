"""The two networks of LAGAN (arXiv:1701.05927), as its authors built them at 25x25 pixels.

See `darkpixel.models.lagan.model` for other sizes and for how they are trained.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.lagan.locally_connected import LocallyConnected2d

SLOPE = 0.3
"""Of LeakyReLU: Keras' default, as the authors trained; likewise batch norm's constants."""


class Generator(nn.Module):
    """Latent numbers (B, latent) and classes (B,) to images (B, H, W), in units of the scale.

    Args:
        height, width: of the images, pixels.
        classes: labels that it knows.
        latent: numbers that an image is made from.
        filters: channels of the convolution.
    """

    def __init__(self, height: int, width: int, *, classes: int, latent: int, filters: int) -> None:
        super().__init__()
        self.last = (height + 3, width + 3)  # before the layers of 3x3 and 2x2
        self.start = (2 * filters, *(-(-side // 4) for side in self.last))
        rows, columns = 2 * self.start[1], 2 * self.start[2]
        self.embedding = nn.Embedding(classes, latent)
        self.dense = nn.Linear(latent, 2 * filters * self.start[1] * self.start[2])
        self.convolution = nn.Sequential(
            nn.Conv2d(2 * filters, filters, 5, padding=2),
            nn.LeakyReLU(SLOPE),
            _normalisation(filters),
            nn.Upsample(scale_factor=2),
        )
        self.up = nn.Sequential(
            LocallyConnected2d(filters, 6, (rows, columns), 5, padding=2),
            nn.LeakyReLU(SLOPE),
            _normalisation(6),
            nn.Upsample(scale_factor=2),
        )
        last = LocallyConnected2d(6, 1, (height + 1, width + 1), 2, bias=False)
        self.pixels = nn.Sequential(
            LocallyConnected2d(6, 6, self.last, 3), nn.LeakyReLU(SLOPE), last, nn.ReLU()
        )
        # Images far brighter than any would be told apart at once, and take long to fade.
        nn.init.normal_(last.weight, std=0.003)

    def forward(self, latent: Tensor, classes: Tensor) -> Tensor:
        x = self.dense(latent * self.embedding(classes)).unflatten(1, self.start)
        x = self.up(self.convolution(x))[:, :, : self.last[0], : self.last[1]]
        images: Tensor = self.pixels(x).squeeze(1)
        return images


class Discriminator(nn.Module):
    """Images (B, H, W), in units of the scale, to logits: real (B,) and label (B, classes).

    Args:
        height, width: of the images, pixels.
        classes: labels that it tells apart.
        filters: channels of the convolution.
        dropout: share of outputs dropped after each layer.
        kernels: number and dimensions of the kernels that compare the images of a batch.
    """

    def __init__(
        self,
        height: int,
        width: int,
        *,
        classes: int,
        filters: int,
        dropout: float,
        kernels: tuple[int, int],
    ) -> None:
        super().__init__()
        half = ((height + 1) // 2, (width + 1) // 2)
        quarter = ((half[0] + 1) // 2, (half[1] + 1) // 2)
        self.layers = nn.Sequential(
            nn.Conv2d(1, filters, 5, padding=2),
            nn.LeakyReLU(SLOPE),
            nn.Dropout(dropout),
            *_compared(
                LocallyConnected2d(filters, 8, (height, width), 5, stride=2, padding=2), dropout
            ),
            *_compared(LocallyConnected2d(8, 8, half, 5, padding=2), dropout),
            *_compared(LocallyConnected2d(8, 8, half, 3, stride=2, padding=1), dropout),
            nn.AvgPool2d(2),
            nn.Flatten(),
        )
        features = 8 * (quarter[0] // 2) * (quarter[1] // 2)
        self.kernels = kernels
        self.minibatch = nn.Linear(features, self.kernels[0] * self.kernels[1])
        self.real = nn.Linear(features + self.kernels[0], 1)
        # The first class has the logit 0: for two classes this is the authors' sigmoid.
        self.label = nn.Linear(features + self.kernels[0], classes - 1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        x = self.layers(images.unsqueeze(1))
        x = torch.cat([x, _closeness(self.minibatch(x).unflatten(1, self.kernels))], dim=1)
        return self.real(x).squeeze(1), F.pad(self.label(x), (1, 0))


def _normalisation(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _compared(layer: LocallyConnected2d, dropout: float) -> list[nn.Module]:
    return [layer, nn.LeakyReLU(SLOPE), _normalisation(8), nn.Dropout(dropout)]


def _closeness(values: Tensor) -> Tensor:
    """Minibatch discrimination (arXiv:1606.03498), (B, kernels, d) to (B, kernels).

    For each kernel the sum over the batch of exp(-L1 distance): it shows a generator that repeats
    itself.
    """
    values = values.float().transpose(0, 1)
    return torch.exp(-torch.cdist(values, values, p=1)).sum(2).T
