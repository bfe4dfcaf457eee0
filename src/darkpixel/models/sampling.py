"""What the samplers of several models share: uniform random numbers, batches, evaluation mode."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def open_uniforms(*shape: int, generator: torch.Generator) -> Tensor:
    """Uniforms of a shape in (0, 1), on the generator's device; neither 0 nor 1 occurs.

    float32 uniforms are multiples of 2^-24: 0 would occur, and be an infinite logit.
    """
    u = torch.rand(*shape, generator=generator, device=generator.device)
    return u.clamp(2.0**-25, 1 - 2.0**-24)


def batches(images: int, batch: int) -> Iterator[slice]:
    """Slices of at most `batch` that cover `images` images in turn."""
    for start in range(0, images, batch):
        yield slice(start, min(start + batch, images))


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode within the block; afterwards the network is as it was."""
    training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(training)
