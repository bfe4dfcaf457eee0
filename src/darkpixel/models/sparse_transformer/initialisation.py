"""Ranges, scales and first frequencies of a sparse transformer, from its training images."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Batches
from darkpixel.models.sparse_transformer.walk_places import WalkPlaces

if TYPE_CHECKING:
    from darkpixel.models.sparse_transformer.model import SparseTransformer

_START_IMAGES = 4000  # from which frequencies of moves, places and values are taken


@torch.no_grad()
def fit(model: "SparseTransformer", batches: Batches) -> None:
    """As `SparseTransformer.fit_to_data`."""
    low, high, total, pixels, images_seen = np.inf, 0.0, 0.0, 0, 0
    counts, sums, masses, first, kept = [], [], [], [], 0
    for images in batches():
        values = images[images > 0]
        if len(values):
            low, high = min(low, float(values.min())), max(high, float(values.max()))
        total, pixels = total + float(values.double().sum()), pixels + len(values)
        images_seen += len(images)
        counts.append((images > 0).sum((1, 2)))
        sums.append(images.double().sum((1, 2)))
        masses.append(model.masses_of(images))
        if kept < _START_IMAGES:
            first.append(images[: _START_IMAGES - kept])
            kept += len(first[-1])
    if not pixels:
        raise DarkpixelError(
            "model sparse_transformer: every pixel of the training images is zero; give others."
        )
    # A little wider, so that the largest value lies within and one value has a width.
    model.log_low.fill_(np.log(low) - 1e-3)
    model.log_high.fill_(np.log(high) + 1e-3)
    model.mean_value.fill_(total / pixels)
    model.mean_total.fill_(total / images_seen)
    network = model.network
    network.totals.start_from(torch.cat(counts), torch.cat(sums))
    if network.masses is not None:
        network.masses.start_from(torch.cat(masses))
    if network.mass_first is not None:
        own = torch.cat(masses)
        network.mass_first.start_from(own, torch.cat(sums).to(own.device))
    if model.options.values == "absolute":
        model.value_range[0], model.value_range[1] = model.log_low, model.log_high
    _start_from(model, torch.cat(first))


def _start_from(model: "SparseTransformer", images: Tensor) -> None:
    """Start ranges and biases at what is found in some images (N, H, W)."""
    network = model.network
    moves = torch.ones(network.moves.codes, dtype=torch.float64)
    found: list[Tensor] = []
    for some in images.split(250):
        batch = model.tokens_of(model.sequences_of(some.numpy()))
        moves += batch.move[batch.valid].bincount(minlength=len(moves)).cpu()
        found.append(batch.value[batch.valued])
    values = torch.cat(found)
    if model.options.values == "shares" and len(values):
        lowest = 0.0 if model.options.is_falling else values.min() - 0.1
        model.value_range[0], model.value_range[1] = lowest, values.max() + 0.1
    bins = model.value_bins
    counted = bins.category(values).bincount(minlength=bins.categories).double() + 1
    network.value.bias.copy_((counted / counted.sum()).log())
    nonzero = (images > 0).sum(0).flatten().double()
    places = nonzero / nonzero.max().clamp(min=1) + 1 / len(images)
    if isinstance(network.places, WalkPlaces):
        network.places.start_from(moves, places)
    else:
        network.places.start_from(places)
