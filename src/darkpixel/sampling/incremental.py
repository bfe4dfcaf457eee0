"""Exact sampling that evaluates every hidden unit once per image.

A naive sampler passes through the whole network once per pixel. But a unit of degree d depends on
the pixels 0 ... d only: once pixel d is drawn, the unit is final. Units are sorted by degree, so
the sampler walks through the network once, with three savings:

- Pixels come in blocks. At a block's start, everything that its units take from units and pixels
  before the block is one large matrix product per layer ("left-looking"); inside the block only
  small triangles remain.
- Lazy head: gamma is a logit of its own, so zero or not is a comparison, and the parameters of a
  pixel's value are computed only for the images in which it is not zero. On a GPU, where counting
  them would stall the queue, they are computed for all.
- Activations are stored feature by feature, (units, images): every product reads whole rows.

The result equals `sample_naive` for the same uniforms up to rounding.
"""

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from darkpixel.models.sarm import SARM
    from darkpixel.nn.stage import Stage


class Uniforms(NamedTuple):
    """The random numbers of B images, in (0, 1)."""

    pixels: Tensor
    """(3, B, D): zero or not, first and second uniform of the value, in the order of generation."""
    totals: Tensor
    """(2, B, T)."""


def draw_uniforms(model: "SARM", n: int, generator: torch.Generator) -> Uniforms:
    """Uniforms of `n` images, one image after the other from the generator."""
    pixels = len(model.permutation)
    totals = 0 if model.totals is None else model.totals.count
    u = torch.rand(n, 3 * pixels + 2 * totals, generator=generator, device=generator.device)
    # float32 uniforms are multiples of 2^-24: 0 occurs, and would be an infinite logit.
    u = u.clamp(2.0**-25, 1 - 2.0**-24).to(model.permutation.device)
    return Uniforms(
        u[:, : 3 * pixels].view(n, 3, pixels).transpose(0, 1),
        u[:, 3 * pixels :].view(n, 2, totals).transpose(0, 1),
    )


def draw_first_pixel(values: Tensor, u: Tensor) -> Tensor:
    """Training values of the first pixel chosen by uniforms (B,)."""
    return values[(u * len(values)).long().clamp(max=len(values) - 1)]


@torch.no_grad()
def sample_incremental(
    model: "SARM", n: int, *, generator: torch.Generator, batch: int = 1024, block: int = 32
) -> Tensor:
    """Draw images, (n, H, W) float32, GeV.

    Arguments:
        model: trained; put into evaluation mode while it samples.
        n: images.
        generator: an image's uniforms do not depend on `batch` or on the images after it.
        batch: images at once.
        block: pixels of a block.
    """
    training = model.training
    model.eval()
    network = prepare(model)
    images = []
    for start in range(0, n, batch):
        uniforms = draw_uniforms(model, min(batch, n - start), generator)
        images.append(sample_from_uniforms(model, uniforms, block=block, network=network))
    model.train(training)
    empty = torch.zeros(0, model.side, model.side, device=model.permutation.device)
    return torch.cat([empty, *images])


def prepare(model: "SARM") -> "list[DenseStage]":
    """Assemble the dense matrices of every stage, once for many batches."""
    with torch.no_grad():
        return [DenseStage(stage) for stage in model.stages]


@torch.no_grad()
def sample_from_uniforms(
    model: "SARM",
    uniforms: Uniforms,
    *,
    block: int = 32,
    network: "list[DenseStage] | None" = None,
) -> Tensor:
    """Images (B, H, W) from given uniforms; see `sample_incremental`."""
    network = network or prepare(model)
    u = uniforms.pixels.transpose(1, 2).contiguous()  # (3, D, B)
    _, pixels, batch = u.shape
    x = u.new_zeros(pixels, batch)
    known = context = None
    if model.totals is not None:
        totals = model.totals.sample(uniforms.totals)
        known, context = totals.T.contiguous(), model.totals.standardised(totals).T
    sums = Sums(model, known, batch) if model.options.sums else None
    for offset, stage in zip(model.offsets, network, strict=True):
        end = offset + stage.pixels
        earlier = model.pixel_inputs(x[:offset]).transpose(1, 2).flatten(0, 1)
        given = earlier if context is None else torch.cat([context, earlier])
        walk = Walk(model, stage, given, sums, u[:, offset:end], offset)
        if offset == 0 and len(model.first_values):
            walk.first = draw_first_pixel(model.first_values, u[1, 0])
        x[offset:end] = walk.run(block)
    images = torch.zeros_like(x)
    images[model.permutation] = x
    return images.T.reshape(batch, model.side, model.side)


