"""The machine that a measurement ran on: its processor, its accelerator, how busy it was."""

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def processor() -> str:
    """The CPU's name and the cores that this process may use."""
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        lines = information.read_text(encoding="utf-8", errors="replace").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = named[0] if named else name
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count()
    return f"{name}, {cores} cores"


def hardware(device: "torch.device") -> str:
    """The name of what computes on a device: of the GPU, or of the processor."""
    if device.type != "cuda":
        return processor()
    from torch import cuda

    name: str = cuda.get_device_name(device)
    return name


def load_average() -> float:
    """Mean number of processes that wanted a core in the last minute; NaN where none is kept."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return float("nan")
