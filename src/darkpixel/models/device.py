"""The device on which a network runs, and its arithmetic."""

import logging
import os
from pathlib import Path

import torch

from darkpixel.errors import DarkpixelError

logger = logging.getLogger(__name__)

_CGROUPS = Path("/sys/fs/cgroup")


def choose_device(name: str, asked_by: str = "training.device") -> torch.device:
    """The device called `name`; `auto` takes the first of cuda, mps and cpu that there is.

    Args:
        asked_by: the key or option that names it, for the message.

    Raises:
        DarkpixelError: this machine has no such device.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next((device for device, usable in available.items() if usable), "cpu"))
    if not available.get(name, True):
        raise DarkpixelError(
            f"{asked_by}: {name} is not available to torch here; use auto, or run on a "
            "machine that has it."
        )
    return torch.device(name)


def memory_limit() -> int:
    """Bytes that this process may have: of the machine, or less where a job has a limit."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in ("memory.max", "memory/memory.limit_in_bytes"):  # version 2 and 1
        file = _CGROUPS / path
        try:
            text = file.read_text().strip()
        except OSError:
            continue
        if text.isdecimal():
            limits.append(int(text))
    return min(limits)


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether a network of a `precision` of the settings runs in bfloat16 on a device.

    Where a processor has no instructions for it, as a CPU with AVX2 and no more, convolutions in
    bfloat16 take ten times as long as in float32, so it runs in float32 there; the log says so.
    """
    if precision == "float32" or (precision == "auto" and device.type != "cuda"):
        return False
    if device.type == "cuda":
        has_it = bool(torch.cuda.is_bf16_supported(including_emulation=False))
    else:
        has_it = device.type != "cpu" or _cpu_has_bfloat16()
    if precision == "bfloat16" and not has_it:
        logger.info("this processor has no bfloat16: float32 in its place, which is faster here")
    return has_it


def _cpu_has_bfloat16() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
