"""Trained networks for programs without darkpixel: TorchScript, which C++ and Python read.

Exported are SSNet, the classifiers, and LAGAN's generator, which is given the random numbers: each
is one pass of a network. Other generative models draw their images pixel by pixel, or
token by token, with random numbers and caches of their own, so that a graph of one would be another
model; they are used through `darkpixel.load`.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.models.base import Trainable
from darkpixel.models.classifier.model import Classifier
from darkpixel.models.folder import load_model
from darkpixel.models.lagan.model import LAGAN
from darkpixel.models.packed import model_folder
from darkpixel.models.ssnet.model import SSNet

Format = Literal["torchscript"]
_TRACED = 3  # images of the trace; any number may be given later
_CHECKED = 5
_TOLERANCE = 1e-5
Inputs = Callable[[int, torch.Generator], tuple[Tensor, ...]]
"""So many images, or what they are made from: arguments of a network's `forward`."""


class _Scores(nn.Module):
    """What SSNet says of images: `forward` is its `scores`."""

    def __init__(self, model: SSNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.scores(images)


class _Generated(nn.Module):
    """LAGAN's images from random numbers and classes: what `sample_events` makes of them."""

    def __init__(self, model: LAGAN) -> None:
        super().__init__()
        self.model = model

    def forward(self, latent: Tensor, classes: Tensor) -> Tensor:
        return self.model.images_of(latent, classes)


class Exported(NamedTuple):
    """The arguments of an exported module's `forward`, and what it gives, in words."""

    takes: str
    gives: str


def export_model(folder: str | Path, path: str | Path) -> Exported:
    """Write a trained network as TorchScript.

    The exported module takes any number N of images on the CPU, with the height and width of the
    training images and their unit; LAGAN's generator takes what its images are made from.

    Args:
        folder: of the model, or its packed file.
        path: to write, `.pt`.

    Raises:
        DarkpixelError: the model is no single pass of a network.
    """
    with model_folder(folder) as unpacked:
        model = load_model(unpacked)
    takes, inputs = "images (N, H, W) float32", _images_of(model)
    if isinstance(model, SSNet):
        network: nn.Module = _Scores(model)
        gives = "scores (N, 3, H, W) of background (untrained), shower and track, which add up to 1"
    elif isinstance(model, Classifier):
        network, gives = model, "log-odds (N,) of the first label"
    elif isinstance(model, LAGAN):
        network, inputs = _Generated(model), _noise_of(model)
        latent, classes = model.options.latent, model.options.classes
        takes = f"standard normal numbers (N, {latent}) float32, classes (N,) int64 below {classes}"
        gives = "images (N, H, W) float32"
    else:
        raise DarkpixelError(
            f"{folder}: a model '{model.settings['model']}' is not exported (ssnet, classifier and "
            "lagan are, each one pass of a network); use it with darkpixel.load."
        )
    traced = _traced(network.eval(), inputs, model)
    with whole_file(path) as temporary:
        traced.save(str(temporary))
    return Exported(takes, gives)


def _images_of(model: Trainable) -> Inputs:
    """Sparse images as a network may be given them."""
    height, width = model.image_size

    def images(count: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        values = torch.empty(count, height, width).exponential_(generator=generator)
        return (values * (torch.rand(count, height, width, generator=generator) < 0.1),)

    return images


def _noise_of(model: LAGAN) -> Inputs:
    def noise(count: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        latent = torch.randn(count, model.options.latent, generator=generator)
        return latent, torch.arange(count) % model.options.classes

    return noise


def _traced(network: nn.Module, inputs: Inputs, model: Trainable) -> torch.jit.ScriptModule:
    """The trace of a network, which gives the same for another number of images.

    Raises:
        DarkpixelError: it does not.
    """
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad(), warnings.catch_warnings():
        # Newer torch calls TorchScript deprecated; nothing else is read by C++ without Python.
        warnings.simplefilter("ignore")
        traced: torch.jit.ScriptModule = torch.jit.trace(network, inputs(_TRACED, generator))
        others = inputs(_CHECKED, generator)
        expected, found = network(*others), traced(*others)
    if not torch.allclose(expected, found, rtol=_TOLERANCE, atol=_TOLERANCE):
        raise DarkpixelError(
            f"model {model.settings['model']}: its TorchScript gives other numbers; not exported."
        )
    return traced
