"""Trained networks for programs without darkpixel: TorchScript, which C++ and Python read.

Only what is one pass of a network can be exported: SSNet and the classifiers. A generative model
draws its images pixel by pixel, or token by token, with random numbers and caches of its own, so
that a graph of it would be another model; it is used through `darkpixel.load`.
"""

import warnings
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.models.base import Trainable
from darkpixel.models.classifier.model import Classifier
from darkpixel.models.folder import load_model
from darkpixel.models.packed import model_folder
from darkpixel.models.ssnet.model import SSNet

Format = Literal["torchscript"]
_TRACED = 3  # images of the trace; any number may be given later
_CHECKED = 5
_TOLERANCE = 1e-5


class _Scores(nn.Module):
    """What SSNet says of images: `forward` is its `scores`."""

    def __init__(self, model: SSNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.scores(images)


def export_model(folder: str | Path, path: str | Path) -> str:
    """Write a trained network as TorchScript.

    The exported module takes images (N, H, W) float32 on the CPU, any N, with the height and width
    of the training images and their unit.

    Args:
        folder: of the model, or its packed file.
        path: to write, `.pt`.

    Returns:
        What its `forward` gives, in words.

    Raises:
        DarkpixelError: the model is no single pass of a network.
    """
    with model_folder(folder) as unpacked:
        model = load_model(unpacked)
    if isinstance(model, SSNet):
        network: nn.Module = _Scores(model)
        gives = "scores (N, 3, H, W) of background (untrained), shower and track, which add up to 1"
    elif isinstance(model, Classifier):
        network, gives = model, "log-odds (N,) of the first label"
    else:
        raise DarkpixelError(
            f"{folder}: a model '{model.settings['model']}' is not one pass of a network, which is "
            "all that can be exported (ssnet, classifier); use it with darkpixel.load."
        )
    traced = _traced(network.eval(), model)
    with whole_file(path) as temporary:
        traced.save(str(temporary))
    return gives


def _traced(network: nn.Module, model: Trainable) -> torch.jit.ScriptModule:
    """The trace of a network, which gives the same for another number of images.

    Raises:
        DarkpixelError: it does not.
    """
    height, width = model.image_size
    generator = torch.Generator().manual_seed(1)

    def images(count: int) -> Tensor:
        values = torch.empty(count, height, width).exponential_(generator=generator)
        return values * (torch.rand(count, height, width, generator=generator) < 0.1)

    with torch.no_grad(), warnings.catch_warnings():
        # Newer torch calls TorchScript deprecated; nothing else is read by C++ without Python.
        warnings.simplefilter("ignore")
        traced: torch.jit.ScriptModule = torch.jit.trace(network, images(_TRACED))
        others = images(_CHECKED)
        expected, found = network(others), traced(others)
    if not torch.allclose(expected, found, rtol=_TOLERANCE, atol=_TOLERANCE):
        raise DarkpixelError(
            f"model {model.settings['model']}: its TorchScript gives other numbers; not exported."
        )
    return traced
