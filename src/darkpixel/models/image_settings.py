"""Settings of a model that follow from the images on which it is trained."""

from collections.abc import Mapping, Sequence
from typing import Any

from darkpixel.config.discovery import model_settings
from darkpixel.errors import DarkpixelError


def with_image_settings(
    settings: Mapping[str, Any], attributes: Mapping[str, Any]
) -> dict[str, Any]:
    """Settings of a model with the pixel size and the number of labels of its images.

    Models without a key `pixel_size` or `classes` do not get it.

    Args:
        settings: `model`, the name of a file in `darkpixel/models`, and that file's own keys.
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
    given = settings.get("pixel_size")
    if given is not None and given != pixel_size:
        raise DarkpixelError(
            f"model {settings['model']}: pixel_size {given} in the configuration, {pixel_size} in "
            "the training images; leave the key out."
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
    given = settings.get("classes", len(labels))
    if given != len(labels):
        raise DarkpixelError(
            f"model {name}: classes {given} in the configuration, {len(labels)} in the training "
            f"images ({', '.join(labels)}); leave the key out."
        )
    return {**settings, "classes": len(labels)}
