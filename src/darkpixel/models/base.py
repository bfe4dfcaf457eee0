"""What every model offers, and how a model is found, saved and loaded.

A model is one file `darkpixel/models/<name>.py` with a class `Settings` (pydantic) and a
function `build(settings: Settings, height: int, width: int) -> Trainable`, or a package of that
name that offers both and whose file `settings.py` declares the class. Nothing is registered: the
key `model` of the settings names the file or package.

A model whose `Settings` has the class variable `joint = True` is trained once on the images of all
labels, whose column `class` says which is which.

A trained model is a folder: `model.safetensors` holds every weight and buffer, `config.yaml`
the settings with which the model was built and where it comes from. Neither can run code.
"""

import difflib
import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pydantic
import safetensors.torch
import torch
import yaml
from safetensors import SafetensorError
from torch import Tensor, nn

from darkpixel.discovery import model_names
from darkpixel.errors import DarkpixelError
from darkpixel.files import whole_file

WEIGHTS = "model.safetensors"
CONFIG = "config.yaml"


Batches = Callable[[], Iterator[Tensor]]
"""Each call gives a new pass over the images of a file, in its order, as (b, H, W) float32."""


class Trainable(nn.Module, ABC):
    """What `darkpixel.training.train` trains on images (N, H, W): a generator, a judge, a coder.

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

        Arguments:
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

        Arguments:
            batches: each call gives a new pass over the training images, in file order, as
                (b, H, W) float32 on the CPU.
            validation: likewise for the validation images; for choices, not for fits.
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

    @abstractmethod
    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        """Draw `n` images, (n, H, W) float32, in the unit of the training images."""

    def sample_events(
        self, n: int, *, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw `n` images and the event attributes that they were drawn for, (n,) each."""
        return self.sample(n, generator=generator), {}

    def choose_class(self, index: int) -> None:
        """Draw images of one label from now on; models that know several (`joint`) have it.

        Arguments:
            index: place of the label among the classes of the training images.
        """
        raise DarkpixelError(f"model {self.settings['model']}: knows no labels to choose from.")

    def log_density(self, images: Tensor) -> Tensor | None:
        """Log-density of images (B, H, W), (B,) nats; None where there is none.

        The measure is a point mass at 0 and the unit of the image file (GeV) elsewhere, for each
        pixel. A model on a grid of values puts the images on it first and spreads the probability
        of a level evenly over the values that are rounded to it.
        """
        return None


def build_model(
    settings: Mapping[str, Any], image_size: tuple[int, int], *, seed: int | None = None
) -> Trainable:
    """Build an untrained model.

    Arguments:
        settings: `model`, the name of a file in `darkpixel/models`, and that file's own keys.
        image_size: height and width, pixels.
        seed: of the initial weights; None leaves them to torch's global random generator.

    Raises:
        DarkpixelError: no such model, or a key that its settings refuse.
    """
    keys = dict(settings)
    name = keys.pop("model", None)
    names = model_names()
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(names)}."
        raise DarkpixelError(f"model: '{name}' is not a file of darkpixel/models; {hint}")
    module = importlib.import_module(f"darkpixel.models.{name}")
    try:
        resolved = module.Settings.model_validate(keys)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        raise DarkpixelError(
            f"model {name}: {where}: {first['msg']}, found {first['input']!r}."
        ) from error
    height, width = image_size
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        model: Trainable = module.build(resolved, height, width)
    model.settings = {"model": name, **resolved.model_dump(mode="json")}
    model.image_size = (height, width)
    return model


def save_weights(state: Mapping[str, Tensor], path: str | Path) -> None:
    """Write weights and buffers as safetensors, whole or not at all; same state, same bytes."""
    tensors = {name: t.detach().to("cpu", copy=True).contiguous() for name, t in state.items()}
    with whole_file(path) as temporary:
        temporary.write_bytes(safetensors.torch.save(tensors))


