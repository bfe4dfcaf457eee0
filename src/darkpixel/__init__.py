"""darkpixel: train, sample and judge generative models of sparse detector images.

For notebooks: `darkpixel.load`, `darkpixel.simulate` and `darkpixel.evaluate` (`darkpixel.api`).
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darkpixel.api import Model, evaluate, load, simulate

__version__ = "0.1.0"
__all__ = ["Model", "__version__", "evaluate", "load", "simulate"]


def wait_without_spinning() -> None:
    """Let OpenMP's threads sleep while they wait, unless `OMP_WAIT_POLICY` says otherwise.

    Threads that spin take the cores from each other and from other programs: beside other work
    `evaluate` takes five times as long. OpenMP reads the variable once, as torch or scikit-learn is
    imported: called later, this does nothing.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def __getattr__(name: str) -> Any:
    """The functions of `darkpixel.api`, once they are asked for: it imports torch."""
    if name in ("Model", "evaluate", "load", "simulate"):
        wait_without_spinning()
        return getattr(importlib.import_module("darkpixel.api"), name)
    raise AttributeError(f"module 'darkpixel' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
