"""One masked network and the likelihood of its pixels: a stage of SARM."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sarm.likelihoods import Likelihood
from darkpixel.models.sarm.masked_linear import BlockTriangularLinear, spread_degrees
from darkpixel.models.sarm.pixel_head import PixelHead


def _gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": _gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


class StageInputs(NamedTuple):
    """What a stage is given of a batch."""

    pixels: Tensor
    """(B, D, F), inputs of the stage's own pixels; output i uses those before i."""
    context: Tensor | None
    """(B, C), of what was generated before the stage."""
    sums: Tensor | None
    """(S, B, D + 1), running sums before each pixel and after the last."""


class Stage(nn.Module):
    """Parameters theta_i of D pixels, each a function of the pixels before it and of a context.

    Args:
        pixels: D.
        likelihood: of the non-zero pixels.
        inputs: inputs per pixel, F.
        context: features known before the stage (pixels of earlier stages, totals), C. They
            enter the first layer through an unmasked linear layer without bias.
        sums: running sums per position, S; 0 for none. Each unit sees those up to its degree.
        shared_units: hidden units of a network from the sums before a pixel to the parameters of
            its value, the same for all pixels; 0 for none. What each pixel alone meets too rarely
            to learn, a large value when much is left of the totals, they learn together.
        units, context_units, layers: of the hidden layers; see `spread_degrees`.
        activation: a key of ACTIVATIONS; the output layer has none.
        residual: h + f(W h) instead of f(W h) from the second layer on.
        dropout: fraction of hidden units dropped in training.
        blocks: see `BlockTriangularLinear`.
    """

    degrees: Tensor
    layers: Sequence[BlockTriangularLinear]

    def __init__(
        self,
        pixels: int,
        likelihood: Likelihood,
        *,
        inputs: int = 1,
        context: int = 0,
        sums: int = 0,
        shared_units: int = 0,
        units: int = 128,
        context_units: int = 0,
        layers: int = 5,
        activation: str = "gelu",
        residual: bool = False,
        dropout: float = 0.0,
        blocks: int = 8,
    ) -> None:
        super().__init__()
        self.pixels, self.inputs, self.context_size, self.sums = pixels, inputs, context, sums
        self.likelihood = likelihood
        self.activation, self.residual, self.dropout = ACTIVATIONS[activation], residual, dropout
        # Without units of degree -1 the first pixel of a stage could not see the context.
        lowest = -1 if context and not context_units else 0
        degrees = spread_degrees(units, pixels, lowest, context_units)
        self.register_buffer("degrees", degrees, persistent=False)
        gain = 1.5 if activation == "gelu" and not residual else 1.0
        of_input = torch.arange(pixels).repeat_interleave(inputs)
        self.layers = nn.ModuleList(  # type: ignore[assignment]
            BlockTriangularLinear(below, degrees, blocks=blocks, gain=gain)
            for below in [of_input] + [degrees] * (layers - 1)
        )
        self.context = nn.Linear(context, len(degrees), bias=False) if context else None
        self.gamma = BlockTriangularLinear(
            degrees, torch.arange(pixels), strict=True, blocks=blocks, gain=0.3
        )
        self.values = PixelHead(degrees, pixels, likelihood.size)
        if sums:
            self.first_sums = nn.Parameter(0.3 * torch.randn(len(degrees), sums))
            self.last_sums = nn.Parameter(0.1 * torch.randn(len(degrees), sums))
            self.gamma_sums = nn.Parameter(torch.zeros(pixels, sums))
            self.values_sums = nn.Parameter(torch.zeros(pixels, likelihood.size, sums))
        self.values_shared = None
        if sums and shared_units:
            last = nn.Linear(shared_units, likelihood.size)
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
            first = nn.Linear(sums, shared_units)
            self.values_shared = nn.Sequential(first, nn.GELU(approximate="tanh"), last)
        self.recent = _unseen(degrees, pixels)
        if self.recent:
            # A layer narrower than the pixels has no unit between some neighbours.
            seen = self.recent * inputs
            self.gamma_recent = nn.Parameter(0.1 * torch.randn(pixels, seen))
            self.values_recent = nn.Parameter(0.1 * torch.randn(pixels, likelihood.size, seen))

    def trunk(self, inputs: StageInputs) -> Tensor:
        """The last hidden layer, (B, units)."""
        pixels, context, sums = inputs
        h = pixels
        for number, layer in enumerate(self.layers):
            before = layer(pixels.flatten(1)) if number == 0 else layer(h)
            if number == 0 and self.context is not None:
                before = before + self.context(context)
            if sums is not None and number in (0, len(self.layers) - 1):
                weights = self.first_sums if number == 0 else self.last_sums
                before = before + _weighted(sums[:, :, self.degrees + 1], weights)
            after = self.activation(before)
            if self.dropout and self.training:
                after = F.dropout(after, self.dropout)
            h = h + after if self.residual and number else after
        return h

    def zero_logits(self, h: Tensor, inputs: StageInputs) -> Tensor:
        """Logit of gamma_i = P(x_i = 0), (B, D); `h` from `trunk`."""
        logits: Tensor = self.gamma(h)
        if inputs.sums is not None:
            logits = logits + _weighted(inputs.sums[:, :, :-1], self.gamma_sums)
        if self.recent:
            logits = logits + (self._recent_pixels(inputs.pixels) * self.gamma_recent).sum(-1)
        return logits

    def value_parameters(
        self, h: Tensor, inputs: StageInputs, pixel: Tensor, image: Tensor
    ) -> Tensor:
        """phi_i of n chosen pixels (sorted by pixel), (n, likelihood.size)."""
        parameters = self.values.at(h, pixel, image)
        if inputs.sums is not None:
            chosen = inputs.sums[:, image, pixel].T
            of_pixel = self.values_sums.index_select(0, pixel)
            parameters = parameters + (of_pixel @ chosen[..., None])[..., 0]
            if self.values_shared is not None:
                parameters = parameters + self.values_shared(chosen)
        if self.recent:
            chosen = self._recent_pixels(inputs.pixels)[image, pixel][..., None]
            parameters = parameters + (self.values_recent.index_select(0, pixel) @ chosen)[..., 0]
        return parameters

    def log_prob(self, x: Tensor, inputs: StageInputs, *, unscored: int = 0) -> Tensor:
        """log p of the stage's pixels given what came before, (B,) nats.

        Args:
            x: (B, D), GeV, quantised where the likelihood does so.
            inputs: of these pixels.
            unscored: pixels at the start whose probability is left out.
        """
        h = self.trunk(inputs)
        nonzero = x > 0
        logits = self.zero_logits(h, inputs).float()
        zero_or_not = F.logsigmoid(torch.where(nonzero, -logits, logits))
        if unscored:
            nonzero = nonzero.clone()  # autograd keeps the original
            nonzero[:, :unscored] = False
            zero_or_not = zero_or_not[:, unscored:]
        log_prob = zero_or_not.sum(1)
        pixel, image = nonzero.T.nonzero().unbind(1)
        parameters = self.value_parameters(h, inputs, pixel, image)
        values = self.likelihood.log_prob(parameters, x[image, pixel])
        return log_prob.index_add(0, image, values)

    def counts(self) -> dict[str, int]:
        """Parameters, in full matrices and without the masked ones."""
        masked = [module for module in self.modules() if isinstance(module, BlockTriangularLinear)]
        stored = {id(p) for module in masked for p in module.parameters()}
        rest = sum(p.numel() for p in self.parameters() if id(p) not in stored)
        totals = [module.counts() for module in masked]
        return {key: rest + sum(count[key] for count in totals) for key in ("dense", "free")}

    def _recent_pixels(self, pixels: Tensor) -> Tensor:
        """Inputs of the last `recent` pixels before each pixel, (B, D, recent * F)."""
        padded = F.pad(pixels, (0, 0, self.recent, 0))
        return padded.unfold(1, self.recent, 1)[:, : self.pixels].transpose(2, 3).flatten(2)


def _weighted(sums: Tensor, weights: Tensor) -> Tensor:
    """sum_s sums[s, b, k] weights[k, s], (B, K)."""
    return (sums * weights.T[:, None]).sum(0)


def _unseen(degrees: Tensor, pixels: int) -> int:
    """Largest number of pixels just before some pixel that no unit passes on to it."""
    outputs = torch.arange(1, pixels)
    position = torch.searchsorted(degrees, outputs) - 1
    highest = torch.where(position >= 0, degrees[position.clamp(min=0)], -1).clamp(min=-1)
    return int((outputs - 1 - highest).max()) if pixels > 1 else 0
