"""darkpixel: train, sample and judge generative models of sparse detector images.

For notebooks: `darkpixel.load`, `darkpixel.simulate` and `darkpixel.evaluate` (`darkpixel.api`).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darkpixel.api import Model, evaluate, load, simulate

__version__ = "0.1.0"
__all__ = ["Model", "__version__", "evaluate", "load", "simulate"]


def __getattr__(name: str) -> Any:
    """The functions of `darkpixel.api`, once they are asked for: it imports torch."""
    if name in ("Model", "evaluate", "load", "simulate"):
        return getattr(importlib.import_module("darkpixel.api"), name)
    raise AttributeError(f"module 'darkpixel' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
