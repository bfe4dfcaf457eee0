"""Speed and memory of D+D by the width of its upsampling layer (SARM section 6.1.5).

The last layer of D+D gives `width` numbers a pixel, which a convolution shared by all pixels turns
into the logits of the levels. The paper finds that a small width "drastically reduces the memory
requirements and improves the generation speed". Weights are untrained, which changes neither; the
sparsity, on which the speed depends, is that of the training images.
"""

import ctypes
import gc
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from darkpixel.config.search import Widths
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.base import build_model
from darkpixel.models.image_settings import with_image_settings
from darkpixel.models.sarm.model import SARM
from darkpixel.studies.machine import load_average
from darkpixel.studies.speed import Rate, sampling_rate

COLUMNS = [
    "model", "dataset", "label", "width", "observable", "value", "error", "n", "repetitions",
    "seeds", "threads", "device", "load", "hardware",
]  # fmt: skip
FITTED_IMAGES = 2000  # enough for the grid, the scales and the probabilities of zero
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def width_rows(
    settings: Mapping[str, Any],
    train_file: str | Path,
    widths: Widths,
    *,
    device: torch.device,
    threads: int,
    hardware: str,
    seed: int = 1,
) -> pd.DataFrame:
    """Measure every width, one after the other.

    Args:
        settings: `model` and its keys; D+D.
        train_file: images from which grid and sparsity are taken, and that are trained on.
        widths: what to measure.
        device: where.
        threads: of torch, for the rows; set by the caller.
        hardware: the machine and the software, in words.
        seed: of weights and samples.

    Returns:
        Rows of `width` and `observable`: `sampling_speed` and `training_speed` (images/s, on a CPU
        images per second of one core: median over repetitions, `error` their standard deviation),
        `sampling_memory` and `training_memory` (MB, `PeakMemory` of one call, weights included),
        `parameters_dense`, `parameters_free`, `zero_fraction` (of the samples). `n`: images at
        once.
    """
    with ImageFile(train_file) as file:
        images = torch.from_numpy(file.read(0, FITTED_IMAGES))
        about = {name: file.attributes[name] for name in ("dataset", "label")}
        settings = with_image_settings(settings, file.attributes)
    batch = min(widths.batch, len(images))
    chosen = sorted(widths.widths)
    settings = {
        **settings,
        "power": _warm_up({**settings, "width": chosen[0]}, images, batch, device),
    }
    rows: list[dict[str, Any]] = []
    for width in chosen:
        own = {**settings, "width": width}
        measures = _measures(own, images, batch, widths.seconds, device, seed)
        shared = {
            "model": widths.model,
            **about,
            "width": width,
            "n": batch,
            "seeds": 1,
            "threads": threads,
            "device": device.type,
            "load": load_average(),
            "hardware": hardware,
        }
        for name, rate in measures.items():
            found = {"value": rate.value, "error": rate.error, "repetitions": rate.repetitions}
            rows.append({"observable": name, **shared, **found})
    return pd.DataFrame(rows, columns=COLUMNS)


def _measures(
    settings: Mapping[str, Any],
    images: Tensor,
    batch: int,
    seconds: float,
    device: torch.device,
    seed: int,
) -> dict[str, Rate]:
    """Everything about one width; its model is gone afterwards."""
    memory = PeakMemory(device)
    model = _fitted(settings, images, device, seed)
    generator = torch.Generator(device).manual_seed(seed)
    sample, step = _sampler(model, generator), _stepper(model, images[:batch].to(device))
    zeros = float((sample(batch) == 0).double().mean())
    measures = {"zero_fraction": _single(zeros, batch)}
    # Other jobs on the machine do not change processor time as they do the time of day.
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    work: dict[str, Callable[[int], object]] = {"sampling": sample, "training": step}
    for name, call in work.items():
        model.train(name == "training")
        measures[f"{name}_memory"] = _single(memory.of(partial(call, batch)), batch)
        measures[f"{name}_speed"] = sampling_rate(call, [batch], seconds, clock)
    for name, count in model.parameter_counts().items():
        measures[f"parameters_{name}"] = _single(count, batch)
    return measures


def _warm_up(
    settings: Mapping[str, Any], images: Tensor, batch: int, device: torch.device
) -> float:
    """Make the libraries load all that they need before memory is measured; the fitted power."""
    model = _fitted(settings, images, device, seed=1)
    _sampler(model, torch.Generator(device).manual_seed(1))(batch)
    _stepper(model.train(), images[:batch].to(device))(batch)
    return model.fitted()["power"]


def _fitted(settings: Mapping[str, Any], images: Tensor, device: torch.device, seed: int) -> SARM:
    height, width = images.shape[1:]
    model = build_model(settings, (height, width), seed=seed)
    assert isinstance(model, SARM)
    model.fit_to_data(lambda: iter([images]))
    return model.to(device).eval()


def _sampler(model: SARM, generator: torch.Generator) -> Callable[[int], Tensor]:
    """A function that draws n images into the computer's memory."""
    return lambda n: model.sample(n, generator=generator).cpu()


def _stepper(model: SARM, images: Tensor) -> Callable[[int], None]:
    """A function that makes one step of training on the first n images."""
    optimiser = torch.optim.Adam(model.parameters())

    def step(n: int) -> None:
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(model.loss(images[:n]))
        optimiser.step()
        if images.device.type != "cpu":  # it only queues work
            torch.get_device_module(images.device).synchronize()

    return step


def _single(value: float, batch: int) -> Rate:
    """A measure without repetitions."""
    return Rate(value, float("nan"), 1, batch)


class PeakMemory:
    """Largest memory above that at construction, MB.

    On a GPU that of its tensors; on a CPU the resident memory of the process, which Linux alone
    lets one measure call by call.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.start = self._forget()

    def of(self, call: Callable[[], object]) -> float:
        """Peak during one call; NaN where it cannot be measured."""
        self._forget()
        call()
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / 1e6 - self.start
        return _resident("VmHWM") - self.start

    def _forget(self) -> float:
        """Give back what is free and forget the peak; the memory in use, MB."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            return torch.cuda.memory_allocated(self.device) / 1e6
        if _RESET.exists():
            libc = ctypes.CDLL(None)
            if hasattr(libc, "malloc_trim"):  # glibc keeps freed memory, which would be counted
                libc.malloc_trim(0)
            _RESET.write_text("5", encoding="ascii")  # proc(5): resets the peak resident size
        return _resident("VmRSS")


def _resident(name: str) -> float:
    """An entry of the process's memory status, MB; NaN on systems without it."""
    if not _RESET.exists():
        return float("nan")
    for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024 / 1e6  # "kB" are 1024 bytes
    return float("nan")
