"""A model with synthetic images for it, with which its speed is measured.

Images are as sparse as the real ones, and what a sampler finds zero follows from them: a model is
fitted to them before it is used.
"""

from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from darkpixel.formats.image_file import ImageWriter
from darkpixel.formats.image_format import BACKGROUND, SHOWER, TRACK
from darkpixel.models.base import Trainable
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_state
from darkpixel.models.vqvae_pixelcnn.model import VQVAEPixelCNN

Kind = Literal["jets", "muons", "lartpc"]
SPECIES = (11, 22, 13, 211, 2212)
PIXEL_SIZES: dict[Kind, float] = {"jets": 0.1, "muons": 0.025, "lartpc": 0.5}
UNITS: dict[Kind, str] = {"jets": "GeV", "muons": "GeV", "lartpc": "0.255 MeV"}


class Subject(NamedTuple):
    """A model with the images that it is for."""

    name: str
    settings: dict[str, Any]
    kind: Kind
    side: int

    def new(self) -> Trainable:
        """The untrained model; always the same weights."""
        return build_model(self.settings, (self.side, self.side), seed=0)

    def build(self, images: int = 500, noise: float = 0.0) -> Trainable:
        """The model on the CPU, fitted to images, in evaluation mode; always the same weights.

        Args:
            images: to which it is fitted.
            noise: deviation of normal numbers added to all weights, so that none is zero.
        """
        model = self.new()
        torch.manual_seed(1)
        inputs, columns = self.inputs(model, images, seed=1)
        model.fit_to_columns(columns)
        model.fit_to_data(lambda: iter([inputs]))
        with torch.no_grad():
            for parameter in model.parameters():
                if noise and parameter.requires_grad:
                    parameter.add_(noise * torch.randn_like(parameter))
            if isinstance(model, VQVAEPixelCNN) and "species" in columns:
                model.species_counts += 1  # as if trained on as many of each
        return model.eval()

    def copy_of(self, model: Trainable, device: torch.device) -> Trainable:
        """The same model on another device, made as `load_model` makes it."""
        other = self.new()
        load_state(other, model.state_dict(), self.name)
        return other.to(device).eval()

    def inputs(self, model: Trainable, n: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
        """What `loss` takes, on the CPU: images, or maps of the autoencoder's codes."""
        images = synthetic(self.kind, n, self.side, seed)
        columns: dict[str, Tensor] = {}
        if "class" in model.columns:
            columns["class"] = torch.arange(n) % 2
            images = images * (1 + columns["class"])[:, None, None]
        if "pixel_labels" in model.columns:
            labels = torch.where(images > 1, TRACK, SHOWER)
            columns["pixel_labels"] = torch.where(images > 0, labels, BACKGROUND).to(torch.uint8)
        if "species" in model.columns:
            columns["species"] = torch.tensor(SPECIES, dtype=torch.int32)[torch.arange(n) % 5]
        if "momentum" in model.columns:
            columns["momentum"] = torch.linspace(100, 1000, n)
        if isinstance(model, VQVAEPixelCNN):
            images = model.autoencoder.encode(images).float()
        return images, columns

    def write(self, model: Trainable, path: Path, n: int, seed: int) -> None:
        """An image file of `inputs` for `darkpixel.training.loop.train`."""
        images, columns = self.inputs(model, n, seed)
        height, width = images.shape[1:]
        arrays = {name: values.numpy() for name, values in columns.items()}
        with ImageWriter(
            path, height=height, width=width, dataset=self.kind, label="all", split=path.stem,
            pixel_size=PIXEL_SIZES[self.kind], unit=UNITS[self.kind], source="synthetic",
            seed=seed, config_digest="0",
            columns={name: array.dtype for name, array in arrays.items()},
            attributes={"classes": "signal,background"} if "class" in columns else {},
        ) as writer:  # fmt: skip
            writer.append(images.numpy(), **arrays)


def synthetic(kind: Kind, n: int, side: int, seed: int) -> Tensor:
    """Images (n, side, side) with about the zeros of jets (95%), muons (96%) or argon (96%)."""
    generator = torch.Generator().manual_seed(seed)
    if kind == "lartpc":
        return _tracks(n, side, generator)
    steps = torch.arange(side) - (side - 1) / 2
    distance = (steps[:, None] ** 2 + steps**2).sqrt() * 28 / side
    present = torch.rand(n, side, side, generator=generator) < 0.9 * torch.exp(-distance / 3)
    values = torch.empty(n, side, side).exponential_(1.0, generator=generator)
    scale = 40.0 if kind == "jets" else 4.0
    return present * values * scale * torch.exp(-distance / 2) + present * 0.01


def _tracks(n: int, side: int, generator: torch.Generator, lines: int = 4) -> Tensor:
    """Straight lines of random length and charge, (n, side, side), in units of 0.255 MeV."""
    steps, shape = 2 * side, (n, lines, 1)
    start, angle = (
        torch.rand(2, *shape, generator=generator),
        torch.rand(shape, generator=generator),
    )
    length = 0.2 + 0.6 * torch.rand(shape, generator=generator)
    along, angle = torch.linspace(0, 1, steps) * length, 6.2832 * angle
    rows = (start[0] + along * angle.sin()).remainder(1).mul(side).long().clamp(max=side - 1)
    columns = (start[1] + along * angle.cos()).remainder(1).mul(side).long().clamp(max=side - 1)
    charge = torch.empty(n, lines, steps).exponential_(1.0, generator=generator) + 0.1
    images = torch.zeros(n, side * side)
    images.scatter_add_(1, (rows * side + columns).flatten(1), charge.flatten(1))
    return images.view(n, side, side).clamp(max=10)
