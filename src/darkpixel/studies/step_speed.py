"""Seconds of an image in training and in sampling, of models that need not be trained."""

import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from darkpixel.config.training import Training
from darkpixel.models.base import GenerativeModel, Trainable
from darkpixel.models.lagan.model import LAGAN
from darkpixel.models.ssnet.model import SSNet
from darkpixel.models.vqvae.model import VQVAE
from darkpixel.studies.subjects import Subject
from darkpixel.training.optimisation import build_optimisers, network_of

_AT_ONCE = {"lagan": None, "sparse_transformer": "slots"}
"""How `sample` calls the number of images drawn at once, if not `batch`."""
_FITTED = 300  # synthetic images
_FIRST, _MORE = 8, 4  # images of the first call, and how many times as many in the next
_CPU = torch.device("cpu")


class StepTimes(NamedTuple):
    """Seconds of an image on one core."""

    training: float
    """A step of the training loop, all phases."""
    sampling: float | None
    """None: the model draws no images."""
    weights: int
    """Bytes of the parameters."""


def step_times(subject: Subject, batch: int, seconds: float) -> StepTimes:
    """Time a model on one core of this computer, with the weights that it begins with.

    The number of images of a call is raised until a call takes a third of `seconds`; those before
    are the warm-up.

    Args:
        batch: images of a training step; more at once are not tried.
        seconds: of each of the two, about; a call that takes longer is waited for.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = subject.build(_FITTED)
        draws = draw_function(model, subject, _CPU)
        sampling = None
        if draws is not None and isinstance(model, GenerativeModel):
            with torch.inference_mode():
                sampling = _seconds_an_image(draws[1], max(batch, 64), seconds)
        step = training_step(model, subject, _CPU, autocast=False)
        weights = sum(tensor.nbytes for tensor in model.state_dict().values())
        return StepTimes(_seconds_an_image(step, batch, seconds), sampling, weights)
    finally:
        torch.set_num_threads(threads)


def _seconds_an_image(call: Callable[[int], object], most: int, seconds: float) -> float:
    images = min(_FIRST, most)
    call(images)
    while True:
        started = time.process_time()  # of this process alone, however busy the computer is
        call(images)
        taken = time.process_time() - started
        if taken > seconds / 3 or images == most:
            return taken / images
        images = min(images * _MORE, most)


def draw_function(
    model: Trainable, subject: Subject, device: torch.device
) -> tuple[str, Callable[..., Tensor]] | None:
    """What is timed of a model that is not being trained: sampling, decoding or labelling."""
    if isinstance(model, GenerativeModel):
        if isinstance(model, LAGAN):
            model.choose_class(0)

        def sample(n: int, source: torch.device = device) -> Tensor:
            generator = torch.Generator(source).manual_seed(n)
            option = _AT_ONCE.get(model.settings["model"], "batch")
            options = {} if option is None else {option: n}
            return model.sample(n, generator=generator, **options)

        return "samples", sample
    if isinstance(model, VQVAE):
        rows, columns = model.code_shape
        number = model.options.codes

        def decode(n: int) -> Tensor:
            return model.decode(torch.randint(number, (n, rows, columns), device=device))

        return "decodes", decode
    if isinstance(model, SSNet):
        images = subject.inputs(model, 16, seed=3)[0].to(device)

        def label(n: int) -> Tensor:
            return model.scores(images.repeat(-(-n // 16), 1, 1)[:n])

        return "labels", label
    return None


def training_step(
    model: Trainable, subject: Subject, device: torch.device, autocast: bool = True
) -> Callable[[int], None]:
    """A step of every phase on n images as the training loop makes it, in bfloat16 or float32."""
    optimisers = build_optimisers(model, Training(learning_rate=1e-6), device)
    images, columns = subject.inputs(model.cpu(), 256, seed=4)
    model.to(device)
    images, columns = images.to(device), {k: v.to(device) for k, v in columns.items()}
    held: dict[int, tuple[Tensor, dict[str, Tensor]]] = {}

    def step(n: int) -> None:
        model.train()
        if n not in held:
            held.clear()
            index = torch.arange(n, device=device) % len(images)
            held[n] = images[index], {k: v[index] for k, v in columns.items()}
        batch, chosen = held[n]
        for phase in model.phases:
            optimiser = optimisers[network_of(phase)]
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
                loss = model.loss(batch, phase, **chosen)
            torch.autograd.backward(loss)
            clip_grad_norm_([p for g in optimiser.param_groups for p in g["params"]], 10.0)
            optimiser.step()

    return step
