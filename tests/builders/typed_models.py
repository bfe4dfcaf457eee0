"""Models built and loaded with the type that a test wants."""

from pathlib import Path
from typing import Any, TypeVar

from darkpixel.models.base import Trainable
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_model

Model = TypeVar("Model", bound=Trainable)


def build(
    kind: type[Model], settings: dict[str, Any], size: tuple[int, int], seed: int | None = None
) -> Model:
    """`build_model`, of a model of this kind."""
    model = build_model(settings, size, seed=seed)
    assert isinstance(model, kind)
    return model


def load(kind: type[Model], folder: str | Path) -> Model:
    """`load_model`, of a model of this kind."""
    model = load_model(folder)
    assert isinstance(model, kind)
    return model
