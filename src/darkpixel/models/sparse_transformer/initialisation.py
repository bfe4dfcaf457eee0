"""What a sparse transformer takes from its training images before it is trained."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Batches
from darkpixel.models.sparse_transformer.features import Tokens
from darkpixel.models.sparse_transformer.network import Network

# Of the fit of the totals: with few images more passes, up to so many, for as many steps.
_PASSES, _MOST_PASSES, _STEPS, _BATCH, _RATE = 16, 50, 400, 2048, 0.003
_FIRST_IMAGES = 4000  # from which frequencies of moves, places and values are taken
_AT_ONCE = 250


class Seen(NamedTuple):
    """What is found in N training images.

    Attributes:
        low, high: natural logarithm of the smallest and the largest value; a little wider, so that
            the largest lies within and one value has a width.
        mean_value: of a non-zero pixel.
        counts, sums: (N,) of the images.
        masses: likewise; empty where they were not asked for.
        first: (at most 4000, H, W), some of them.
    """

    low: float
    high: float
    mean_value: float
    counts: Tensor
    sums: Tensor
    masses: Tensor
    first: Tensor


def see(batches: Batches, masses_of: Callable[[Tensor], Tensor] | None) -> Seen:
    """Go through the training images once.

    Args:
        masses_of: the masses of some images; None: nothing depends on them.

    Raises:
        DarkpixelError: no pixel is above zero.
    """
    smallest, largest, pixels = [], [], 0
    counts, sums, masses, first, kept = [], [], [torch.zeros(0).double()], [], 0
    for images in batches():
        values = images[images > 0]
        pixels += len(values)
        if len(values):
            smallest.append(values.min())
            largest.append(values.max())
        counts.append((images > 0).sum((1, 2)))
        sums.append(images.double().sum((1, 2)))
        if masses_of is not None:
            masses.append(masses_of(images).cpu())
        if kept < _FIRST_IMAGES:
            first.append(images[: _FIRST_IMAGES - kept])
            kept += len(first[-1])
    if not pixels:
        raise DarkpixelError(
            "model sparse_transformer: every pixel of the training images is zero; give others."
        )
    every_sum = torch.cat(sums)
    return Seen(
        float(torch.stack(smallest).min().log()) - 1e-3,
        float(torch.stack(largest).max().log()) + 1e-3,
        float(every_sum.sum()) / pixels,
        torch.cat(counts),
        every_sum,
        torch.cat(masses),
        torch.cat(first),
    )


def first_steps(
    images: Tensor, tokens_of: Callable[[Tensor], Tokens], moves: int
) -> tuple[Tensor, Tensor]:
    """How often each move occurs in images (N, H, W), (moves,), and the coordinates of all values.

    Args:
        tokens_of: the tokens of some images.
        moves: their codes.
    """
    counted, found = torch.ones(moves, dtype=torch.float64), []
    for some in images.split(_AT_ONCE):
        batch = tokens_of(some)
        counted += batch.move[batch.valid].bincount(minlength=moves).cpu()
        found.append(batch.value[batch.valued])
    return counted, torch.cat(found)


def fit_totals(network: Network, seen: Seen, condition: Tensor) -> None:
    """Start from what is seen; train the heads of what is drawn before the pixels, alone.

    Trained with everything else, on batches of a few images, they end less exact: with 225,000
    images seen, samples of them were 0.47 GeV (W1) from the masses of the training images, with
    this fit 0.27, where 0.15 is what as many simulated images are apart.

    Args:
        condition: (width,), with all conditions withheld.
    """
    device = condition.device
    counts, sums, masses = (part.to(device) for part in (seen.counts, seen.sums, seen.masses))
    network.totals.start_from(counts, sums)
    if network.masses is not None:
        network.masses.start_from(masses)
    if network.mass_first is not None:
        network.mass_first.start_from(masses, sums)
    parameters = [p for head in network.heads_of_totals for p in head.parameters()]
    trained_on = [parameter.requires_grad for parameter in parameters]
    for parameter in parameters:
        parameter.requires_grad_(True)
    batch = min(_BATCH, len(counts), max(64, len(counts) // 16))
    a_pass = len(counts) / batch
    steps = math.ceil(max(_PASSES * a_pass, min(_STEPS, _MOST_PASSES * a_pass)))
    optimiser = torch.optim.Adam(parameters, _RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    generator = torch.Generator().manual_seed(0)
    vectors = condition.expand(batch, -1)
    for _ in range(steps):
        some = torch.randint(len(counts), (batch,), generator=generator).to(device)
        drawn = counts[some], sums[some]
        loss = network.totals.nats(vectors, *drawn).mean()
        if network.mass_first is not None:
            _, nats = network.mass_first.near(vectors, *drawn, masses[some], generator)
            loss = loss + nats.mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
    for parameter, further in zip(parameters, trained_on, strict=True):
        parameter.grad = None
        parameter.requires_grad_(further)


def place_shares(images: Tensor) -> Tensor:
    """How often each place has a pixel in images (N, H, W), over the most often, (H * W,)."""
    nonzero = (images > 0).sum(0).flatten().double()
    return nonzero / nonzero.max().clamp(min=1) + 1 / len(images)
