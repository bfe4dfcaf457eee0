"""Build a model from its settings, and the settings that follow from the training images."""

import difflib
import importlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic
import torch

from darkpixel.config.discovery import model_module, model_names, model_settings
from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import one_line
from darkpixel.models.base import Trainable
from darkpixel.models.device import memory_limit

TRAINED_WEIGHT = 20
"""Bytes of a weight in training: itself, its gradient, two moments and its average."""

LOADED_WEIGHT = 4
"""Bytes of a weight of a trained model."""

_SIZES = re.compile(r"allocat|overflow|negative dimension|too large|out of memory", re.IGNORECASE)
"""What torch says where a layer is larger than any memory."""


def build_model(
    settings: Mapping[str, Any],
    image_size: tuple[int, int],
    *,
    seed: int | None = None,
    weight_bytes: int = TRAINED_WEIGHT,
) -> Trainable:
    """Build an untrained model.

    Args:
        settings: `model`, the name of a model in `darkpixel/models`, and the model's own keys.
        image_size: height and width, pixels.
        seed: of the initial weights; None leaves them to torch's global random generator.
        weight_bytes: that a weight will take, in training or of a trained model.

    Raises:
        DarkpixelError: no such model, a key that its settings refuse, or more weights than there is
            memory for.
    """
    keys = dict(settings)
    name = keys.pop("model", None)
    names = model_names()
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(names)}."
        raise DarkpixelError(f"model: '{name}' is not a model of darkpixel/models; {hint}")
    module = importlib.import_module(model_module(name))
    try:
        resolved = module.Settings.model_validate(keys)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        raise DarkpixelError(
            f"model {name}: {where}: {first['msg']}, found {first['input']!r}."
        ) from error
    height, width = image_size
    _require_memory(name, resolved.weight_count(height, width) * weight_bytes, height, width)
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        try:
            model: Trainable = module.build(resolved, height, width)
        except (RuntimeError, MemoryError, OverflowError) as error:
            if isinstance(error, RuntimeError) and not _SIZES.search(str(error)):
                raise  # a mistake in the model's own code
            raise DarkpixelError(
                f"model {name}: with these settings it cannot be built for images of {height} x "
                f"{width} pixels ({one_line(error)[:200]}); make its layers smaller."
            ) from error
    model.settings = {"model": name, **resolved.model_dump(mode="json")}
    model.image_size = (height, width)
    return model


def _require_memory(name: str, needed: int, height: int, width: int) -> None:
    limit = memory_limit()
    if needed > limit:
        raise DarkpixelError(
            f"model {name}: with these settings its weights for images of {height} x {width} "
            f"pixels take {needed / 1e9:.0f} GB, and there are {limit / 1e9:.0f}; set fewer "
            "`units` for it, or make the images smaller."
        )


def with_image_settings(
    settings: Mapping[str, Any], attributes: Mapping[str, Any]
) -> dict[str, Any]:
    """Settings of a model with the pixel size and the number of labels of its images.

    Models without a key `pixel_size` or `classes` do not get it.

    Args:
        settings: `model`, the name of a model in `darkpixel/models`, and the model's own keys.
        attributes: of the training images' file.

    Raises:
        DarkpixelError: the settings name another size or number, or a model that tells labels
            apart has images of one only.
    """
    settings = _with_pixel_size(settings, attributes["pixel_size"])
    if "classes" in attributes:
        settings = _with_classes(settings, attributes["classes"].split(","))
    return settings


def _with_pixel_size(settings: Mapping[str, Any], pixel_size: float) -> dict[str, Any]:
    if "pixel_size" not in model_settings(settings["model"]).model_fields:
        return dict(settings)
    configured = settings.get("pixel_size")
    if configured is not None and configured != pixel_size:
        raise DarkpixelError(
            f"model {settings['model']}: pixel_size {configured} in the configuration, "
            f"{pixel_size} in the training images; leave the key out."
        )
    return {**settings, "pixel_size": pixel_size}


def _with_classes(settings: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    name = settings["model"]
    if "classes" not in model_settings(name).model_fields:
        return dict(settings)
    if len(labels) < 2:
        raise DarkpixelError(
            f"model {name}: its training images have the one label {', '.join(labels)}; it tells "
            "labels apart, give it two or more."
        )
    configured = settings.get("classes", len(labels))
    if configured != len(labels):
        raise DarkpixelError(
            f"model {name}: classes {configured} in the configuration, {len(labels)} in the "
            f"training images ({', '.join(labels)}); leave the key out."
        )
    return {**settings, "classes": len(labels)}
