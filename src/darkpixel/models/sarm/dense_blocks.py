"""A stage's masked weights cut into the dense blocks that the incremental sampler multiplies."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from darkpixel.models.sarm.stage import Stage


class Step(NamedTuple):
    """What one pixel needs; matrices are views of the stage's dense ones."""

    gamma: Tensor
    """(1, units of the block below the pixel's degree)."""
    values: Tensor
    """(likelihood.size, units below the pixel's degree)."""
    bias: Tensor
    """(likelihood.size, 1)."""
    begin: int
    end: int
    """The units of the pixel's degree, which are final once it is drawn."""
    unit_weights: list[Tensor]
    """Per layer: their weights from the block's inputs or units, up to themselves."""


class Block(NamedTuple):
    """Pixels [start, stop) and their units [known, end) as dense matrices."""

    start: int
    stop: int
    known: int
    end: int
    weights: list[Tensor]
    """Per layer: from everything before the block."""
    biases: list[Tensor]
    gamma: Tensor
    gamma_bias: Tensor
    steps: list[Step]


class DenseStage:
    """The weights of a stage cut into blocks of pixels.

    A degree may have no unit, or several; units of degree -1 see the context only and form a
    block of their own, without pixels.
    """

    def __init__(self, stage: Stage, block: int) -> None:
        self.stage, self.pixels, self.inputs = stage, stage.pixels, stage.inputs
        weights = [layer.dense_weight() for layer in stage.layers]
        biases = [layer.column_bias() for layer in stage.layers]
        gamma, gamma_bias = stage.gamma.dense_weight(), stage.gamma.column_bias()
        size = stage.likelihood.size
        values = stage.values.dense_weight().view(stage.pixels, size, -1)
        values_bias = stage.values.column_bias().view(stage.pixels, size, 1)
        steps = torch.arange(-1, stage.pixels, device=stage.degrees.device)
        # until[i]: number of units of degree less than i
        until: list[int] = torch.searchsorted(stage.degrees, steps, right=True).tolist()

        def unit_weights(start: int, pixels: int, known: int, begin: int, end: int) -> list[Tensor]:
            first = weights[0][begin:end, start * self.inputs : pixels * self.inputs]
            return [first, *(weight[begin:end, known:end] for weight in weights[1:])]

        self.context_only = unit_weights(0, 0, 0, 0, until[0])
        self.biases = [bias[: until[0]] for bias in biases]
        self.blocks = []
        for start in range(0, stage.pixels, block):
            stop = min(start + block, stage.pixels)
            known, end = until[start], until[stop]
            rows = [weight[known:end] for weight in weights]
            columns = [start * self.inputs, *[known] * (len(rows) - 1)]
            self.blocks.append(
                Block(
                    start,
                    stop,
                    known,
                    end,
                    [row[:, :width] for row, width in zip(rows, columns, strict=True)],
                    [bias[known:end] for bias in biases],
                    gamma[start:stop, :known],
                    gamma_bias[start:stop],
                    [
                        Step(
                            gamma[i : i + 1, known : until[i]],
                            values[i, :, : until[i]],
                            values_bias[i],
                            until[i],
                            until[i + 1],
                            unit_weights(start, i + 1, known, until[i], until[i + 1]),
                        )
                        for i in range(start, stop)
                    ],
                )
            )


@torch.no_grad()
def prepare(stages: Sequence[Stage], block: int = 32) -> list[DenseStage]:
    """Cut every stage into blocks of dense matrices, once for many batches.

    Args:
        block: pixels of a block.
    """
    return [DenseStage(stage, block) for stage in stages]
