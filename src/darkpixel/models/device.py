"""The device on which models train and sample."""

import torch

from darkpixel.errors import DarkpixelError


def choose_device(name: str) -> torch.device:
    """The device called `name`; `auto` takes the first of cuda, mps and cpu that there is.

    Raises:
        DarkpixelError: this machine has no such device.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next((device for device, found in there.items() if found), "cpu"))
    if not there.get(name, True):
        raise DarkpixelError(
            f"training.device: {name} is not available to torch here; use auto, or run on a "
            "machine that has it."
        )
    return torch.device(name)
