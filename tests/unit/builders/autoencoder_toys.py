"""Small VQ-VAEs, and image files for them."""

import numpy as np
import torch
from argon_toys import argon_images
from torch import nn

from darkpixel.formats.image_file import ImageWriter
from darkpixel.models.build import build_model

SIDE = 32


def small_images(count, seed=0):
    """The middle of `argon_images`, (count, 32, 32), and the species."""
    images, labels, species = argon_images(count, seed)
    middle = slice(16, 16 + SIDE)
    return images[:, middle, middle], labels[:, middle, middle], species


def toy_vqvae(size=(SIDE, SIDE), **options):
    """An untrained VQ-VAE with 24 codes of dimension 4, whose codebook knows its encoder."""
    keys = {"codes": 24, "dimension": 4, "encoder_filters": [6, 8], "decoder_filters": [8, 6]}
    return build_model({"model": "vqvae", **keys, **options}, size, seed=0)


def fitted_vqvae(images, **options):
    """The same, in evaluation mode, its codebook on the encoder's outputs for the images."""
    torch.manual_seed(0)
    model = toy_vqvae(images.shape[1:], kmeans_start=True, **options)
    model.fit_to_data(lambda: iter([torch.from_numpy(images)]))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0  # so that one call gives it the statistics of the images
    model.loss(torch.from_numpy(images))
    return model.eval()


def write_argon(path, count=40, seed=0, unit="0.255 MeV"):
    """An image file of `small_images` with their events, species and labels."""
    images, labels, species = small_images(count, seed)
    columns = {"event": np.int64, "species": np.int32, "pixel_labels": np.uint8}
    with ImageWriter(
        path, height=images.shape[1], width=images.shape[2], dataset="lartpc", label="all",
        split="test", pixel_size=0.5, unit=unit, source="simulate", seed=3, config_digest="0",
        columns=columns,
    ) as file:  # fmt: skip
        file.append(images, event=100 + np.arange(count), species=species, pixel_labels=labels)
    return path