def save_model(model: Trainable, folder: str | Path, **provenance: Any) -> None:
    """Write `model.safetensors` and `config.yaml` into `folder`.

    Arguments:
        model: from `build_model`.
        provenance: further entries of `config.yaml`, plain values: dataset, label, seed, the
            training settings, the digest of the inputs.
    """
    folder = Path(folder)
    save_weights(model.state_dict(), folder / WEIGHTS)
    save_config(model, folder, **provenance)


def save_config(model: Trainable, folder: str | Path, **provenance: Any) -> None:
    """Write `config.yaml` alone (see `save_model`)."""
    content = {
        "model": model.settings,
        "image_size": list(model.image_size),
        "parameters": model.parameter_counts(),
        "fitted": model.fitted(),
        **provenance,
    }
    plain = json.loads(json.dumps(content, default=str))  # tuples and paths as YAML can hold them
    with whole_file(Path(folder) / CONFIG) as temporary:
        temporary.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")


def load_config(folder: str | Path) -> dict[str, Any]:
    """The content of a model folder's `config.yaml`.

    Raises:
        DarkpixelError: it is missing or not what `save_model` writes.
    """
    path = Path(folder) / CONFIG
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DarkpixelError(
            f"{path}: not found; a model folder holds {CONFIG} and {WEIGHTS}."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DarkpixelError(f"{path}: not readable as YAML; train the model again.") from error
    if not isinstance(content, dict) or not {"model", "image_size"} <= content.keys():
        raise DarkpixelError(f"{path}: keys 'model' and 'image_size' expected; is it a model's?")
    return content


def load_model(
    folder: str | Path, *, weights: str = WEIGHTS, device: str | torch.device = "cpu"
) -> Trainable:
    """A trained model in evaluation mode.

    Arguments:
        folder: written by training, with `config.yaml` and the weights.
        weights: file name in `folder`; `epoch{epoch}.safetensors` for a snapshot.
        device: where to put it.

    Raises:
        DarkpixelError: a file is missing or does not fit the settings.
    """
    config = load_config(folder)
    height, width = config["image_size"]
    path = Path(folder) / weights
    model = build_model(config["model"], (height, width), seed=0)  # weights are replaced below
    try:
        state = safetensors.torch.load_file(path)
    except FileNotFoundError as error:
        raise DarkpixelError(f"{path}: not found; was the model trained to that epoch?") from error
    except SafetensorError as error:
        raise DarkpixelError(f"{path}: not a whole safetensors file ({error}).") from error
    load_state(model, state, path)
    return model.to(device).eval()


def load_generator(
    folder: str | Path,
    *,
    weights: str = WEIGHTS,
    device: str | torch.device = "cpu",
    label: str | None = None,
) -> GenerativeModel:
    """Like `load_model`, for a model that is to be sampled.

    Arguments:
        label: of the images that are wanted of a model that knows several; no other needs it.

    Raises:
        DarkpixelError: as `load_model`, or the model does not generate images, or not of the label.
    """
    model = load_model(folder, weights=weights, device=device)
    if not isinstance(model, GenerativeModel):
        raise DarkpixelError(
            f"{folder}: a model '{model.settings['model']}' generates no images; give the folder "
            "of a generative model."
        )
    images = load_config(folder).get("images", {})
    classes = images.get("classes")
    if classes is None and label not in (None, images.get("label", label)):
        raise DarkpixelError(
            f"{folder}: trained on the label {images['label']} alone; found {label!r}: leave the "
            "label out, or name the folder of a model of that label."
        )
    if classes is not None:
        if label not in classes:
            raise DarkpixelError(
                f"{folder}: trained on the labels {', '.join(classes)} together; found {label!r}, "
                "name one of them."
            )
        model.choose_class(classes.index(label))
    return model


def load_state(model: Trainable, state: Mapping[str, Tensor], source: str | Path) -> None:
    """Put `state` into `model`; every tensor must be there with its shape.

    Raises:
        DarkpixelError: names or shapes differ; `source` is named.
    """
    model.adopt_shapes(state)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        lines = str(error).splitlines()
        detail = lines[1].strip() if len(lines) > 1 else lines[0]
        raise DarkpixelError(f"{source}: weights do not fit the settings: {detail}") from error
