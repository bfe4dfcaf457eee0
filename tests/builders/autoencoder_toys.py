"""Small VQ-VAEs, and image files for them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from argon_toys import Images, Labels, Species, argon_images
from image_files import LARTPC, write_images
from numpy.typing import NDArray
from torch import nn
from typed_models import build

from darkpixel.models.vqvae.model import VQVAE

SIDE = 32


def small_images(count: int, seed: int = 0) -> tuple[Images, Labels, Species]:
    """The middle of `argon_images`, (count, 32, 32), their labels and species."""
    images, labels, species = argon_images(count, seed)
    middle = slice(16, 16 + SIDE)
    return images[:, middle, middle], labels[:, middle, middle], species


def toy_vqvae(size: tuple[int, int] = (SIDE, SIDE), **options: Any) -> VQVAE:
    """An untrained VQ-VAE with 24 codes of dimension 4, whose codebook knows its encoder."""
    keys = {"codes": 24, "dimension": 4, "encoder_filters": [6, 8], "decoder_filters": [8, 6]}
    return build(VQVAE, {"model": "vqvae", **keys, **options}, size, seed=0)


def fitted_vqvae(images: Images, **options: Any) -> VQVAE:
    """The same, in evaluation mode, its codebook on the encoder's outputs for the images."""
    torch.manual_seed(0)
    _, height, width = images.shape
    model = toy_vqvae((height, width), kmeans_start=True, **options)
    model.fit_to_data(lambda: iter([torch.from_numpy(images)]))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0  # so that one call gives it the statistics of the images
    model.loss(torch.from_numpy(images))
    return model.eval()


def write_argon(path: Path, count: int = 40, seed: int = 0, unit: str = "0.255 MeV") -> Path:
    """An image file of `small_images` with their events, species and labels."""
    images, labels, species = small_images(count, seed)
    columns: dict[str, NDArray[Any]] = {
        "event": 100 + np.arange(count),
        "species": species,
        "pixel_labels": labels,
    }
    return write_images(path, images, columns, seed=3, **LARTPC | {"unit": unit})
