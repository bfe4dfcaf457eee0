"""Small PixelCNN++ models and images for the tests of the model and its samplers."""

from typing import Any

import torch
from torch import Tensor
from typed_models import build

from darkpixel.models.pixelcnnpp.model import PixelCNNPlusPlus


def model(height: int, width: int, **settings: Any) -> PixelCNNPlusPlus:
    keys = {"model": "pixelcnnpp", "filters": 4, "blocks": 1, "mixtures": 3, **settings}
    return build(PixelCNNPlusPlus, keys, (height, width), seed=0).eval()


def sparse_images(n: int, height: int, width: int) -> Tensor:
    """GeV; the last image is empty."""
    generator = torch.Generator().manual_seed(1)
    present = torch.rand(n, height, width, generator=generator) < 0.3
    values = torch.empty(n, height, width).exponential_(0.2, generator=generator)
    images = present * values
    images[-1] = 0
    return images


def randomised(made: PixelCNNPlusPlus, scale: float = 0.1) -> PixelCNNPlusPlus:
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(scale * torch.randn(parameter.shape, generator=generator))
    return made
