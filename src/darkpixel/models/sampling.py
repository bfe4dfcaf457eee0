"""What the samplers of several models share: random numbers, batches, evaluation mode."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import GenerativeModel


def open_uniforms(*shape: int, generator: torch.Generator) -> Tensor:
    """Uniforms of a shape in (0, 1), on the generator's device; neither 0 nor 1 occurs.

    float32 uniforms are multiples of 2^-24: 0 would occur, and be an infinite logit.
    """
    u = torch.rand(*shape, generator=generator, device=generator.device)
    return u.clamp(2.0**-25, 1 - 2.0**-24)


def draw_categories(logits: Tensor, uniforms: Tensor) -> Tensor:
    """The categories at which the cumulative probability passes the uniforms.

    A category of probability zero is never drawn, not even where the uniform is at the upper end of
    the rounded cumulative.

    Args:
        logits: (..., K).
        uniforms: (...,) in [0, 1).

    Returns:
        (...,) int64.
    """
    weights = (logits - logits.amax(-1, keepdim=True)).exp_()
    cumulative = weights.cumsum(-1)
    total = cumulative[..., -1:]
    below_total = torch.nextafter(total, torch.zeros_like(total))
    target = torch.minimum(uniforms[..., None] * total, below_total)
    return torch.searchsorted(cumulative, target, right=True)[..., 0]


def batches(images: int, batch: int) -> Iterator[slice]:
    """Slices of at most `batch` that cover `images` images in turn."""
    for start in range(0, images, batch):
        yield slice(start, min(start + batch, images))


def require_good_pixels(model: GenerativeModel, images: Tensor) -> None:
    """Refuse images that were drawn with bad pixels, before anything is measured or written.

    Args:
        images: (B, H, W), as drawn.

    Raises:
        DarkpixelError: a pixel is not finite, or negative; what to change in the model.
    """
    good = (images >= 0) & (images < torch.inf)  # NaN fails both
    if not good.all():
        bad = ~good.flatten(1).all(1)
        first = int(bad.nonzero()[0, 0])
        value = images[first][~good[first]][0].item()
        raise DarkpixelError(
            f"model {model.settings['model']}: {int(bad.sum())} of {len(images)} images that it "
            f"drew hold bad pixels (the first is {value:g}; they must be finite and not negative): "
            f"{model.remedy}."
        )


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode within the block; afterwards the network is as it was."""
    training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(training)
