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

import torch
from torch import Tensor

from darkpixel.models.sampling import batches
from darkpixel.models.sarm.conditionals import Conditionals
from darkpixel.models.sarm.dense_blocks import Block, DenseStage, Step, prepare
from darkpixel.models.sarm.naive_sampler import Uniforms, draw_first_pixel, draw_uniforms
from darkpixel.models.sarm.running_sums import RunningSums


@torch.no_grad()
def sample_images(
    parts: Conditionals,
    n: int,
    *,
    generator: torch.Generator,
    totals: Tensor | None = None,
    batch: int = 1024,
    block: int = 32,
) -> Tensor:
    """Draw images, (n, H, W) float32, GeV.

    Args:
        parts: of a trained model in evaluation mode.
        n: images.
        generator: an image's uniforms depend neither on `batch` nor on the images after it.
        totals: for which the images are drawn, (n, T), GeV (or pixels); None: drawn first, where
            the model has totals.
        batch: images at once.
        block: pixels of a block.
    """
    network = prepare(parts.stages, block)
    images = torch.zeros(n, parts.side, parts.side, device=parts.permutation.device)
    for some in batches(n, batch):
        uniforms = draw_uniforms(parts, some.stop - some.start, generator)
        given = None if totals is None else totals[some].to(images)
        images[some] = sample_from_uniforms(parts, uniforms, network, totals=given)
    return images


@torch.no_grad()
def sample_from_uniforms(
    parts: Conditionals,
    uniforms: Uniforms,
    network: list[DenseStage] | None = None,
    *,
    lazy: bool | None = None,
    totals: Tensor | None = None,
) -> Tensor:
    """Images (B, H, W) from given uniforms.

    Args:
        parts: of a model in evaluation mode.
        uniforms: of B images.
        network: from `prepare`.
        lazy: compute values only where a pixel is not zero; None: on a CPU only.
        totals: as for `sample_images`, (B, T).
    """
    network = network or prepare(parts.stages)
    u = uniforms.pixels.transpose(1, 2).contiguous()  # (3, D, B)
    _, pixels, batch = u.shape
    x = u.new_zeros(pixels, batch)
    known = context = None
    if parts.totals is not None:
        totals = parts.totals.sample(uniforms.totals) if totals is None else totals
        known, context = totals.T.contiguous(), parts.totals.standardised(totals).T
    sums = SumsSoFar(parts.sums, known, batch) if parts.sums_are_seen else None
    for (start, end, _), stage in zip(parts.spans(), network, strict=True):
        earlier = parts.pixel_inputs(x[:start]).transpose(1, 2).flatten(0, 1)
        seen = earlier if context is None else torch.cat([context, earlier])
        walk = Walk(parts, stage, seen, sums, u[:, start:end], start)
        walk.lazy = walk.lazy if lazy is None else lazy
        if start == 0 and len(parts.first_values):
            walk.first = draw_first_pixel(parts.first_values, u[1, 0])
        x[start:end] = walk.run()
    images = torch.zeros_like(x)
    images[parts.permutation] = parts.spread(x, u[2])
    return images.T.reshape(batch, parts.side, parts.side)


class SumsSoFar:
    """Running sums of a batch and their features, updated pixel by pixel.

    Args:
        sums: how they are made.
        known: the totals of the images, (T, B), if the model has them.
        batch: B.
    """

    def __init__(self, sums: RunningSums, known: Tensor | None, batch: int) -> None:
        self.sums, self.known = sums, known
        self.raw = sums.nothing(batch)
        self.features = sums.features(self.raw, known, 0)

    def add(self, pixel: int, x: Tensor, images: Tensor | None) -> None:
        """Add pixel values (m,) of `images` (m,), or of all images."""
        if images is None:
            self.raw = self.sums.added(self.raw, x, pixel)
        else:
            self.raw[:, images] = self.sums.added(self.raw[:, images], x, pixel)

    def advance(self, pixels: int) -> None:
        """Bring the features up to date when `pixels` pixels are drawn, zeros included."""
        self.features = self.sums.features(self.raw, self.known, pixels)


