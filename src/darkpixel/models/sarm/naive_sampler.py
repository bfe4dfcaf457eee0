"""What a sample is: images as a function of uniform random numbers, in the plainest way.

`sample_naive`, the sampler of the references, passes through the whole network once per pixel. It
is the definition against which the incremental sampler is tested, and the denominator of the
benchmark.
"""

from collections.abc import Collection
from typing import NamedTuple

import torch
from torch import Tensor

from darkpixel.models.sampling import open_uniforms
from darkpixel.models.sarm.conditionals import Conditionals


class Uniforms(NamedTuple):
    """The random numbers of B images, in (0, 1)."""

    pixels: Tensor
    """(3, B, D): zero or not, first and second uniform of the value, in the order of generation.
    The second one places a value within its level (D+D), or within its logistic (D+C)."""
    totals: Tensor
    """(2, B, T)."""


def draw_uniforms(parts: Conditionals, n: int, generator: torch.Generator) -> Uniforms:
    """Uniforms of `n` images, one image after the other from the generator."""
    pixels = len(parts.permutation)
    totals = 0 if parts.totals is None else parts.totals.count
    u = open_uniforms(n, 3 * pixels + 2 * totals, generator=generator).to(parts.permutation.device)
    return Uniforms(
        u[:, : 3 * pixels].view(n, 3, pixels).transpose(0, 1),
        u[:, 3 * pixels :].view(n, 2, totals).transpose(0, 1),
    )


def draw_first_pixel(values: Tensor, u: Tensor) -> Tensor:
    """Training values of the first pixel chosen by uniforms (B,)."""
    return values[(u * len(values)).long().clamp(max=len(values) - 1)]


@torch.no_grad()
def sample_naive(
    parts: Conditionals,
    uniforms: Uniforms,
    *,
    positions: Collection[int] | None = None,
    every_pixel: bool = False,
    totals: Tensor | None = None,
) -> Tensor:
    """Images (B, H, W) from the same uniforms as the incremental sampler.

    Args:
        parts: of a model in evaluation mode.
        uniforms: for B images.
        positions: places in the order at which a pass is made; the others stay zero. All by
            default; the benchmark times a few, since all passes cost the same.
        every_pixel: the network's last layer gives the parameters of every pixel at every pass,
            as in the references, though only one pixel's are used.
        totals: for which the pixels are drawn, (B, T); None: drawn first, where there are any.
    """
    u = uniforms.pixels
    x = torch.zeros_like(u[0])
    if parts.totals is not None and totals is None:
        totals = parts.totals.sample(uniforms.totals)
    everyone = torch.arange(len(x), device=x.device)
    for i in range(x.shape[1]) if positions is None else positions:
        if i == 0 and len(parts.first_values):
            x[:, 0] = draw_first_pixel(parts.first_values, u[1, :, 0])
            continue
        # The generator is lazy, so only the network of the pixel's own stage is evaluated.
        start, stage, inputs = next(
            (start, stage, inputs)
            for start, stage, inputs in parts.stage_inputs(x, totals)
            if i < start + stage.pixels
        )
        h = stage.trunk(inputs)
        logits = stage.zero_logits(h, inputs)[:, i - start]
        if every_pixel:
            stage.values(h)
        here = torch.full_like(everyone, i - start)
        parameters = stage.value_parameters(h, inputs, here, everyone)
        value = stage.likelihood.sample(parameters, u[1, :, i], u[2, :, i])
        x[:, i] = torch.where(torch.logit(u[0, :, i]) < logits, 0.0, value)
    return parts.to_images(parts.spread(x, u[2]))