class Sums:
    """Running sums and their features, updated pixel by pixel."""

    def __init__(self, model: "SARM", known: Tensor | None, batch: int) -> None:
        self.sums, self.known = model.sums, known
        self.raw = model.sums.nothing(batch)
        self.features = model.sums.features(self.raw, known)

    def add(self, pixel: int, x: Tensor, images: Tensor | None) -> None:
        """Add pixel values (m,) of `images` (m,), or of all images."""
        if images is None:
            self.raw = self.sums.added(self.raw, x, pixel)
            self.features = self.sums.features(self.raw, self.known)
            return
        raw = self.sums.added(self.raw[:, images], x, pixel)
        known = None if self.known is None else self.known[:, images]
        self.raw[:, images] = raw
        self.features[:, images] = self.sums.features(raw, known)


class DenseStage:
    """The weights of a stage as dense matrices, and its units' ranges by degree.

    `end[d + 1]` is the number of units of degree d or less, for d = -1 ... D - 1; a degree may
    have no unit, or several.
    """

    def __init__(self, stage: "Stage") -> None:
        self.stage, self.pixels, self.inputs = stage, stage.pixels, stage.inputs
        self.weights = [layer.dense_weight() for layer in stage.layers]
        self.biases = [layer.column_bias() for layer in stage.layers]
        self.gamma = stage.gamma.dense_weight()
        self.gamma_bias = stage.gamma.column_bias()
        size = stage.likelihood.size
        self.values = stage.values.dense_weight().view(stage.pixels, size, -1)
        self.values_bias = stage.values.column_bias().view(stage.pixels, size, 1)
        steps = torch.arange(-1, stage.pixels, device=stage.degrees.device)
        self.end: list[int] = torch.searchsorted(stage.degrees, steps, right=True).tolist()


