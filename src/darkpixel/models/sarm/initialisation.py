"""What SARM takes from its images before training: grids, scales, first frequencies."""

import itertools

import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Batches
from darkpixel.models.grid_levels import levels_up_to
from darkpixel.models.sarm.conditionals import Conditionals
from darkpixel.models.sarm.discrete import Discrete
from darkpixel.models.sarm.running_sums import RunningSums
from darkpixel.models.sarm.settings import POWERS

FIT_PIXELS = 20_000 * 28**2
"""Pixels of as many images as are enough for the power, the scales of the sums and the totals."""
_SUMS_IMAGES = 4000  # enough for the scales of the running sums


@torch.no_grad()
def fit(
    parts: Conditionals,
    batches: Batches,
    validation: Batches | None = None,
    *,
    choose_power_for: float | None = None,
) -> None:
    """Set grids, scales, and the frequencies with which the model begins.

    Args:
        parts: of an untrained model; on the CPU.
        batches: passes over the training images, GeV.
        validation: passes over the validation images, on which the power is chosen where they
            are given.
        choose_power_for: side of a pixel in eta and phi, for which the power of D+D's grid is
            chosen (`power: auto`); None: the power stays as it is.

    Raises:
        DarkpixelError: every pixel is zero, or the grid of D+D would have far too few or too many
            levels.
    """
    enough = FIT_PIXELS // parts.side**2
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
    grids = [s.likelihood for s in parts.stages if isinstance(s.likelihood, Discrete)]
    if grids and grids[0].levels is None:  # before anything of that size is made
        levels_up_to(largest, batches, remedy="set the model's `levels`")
    some = torch.cat(first)[:enough]
    if choose_power_for is not None:
        compared = some
        if validation is not None:
            compared = torch.cat(list(itertools.islice(validation(), 5)))[:enough]
        _choose_power(parts, compared, choose_power_for, largest)
    for stage in parts.stages:
        stage.likelihood.fit(largest, total / count)
    _start_from_frequencies(parts, batches)
    x = parts.in_order(parts.quantise(some))
    totals = None if parts.totals is None else parts.totals.noisy(parts.sums.of_image(x))
    if parts.sums_are_seen:
        parts.sums.fit(x[:_SUMS_IMAGES], None if totals is None else totals[:_SUMS_IMAGES])
    if parts.totals is not None and totals is not None:
        parts.totals.fit(totals)
    if len(parts.first_values):
        chosen = torch.linspace(0, len(x) - 1, len(parts.first_values)).long()
        parts.first_values.copy_(x[chosen, 0])


def _start_from_frequencies(parts: Conditionals, batches: Batches) -> None:
    """Begin with the frequencies of zeros, pixel by pixel, and of levels, stage by stage.

    Of all images: a level that one in 100,000 pixels has matters for the mass.
    """
    images, zeros = 0, torch.zeros(len(parts.permutation), dtype=torch.float64)
    counts = [stage.likelihood.counts(zeros[:0]) for stage in parts.stages]
    for batch in batches():
        x = parts.in_order(parts.quantise(batch))
        images += len(x)
        zeros += (x == 0).sum(0)
        for number, (start, end, stage) in enumerate(parts.spans()):
            counts[number] += stage.likelihood.counts(x[:, start:end])
    logits = torch.log((zeros + 1) / (images - zeros + 1)).float()
    for (start, end, stage), levels in zip(parts.spans(), counts, strict=True):
        stage.gamma.set_bias(logits[start:end])
        stage.likelihood.start_from(levels)


def _choose_power(parts: Conditionals, images: Tensor, pixel_size: float, largest: float) -> None:
    """Give every grid the power whose rounding changes the images (N, H, W) least."""
    grids = [s.likelihood for s in parts.stages if isinstance(s.likelihood, Discrete)]
    errors = rounding_errors(images, pixel_size, levels=grids[0].levels, largest=largest)
    power = min(errors, key=lambda power: errors[power])
    for grid in grids:
        grid.power.fill_(power)


def rounding_errors(
    images: Tensor,
    pixel_size: float,
    *,
    levels: int | None = None,
    powers: tuple[float, ...] = POWERS,
    largest: float | None = None,
) -> dict[float, float]:
    """How much rounding to the grid of each power changes pT and mass of images.

    Rounding to 1 GeV (p = 1) alone can cost as much as a whole model's error.

    Args:
        images: (N, H, H), GeV.
        pixel_size: side of a pixel in eta and phi.
        levels: of the grid; None: one per GeV.
        powers: to try.
        largest: value that the grid covers, GeV; None: the images' own.

    Returns:
        Power -> W1 between the pT of the images and of the rounded ones, in standard deviations
        of the pT, plus the same of the mass.
    """
    x = images.flatten(1).float()
    observables = RunningSums(
        images.shape[-1], pixel_size, torch.arange(x.shape[1]), ("pt", "mass")
    )
    before = observables.of_image(x)
    spread = before.std(0).clamp(min=1e-6)
    errors = {}
    for power in powers:
        grid = Discrete(1, levels, power)
        grid.fit(float(x.max()) if largest is None else largest, 1.0)
        after = observables.of_image(grid.quantise(x))
        # For equally many images W1 is the mean distance between the sorted values.
        distance = (before.sort(0).values - after.sort(0).values).abs().mean(0)
        errors[power] = float((distance / spread).sum())
    return errors
