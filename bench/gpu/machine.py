"""Step `machine`: what the machine is, and the two ceilings, arithmetic and memory."""

import platform
import shutil
import subprocess
from typing import Any

import numpy as np
import torch

from bench.gpu.report import Run
from bench.timing import repeated
from darkpixel.studies.machine import processor

STEP = "machine"


def main(run: Run) -> bool:
    """Write `machine.json`; always true."""
    report, device = run.report, run.device
    found = report.load(STEP)
    if found.get("finished"):
        report.log("machine: done before")
        return True
    found = describe(device)
    report.save(STEP, found)
    side, copied = (256, 2**22) if run.toy or device.type == "cpu" else (8192, 2**32)
    for name, kind, tf32 in (
        ("bfloat16_flops", torch.bfloat16, False),
        ("float32_flops", torch.float32, False),
        ("tf32_flops", torch.float32, True),
    ):
        found[name] = matrix_rate(side, kind, device, tf32)
        report.log(f"machine: {name} {found[name] / 1e12:.1f} TFLOP/s, product of {side}^3")
    found["copy_bytes_per_second"] = copy_rate(copied, device)
    report.log(f"machine: copy {found['copy_bytes_per_second'] / 1e12:.2f} TB/s, read and written")
    if device.type == "cuda":
        torch.cuda.empty_cache()
    report.save(STEP, {**found, "product_side": side, "finished": True})
    return True


def describe(device: torch.device) -> dict[str, Any]:
    """Names and versions."""
    found: dict[str, Any] = {
        "processor": processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "threads": torch.get_num_threads(),
        "device": str(device),
    }
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        found |= {
            "card": about.name,
            "memory_bytes": about.total_memory,
            "multiprocessors": about.multi_processor_count,
            "capability": f"{about.major}.{about.minor}",
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "driver": _driver(),
        }
    return found


def _driver() -> str:
    if shutil.which("nvidia-smi") is None:
        return "unknown"
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip() or "unknown"


def matrix_rate(
    side: int, kind: torch.dtype, device: torch.device, tf32: bool, seconds: float = 0.5
) -> float:
    """Operations per second of a square product of random matrices."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = tf32
    try:
        a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
        out = torch.empty_like(a)
        torch.mm(a, b, out=out)
        return 2 * side**3 / repeated(lambda: torch.mm(a, b, out=out), device, seconds).seconds
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def copy_rate(size: int, device: torch.device, seconds: float = 0.3) -> float:
    """Bytes read plus bytes written per second of a copy of `size` bytes on the device."""
    source = torch.randn(size // 4, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    return 2 * size / repeated(lambda: target.copy_(source), device, seconds).seconds