class Walk:
    """One batch's way through one stage.

    Arguments:
        model, stage: what to sample.
        context: (C, B).
        sums: shared by the stages, or None.
        u: (3, D, B).
        offset: pixels of the earlier stages.
    """

    def __init__(
        self,
        model: "SARM",
        stage: DenseStage,
        context: Tensor,
        sums: Sums | None,
        u: Tensor,
        offset: int,
    ) -> None:
        self.model, self.dense, self.stage, self.sums = model, stage, stage.stage, sums
        self.offset, self.u = offset, u
        self.lazy = u.device.type == "cpu"
        batch, units = u.shape[2], len(self.stage.degrees)
        self.x = u.new_zeros(stage.pixels, batch)
        self.seen = u.new_zeros(stage.pixels * stage.inputs, batch)
        self.h = [u.new_empty(units, batch) for _ in stage.weights]
        self.logit_u = torch.logit(u[0])
        self.context = None
        if self.stage.context is not None:
            self.context = self.stage.context.weight @ context
        self.first: Tensor | None = None

    def run(self, block: int) -> Tensor:
        """Draw all pixels of the stage, (D, B) GeV."""
        dense = self.dense
        self._open(0, 0, dense.end[0])
        self._advance(0, 0, dense.end[0])  # units that see the context only
        for start in range(0, dense.pixels, block):
            stop = min(start + block, dense.pixels)
            known = dense.end[start]
            self._open(start, known, dense.end[stop])
            gamma = torch.addmm(
                dense.gamma_bias[start:stop], dense.gamma[start:stop, :known], self.h[-1][:known]
            )
            for i in range(start, stop):
                self._draw(i, gamma[i - start], known)
                self._advance(i + 1, dense.end[i], dense.end[i + 1])
        return self.x

    def _open(self, pixel: int, known: int, end: int) -> None:
        """Left-looking part of the units [known, end): what comes from before pixel and known."""
        dense, columns = self.dense, pixel * self.dense.inputs
        self.origin, self.origin_columns = known, columns
        self.open = []
        for layer, (weight, bias) in enumerate(zip(dense.weights, dense.biases, strict=True)):
            below, width = (self.seen, columns) if layer == 0 else (self.h[layer - 1], known)
            rows = torch.addmm(bias[known:end], weight[known:end, :width], below[:width])
            if layer == 0 and self.context is not None:
                rows += self.context[known:end]
            self.open.append(rows)

    def _advance(self, pixels: int, begin: int, end: int) -> None:
        """Finish the units [begin, end), now that `pixels` pixels are drawn."""
        if begin == end:
            return
        origin, last = self.origin, len(self.h) - 1
        columns = pixels * self.dense.inputs
        for layer, weight in enumerate(self.dense.weights):
            below, low, high = (
                (self.seen, self.origin_columns, columns)
                if layer == 0
                else (self.h[layer - 1], origin, end)
            )
            rows = self.open[layer][begin - origin : end - origin]
            rows = torch.addmm(rows, weight[begin:end, low:high], below[low:high])
            if self.sums is not None and layer in (0, last):
                per_unit = self.stage.first_sums if layer == 0 else self.stage.last_sums
                rows.addmm_(per_unit[begin:end], self.sums.features)
            after = self.stage.activation(rows)
            if self.stage.residual and layer:
                after += below[begin:end]
            self.h[layer][begin:end] = after

    def _draw(self, i: int, gamma: Tensor, known: int) -> None:
        """Draw pixel i; `gamma` (B,) holds the part of its logit from units before `known`."""
        if i == 0 and self.first is not None:
            self._set(i, self.first, None)
            return
        dense, stage = self.dense, self.stage
        end = dense.end[i]
        if end > known:
            gamma = torch.addmm(
                gamma[None], dense.gamma[i : i + 1, known:end], self.h[-1][known:end]
            )[0]
        if self.sums is not None:
            gamma = gamma + stage.gamma_sums[i] @ self.sums.features
        recent = self._recent(i) if stage.recent else None
        if recent is not None:
            gamma = gamma + stage.gamma_recent[i] @ recent
        nonzero = self.logit_u[i] >= gamma
        images = nonzero.nonzero()[:, 0] if self.lazy else None
        if images is not None and len(images) == 0:
            return
        parameters = dense.values_bias[i] + dense.values[i, :, :end] @ _columns(
            self.h[-1][:end], images
        )
        if self.sums is not None:
            parameters += stage.values_sums[i] @ _columns(self.sums.features, images)
        if recent is not None:
            parameters += stage.values_recent[i] @ _columns(recent, images)
        u1, u2 = _columns(self.u[1:, i], images)
        value = stage.likelihood.sample(parameters.T, u1, u2)
        self._set(i, value if self.lazy else torch.where(nonzero, value, 0.0), images)

    def _set(self, i: int, value: Tensor, images: Tensor | None) -> None:
        """Enter values of pixel i for `images` or for all."""
        f = self.dense.inputs
        inputs = self.model.pixel_inputs(value).T
        if images is None:
            self.x[i] = value
            self.seen[i * f : (i + 1) * f] = inputs
        else:
            self.x[i, images] = value
            self.seen[i * f : (i + 1) * f, images] = inputs
        if self.sums is not None:
            self.sums.add(self.offset + i, value, images)

    def _recent(self, i: int) -> Tensor:
        """Inputs of the pixels just before i, zero-padded, (recent * F, B)."""
        f = self.dense.inputs
        first = max(0, i - self.stage.recent)
        rows = self.seen[first * f : i * f]
        missing = self.stage.recent * f - len(rows)
        return torch.cat([rows.new_zeros(missing, rows.shape[1]), rows])


def _columns(rows: Tensor, images: Tensor | None) -> Tensor:
    """The columns of chosen images, or all."""
    return rows if images is None else rows.index_select(1, images)
