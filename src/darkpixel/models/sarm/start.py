"""What SARM takes from its images before training: grids, scales, first frequencies."""

import itertools
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.models.sarm.likelihoods import Discrete
from darkpixel.models.sarm.quantisation import choose_power, quantisation_table

if TYPE_CHECKING:
    from darkpixel.models.base import Batches
    from darkpixel.models.sarm.model import SARM

FIT_PIXELS = 20_000 * 28**2
"""Pixels of as many images as are enough for the power, the scales of the sums and the totals."""


@torch.no_grad()
def fit(model: "SARM", batches: "Batches", validation: "Batches | None" = None) -> None:
    """Set grids, scales, and the frequencies with which the model begins.

    Args:
        model: untrained; on the CPU.
        batches: passes over the training images, GeV.
        validation: passes over the validation images, on which `power: auto` is chosen where they
            are given.

    Raises:
        DarkpixelError: no pixel is lit, or `power: auto` is wanted of images without angles.
    """
    enough = FIT_PIXELS // model.side**2
    largest, total, count, kept = 0.0, 0.0, 0, 0
    first: list[Tensor] = []
    for images in batches():
        largest = max(largest, float(images.max()))
        total += float(images.double().sum())
        count += int((images > 0).sum())
        if kept < enough:
            first.append(images)
            kept += len(images)
    if not count:
        raise DarkpixelError("training images: every pixel is zero; nothing to learn.")
    some = torch.cat(first)[:enough]
    if model.options.likelihood == "discrete" and model.options.power == "auto":
        power = _chosen_power(model, some, largest, validation)
        for stage in model.stages:
            if isinstance(stage.likelihood, Discrete):
                stage.likelihood.power.fill_(power)
    for stage in model.stages:
        stage.likelihood.fit(largest, total / count)
    _start_from(model, batches)
    x = model.quantise(some).flatten(1)[:, model.permutation]
    known = model.noisy(model.sums.of_image(x)) if model.totals is not None else None
    if model.options.sums:
        model.sums.fit(x[:4000], None if known is None else known[:4000])
    if model.totals is not None and known is not None:
        model.totals.fit(known)
    if len(model.first_values):
        chosen = torch.linspace(0, len(x) - 1, len(model.first_values)).long()
        model.first_values.copy_(x[chosen, 0])


def _start_from(model: "SARM", batches: "Batches") -> None:
    """Begin with the frequencies of zeros, pixel by pixel, and of levels, stage by stage.

    Of all images: a level that one in 100,000 pixels has matters for the mass.
    """
    images, zeros = 0, torch.zeros(len(model.permutation), dtype=torch.float64)
    counts = [stage.likelihood.counts(zeros[:0]) for stage in model.stages]
    for batch in batches():
        x = model.quantise(batch).flatten(1)[:, model.permutation]
        images += len(x)
        zeros += (x == 0).sum(0)
        for number, (offset, stage) in enumerate(zip(model.offsets, model.stages, strict=True)):
            here = x[:, offset : offset + stage.pixels]
            counts[number] += stage.likelihood.counts(here)
    logits = torch.log((zeros + 1) / (images - zeros + 1)).float()
    for offset, stage, found in zip(model.offsets, model.stages, counts, strict=True):
        stage.gamma.set_bias(logits[offset : offset + stage.pixels])
        stage.likelihood.start_from(found)


def _chosen_power(
    model: "SARM", images: Tensor, largest: float, validation: "Batches | None"
) -> float:
    if not model.in_angles:
        raise DarkpixelError(
            f"model sarm: power: auto compares pT and mass, which {no_angles(model)} do not "
            "have; give a number, say power: 1.5, and levels."
        )
    if validation is not None:
        images = torch.cat(list(itertools.islice(validation(), 5)))
        images = images[: FIT_PIXELS // model.side**2]
    table = quantisation_table(
        images, model.pixel_size, levels=model.options.levels, largest=largest
    )
    return choose_power(table)


def no_angles(model: "SARM") -> str:
    """Why a model's images have no pT and mass, for messages."""
    return (
        f"images of {model.side} pixels of {model.pixel_size:g}, over 2 pi wide and so not in eta "
        "and phi,"
    )
