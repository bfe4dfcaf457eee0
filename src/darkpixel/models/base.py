"""The classes that every model derives from: `Trainable`, and `GenerativeModel` for generators.

A model is a folder `darkpixel/models/{name}/`, or one file `darkpixel/models/{name}.py`, with a
class `Settings` (pydantic) and a function `build(settings: Settings, height: int, width: int) ->
Trainable` (see `darkpixel.models.build`). Nothing is registered: the key `model` of the settings
is the name. A trained model is a folder on disk (see `darkpixel.models.folder`).

A model whose `Settings` has the class variable `joint = True`, or whose keys make it so
(`Settings.is_joint`), is trained once on the images of all labels, whose column `class` says which
is which.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from darkpixel.config.names import CLASS
from darkpixel.errors import DarkpixelError
from darkpixel.models.conditions import Condition, checked

Batches = Callable[[], Iterator[Tensor]]
"""Each call gives a new pass over the images of a file, in its order, as (b, H, W) float32."""
Labelled = tuple[Tensor, dict[str, Tensor]]
"""Images of a file, (b, H, W), and their columns by name, (b, ...) each."""


class Trainable(nn.Module, ABC):
    """What `darkpixel.training.loop.train` trains on images (N, H, W).

    A generative model, an autoencoder, a classifier or a segmentation network.

    Everything that its use needs lives in parameters and buffers, so that the weights file and
    the settings are the whole model.
    """

    phases: tuple[str, ...] = ("model",)
    """Optimiser steps within one batch, in order: a GAN has `("discriminator", "generator")`. Each
    name has an optimiser; one that occurs twice steps twice. What follows a colon, as in
    `"discriminator:real"`, is for `loss` alone: the optimiser is the discriminator's."""

    columns: tuple[str, ...] = ()
    """Columns of the image file that `loss` takes beside the images, `pixel_labels` for example."""

    settings: dict[str, Any]
    """The resolved settings, `model` among them (set by `build_model`)."""

    image_size: tuple[int, int]
    """Height and width of the images, pixels (set by `build_model`)."""

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of what `loss` takes (default: `image_size`)."""
        return self.image_size

    def phase_parameters(self, phase: str) -> Iterable[nn.Parameter]:
        """The parameters that `phase`, without its colon, moves (default: all)."""
        return self.parameters()

    @abstractmethod
    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean loss per image, a scalar; nats for a likelihood model.

        Args:
            images: (B, H, W) float32, in the unit of the image file.
            phase: one of `phases`, whole.
            columns: those that `self.columns` names, each (B, ...).
        """

    def validation_loss(self, images: Tensor, **columns: Tensor) -> Tensor:
        """Mean loss per image by which epochs are compared, a scalar (default: `loss`)."""
        return self.loss(images, self.phases[-1], **columns)

    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Take from the images what must be fixed before training (default: nothing).

        Level grids and scales belong here; they must be stored in buffers.

        Args:
            batches: each call gives a new pass over the training images, in file order, as
                (b, H, W) float32 on the CPU.
            validation: likewise for the validation images; for choices, not for fits.
        """

    def fit_to_columns(self, columns: Mapping[str, Tensor]) -> None:
        """Take from the columns what must be fixed before training (default: nothing).

        Called before `fit_to_data`; as there, what is taken must be stored in buffers.

        Args:
            columns: those of `self.columns` that have one number an image, of all training
                images in file order, (N,) each, on the CPU.
        """

    def examine(self, batches: Iterator[Labelled], path: str | Path) -> None:
        """Refuse images from which nothing right can be learned, or judged (default: nothing).

        Called before training, with the training images and with those of validation.

        Args:
            batches: one pass over the file: images (b, H, W) and those of `self.columns`.
            path: of the file, for the message.

        Raises:
            DarkpixelError: what was found, and what to give instead.
        """

    def fitted(self) -> dict[str, float]:
        """What `fit_to_data` chose, by name, for `config.yaml` (default: nothing)."""
        return {}

    def adopt_shapes(self, state: Mapping[str, Tensor]) -> None:
        """Give parameters and buffers the shapes of `state`, which is loaded next.

        Only models whose shapes depend on `fit_to_data` need this (default: nothing).
        """

    def parameter_counts(self) -> dict[str, int]:
        """Numbers of parameters: `dense` as stored in full matrices, `free` without masked ones."""
        total = sum(p.numel() for p in self.parameters())
        return {"dense": total, "free": total}


class GenerativeModel(Trainable):
    """A density or generator of images (N, H, W)."""

    chosen_class: int | None = None
    """The label of `choose_class`; None: none chosen."""

    remedy = "train it for longer, or with a smaller learning_rate"
    """What to change where pixels that it draws are not finite."""

    total_names: tuple[str, ...] = ()
    """Observables of an image, such as `pt`, that are drawn before its pixels. A model that has
    some has `draw_totals` and `totals_of`, and its `sample` takes an option `totals`."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What images may be conditioned on, see `darkpixel.models.conditions` (default: none)."""
        return ()

    @abstractmethod
    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        """Draw `n` images, (n, H, W) float32, in the unit of the training images."""

    def sample_events(
        self,
        n: int,
        *,
        generator: torch.Generator,
        conditions: Mapping[str, Tensor] | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw `n` images and the columns that they were drawn for, (n,) each.

        Args:
            n: images.
            generator: of all that is random.
            conditions: name to (), one value for all images, or (n,); what is left out is as
                `darkpixel.models.conditions` says.

        Raises:
            DarkpixelError: a condition that the model does not know, or cannot take.
        """
        self.given_conditions(n, conditions)  # a model that takes none has to say so
        return self.sample(n, generator=generator), {}

    def given_conditions(
        self, n: int, conditions: Mapping[str, Tensor] | None
    ) -> dict[str, Tensor]:
        """The conditions with one value an image, (n,) each, that of `choose_class` among them.

        Args:
            n: images.
            conditions: as of `sample_events`.

        Raises:
            DarkpixelError: as `darkpixel.models.conditions.checked`, or the label differs from the
                chosen one.
        """
        given = dict(conditions or {})
        known = self.conditions
        if self.chosen_class is not None and any(c.name == CLASS for c in known):
            if CLASS in given:
                raise DarkpixelError(
                    f"model {self.settings['model']}: condition '{CLASS}': the label is chosen "
                    "already; give one or the other."
                )
            given[CLASS] = torch.tensor(self.chosen_class)
        return checked(self.settings["model"], known, given, n)

    def draw_totals(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Draw the totals of `n` images, (n, len(total_names)), GeV or pixels.

        `sample(n, generator=..., totals=...)` then draws the images for them.
        """
        raise DarkpixelError(f"model {self.settings['model']}: draws no totals before the pixels.")

    def totals_of(self, images: Tensor) -> Tensor:
        """The totals of images (B, H, W) as `draw_totals` draws them, (B, len(total_names))."""
        raise DarkpixelError(f"model {self.settings['model']}: draws no totals before the pixels.")

    def choose_class(self, index: int) -> None:
        """Draw images of one label from now on; models that know several (`joint`) have it.

        Here for models with the condition `class`.

        Args:
            index: place of the label among the classes of the training images.

        Raises:
            DarkpixelError: the model knows no labels, or not so many.
        """
        name = self.settings["model"]
        classes = next((c.values for c in self.conditions if c.name == CLASS), None)
        if classes is None:
            raise DarkpixelError(f"model {name}: knows no labels to choose from.")
        if index not in classes:
            raise DarkpixelError(
                f"model {name}: no class {index}; it was trained on {len(classes)}."
            )
        self.chosen_class = index

    def log_density(self, images: Tensor) -> Tensor | None:
        """Log-density of images (B, H, W), (B,) nats; None where there is none.

        The measure is a point mass at 0 and the unit of the image file (GeV) elsewhere, for each
        pixel. A model on a grid of values puts the images on it first and spreads the probability
        of a level evenly over the values that are rounded to it.
        """
        return None

    def log_density_lower_bound(self, images: Tensor) -> Tensor | None:
        """A lower bound of `log_density`, (B,) nats, of a model that can give no more; else None.

        The probability of one order of an image's pixels, for example, where all orders lead to it.
        """
        return None

    def as_generated(self, images: Tensor, *, generator: torch.Generator) -> Tensor:
        """Images (B, H, W) as a perfect generator on the model's grid would make them.

        On the grid (`quantise`); a model that spreads its samples within the levels overrides this.
        """
        quantise = getattr(self, "quantise", None)
        if quantise is None:
            raise DarkpixelError(
                f"model {self.settings['model']}: no grid of pixel values to round images to."
            )
        rounded: Tensor = quantise(images)
        return rounded

    def density_estimates(
        self, images: Tensor, draws: int, *, generator: torch.Generator
    ) -> Tensor | None:
        """Logs of independent, unbiased estimates of the density of images (B, H, W).

        For a model with latent variables, which cannot be integrated over; the measure is that of
        `log_density`.

        Args:
            images: (B, H, W).
            draws: estimates of each image, K.
            generator: of what they are drawn with.

        Returns:
            (K, B) nats; None where there are none.
        """
        return None


def require_size(model: str, height: int, width: int, smallest: int) -> None:
    """Refuse images that are too small for a model.

    Args:
        model: its name, for the message.
        height, width: of the images, pixels.
        smallest: least number of pixels a side.

    Raises:
        DarkpixelError: a side is shorter.
    """
    if min(height, width) < smallest:
        raise DarkpixelError(
            f"model {model}: images of {height}x{width} pixels; it needs {smallest}x{smallest} "
            "at least."
        )
