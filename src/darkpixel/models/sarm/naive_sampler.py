"""The sampler of the references: one pass through the whole network for every pixel.

It is the definition against which the incremental sampler is tested, and the denominator of the
benchmark.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from darkpixel.models.sarm.sampler import Uniforms, draw_first_pixel

if TYPE_CHECKING:
    from darkpixel.models.sarm.model import SARM


@torch.no_grad()
def sample_naive(
    model: "SARM",
    uniforms: Uniforms,
    *,
    positions: Collection[int] | None = None,
    every_pixel: bool = False,
) -> Tensor:
    """Images (B, H, W) from the same uniforms as the incremental sampler.

    Args:
        model: in evaluation mode.
        uniforms: for B images.
        positions: places in the order at which a pass is made; the others stay zero. All by
            default; the benchmark times a few, since all passes cost the same.
        every_pixel: the network's last layer gives the parameters of every pixel at every pass,
            as in the references, though only one pixel's are used.
    """
    u = uniforms.pixels
    x = torch.zeros_like(u[0])
    known = None if model.totals is None else model.totals.sample(uniforms.totals)
    everyone = torch.arange(len(x), device=x.device)
    for i in range(x.shape[1]) if positions is None else positions:
        if i == 0 and len(model.first_values):
            x[:, 0] = draw_first_pixel(model.first_values, u[1, :, 0])
            continue
        # The generator is lazy, so only the network of the pixel's own stage is evaluated.
        offset, stage, given = next(
            found for found in model.conditions(x, known) if i < found[0] + found[1].pixels
        )
        h = stage.trunk(given)
        logits = stage.zero_logits(h, given)[:, i - offset]
        if every_pixel:
            stage.values(h)
        here = torch.full_like(everyone, i - offset)
        parameters = stage.value_parameters(h, given, here, everyone)
        value = stage.likelihood.sample(parameters, u[1, :, i], u[2, :, i])
        x[:, i] = torch.where(torch.logit(u[0, :, i]) < logits, 0.0, value)
    images = torch.zeros_like(x)
    images[:, model.permutation] = x
    return images.view(-1, model.side, model.side)
