"""A trained model on disk: the folder that training writes and everything else loads.

`model.safetensors` holds every weight and buffer, `config.yaml` the settings with which the model
was built and where it comes from. Neither can run code.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
import yaml
from safetensors import SafetensorError
from torch import Tensor

from darkpixel.config.yaml_files import load_yaml, read_text
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.models.base import GenerativeModel, Trainable
from darkpixel.models.build import LOADED_WEIGHT, build_model

WEIGHTS = "model.safetensors"
CONFIG = "config.yaml"


def save_weights(state: Mapping[str, Tensor], path: str | Path) -> None:
    """Write weights and buffers as safetensors, whole or not at all; same state, same bytes."""
    tensors = {name: t.detach().to("cpu", copy=True).contiguous() for name, t in state.items()}
    with whole_file(path) as temporary:
        temporary.write_bytes(safetensors.torch.save(tensors))


def save_model(model: Trainable, folder: str | Path, **provenance: Any) -> None:
    """Write `model.safetensors` and `config.yaml` into `folder`.

    Args:
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
        content = load_yaml(read_text(path))
    except FileNotFoundError as error:
        found = f"{path}: not found" if Path(folder).exists() else f"{folder}: no such folder"
        raise DarkpixelError(f"{found}; a model folder holds {CONFIG} and {WEIGHTS}.") from error
    except NotADirectoryError as error:
        raise DarkpixelError(
            f"{folder}: a file; name the folder of a model, which holds {CONFIG} and {WEIGHTS}."
        ) from error
    except OSError as error:
        raise DarkpixelError(f"{path}: cannot be read ({error.strerror}).") from error
    except yaml.YAMLError as error:
        raise DarkpixelError(f"{path}: not readable as YAML; train the model again.") from error
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise DarkpixelError(f"{path}: keys 'model' and 'image_size' expected; is it a model's?")
    size = content.get("image_size")
    sides = size if isinstance(size, list) and len(size) == 2 else [0]
    if any(not isinstance(side, int) or side < 1 for side in sides):
        raise DarkpixelError(f"{path}: image_size is {size!r}; height and width are expected.")
    for name in ("images", "fitted"):
        if not isinstance(content.get(name, {}), dict):
            raise DarkpixelError(f"{path}: {name} is {content[name]!r}; keys and values expected.")
    return content


def load_model(
    folder: str | Path, *, weights: str = WEIGHTS, device: str | torch.device = "cpu"
) -> Trainable:
    """A trained model in evaluation mode.

    Args:
        folder: written by training, with `config.yaml` and the weights.
        weights: file name in `folder`; `epoch{epoch}.safetensors` for a snapshot.
        device: where to put it.

    Raises:
        DarkpixelError: a file is missing or does not fit the settings.
    """
    config = load_config(folder)
    height, width = config["image_size"]
    path = Path(folder) / weights
    try:
        model = build_model(
            config["model"], (height, width), seed=0, weight_bytes=LOADED_WEIGHT
        )  # weights are replaced below
    except DarkpixelError as error:
        raise DarkpixelError(f"{Path(folder) / CONFIG}: {error}") from error
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

    Args:
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
    with torch.random.fork_rng(devices=[]):  # new layers draw weights, which are replaced below
        model.adopt_shapes(state)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        lines = str(error).splitlines()
        detail = lines[1].strip() if len(lines) > 1 else lines[0]
        raise DarkpixelError(f"{source}: weights do not fit the settings: {detail}") from error