class Walk:
    """One batch's way through one stage.

    Args:
        parts: of the model.
        stage: what to sample.
        context: what was generated before the stage, (C, B).
        sums: shared by the stages, or None.
        u: (3, D, B).
        offset: pixels of the earlier stages.
    """

    def __init__(
        self,
        parts: Conditionals,
        stage: DenseStage,
        context: Tensor,
        sums: SumsSoFar | None,
        u: Tensor,
        offset: int,
    ) -> None:
        self.parts, self.dense, self.stage, self.sums = parts, stage, stage.stage, sums
        self.offset, self.u = offset, u
        self.lazy = u.device.type == "cpu"
        batch, units = u.shape[2], len(self.stage.degrees)
        self.x = u.new_zeros(stage.pixels, batch)
        self.seen = u.new_zeros(stage.pixels * stage.inputs, batch)
        self.h = [u.new_empty(units, batch) for _ in self.stage.layers]
        self.logit_u = torch.logit(u[0])
        self.context = None
        if self.stage.context is not None:
            self.context = self.stage.context.weight @ context
        self.first: Tensor | None = None

    def run(self) -> Tensor:
        """Draw all pixels of the stage, (D, B) GeV."""
        end = self.dense.blocks[0].known
        rows = [bias.expand(end, self.x.shape[1]) for bias in self.dense.biases]
        if self.context is not None:
            rows[0] = rows[0] + self.context[:end]
        self._finish(0, end, self.dense.context_only, rows, 0, self.seen[:0])
        for block in self.dense.blocks:
            self._run_block(block)
        return self.x

    def _run_block(self, block: Block) -> None:
        known, f = block.known, self.dense.inputs
        below = [self.seen[: block.start * f], *(h[:known] for h in self.h[:-1])]
        rows = [
            torch.addmm(bias, weight, source)
            for bias, weight, source in zip(block.biases, block.weights, below, strict=True)
        ]
        if self.context is not None:
            rows[0] += self.context[known : block.end]
        gamma = torch.addmm(block.gamma_bias, block.gamma, self.h[-1][:known])
        for i, step in enumerate(block.steps, start=block.start):
            self._draw(i, step, gamma[i - block.start], known)
            if self.sums is not None:
                self.sums.advance(self.offset + i + 1)
            seen = self.seen[block.start * f : (i + 1) * f]
            self._finish(step.begin, step.end, step.unit_weights, rows, known, seen)

    def _finish(
        self,
        begin: int,
        end: int,
        weights: list[Tensor],
        rows: list[Tensor],
        known: int,
        seen: Tensor,
    ) -> None:
        """Evaluate the units [begin, end), layer by layer.

        Args:
            weights: see `Step.unit_weights`.
            rows: per layer, what the units from `known` on take from before the block.
            seen: the block's inputs so far.
        """
        if begin == end:
            return
        last = len(weights) - 1
        for layer, weight in enumerate(weights):
            below = seen if layer == 0 else self.h[layer - 1][known:end]
            before = torch.addmm(rows[layer][begin - known : end - known], weight, below)
            if self.sums is not None and layer in (0, last):
                per_unit = self.stage.first_sums if layer == 0 else self.stage.last_sums
                before.addmm_(per_unit[begin:end], self.sums.features)
            after = self.stage.activation(before)
            if self.stage.residual and layer:
                after += below[begin - known :]
            self.h[layer][begin:end] = after

    def _draw(self, i: int, step: Step, gamma: Tensor, known: int) -> None:
        """Draw pixel i; `gamma` (B,) holds the part of its logit from units before `known`."""
        if i == 0 and self.first is not None:
            self._set(i, self.first, None)
            return
        stage, units = self.stage, self.h[-1][: step.begin]
        if step.begin > known:
            gamma = torch.addmm(gamma[None], step.gamma, units[known:])[0]
        if self.sums is not None:
            gamma = gamma + stage.gamma_sums[i] @ self.sums.features
        recent = self._recent(i) if stage.recent else None
        if recent is not None:
            gamma = gamma + stage.gamma_recent[i] @ recent
        nonzero = self.logit_u[i] >= gamma
        images = nonzero.nonzero()[:, 0] if self.lazy else None
        if images is not None and len(images) == 0:
            return
        parameters = torch.addmm(step.bias, step.values, _columns(units, images))
        if self.sums is not None:
            sums = _columns(self.sums.features, images)
            parameters += stage.values_sums[i] @ sums
            if stage.values_shared is not None:
                parameters += stage.values_shared(sums.T).T
        if recent is not None:
            parameters += stage.values_recent[i] @ _columns(recent, images)
        u1, u2 = _columns(self.u[1:, i], images)
        value = stage.likelihood.sample(parameters.T, u1, u2)
        self._set(i, value if self.lazy else torch.where(nonzero, value, 0.0), images)

    def _set(self, i: int, value: Tensor, images: Tensor | None) -> None:
        """Enter values of pixel i for `images` or for all."""
        f = self.dense.inputs
        inputs = self.parts.pixel_inputs(value).T
        if images is None:
            self.x[i] = value
            self.seen[i * f : (i + 1) * f] = inputs
        else:
            self.x[i].index_copy_(0, images, value)
            self.seen[i * f : (i + 1) * f].index_copy_(1, images, inputs)
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
