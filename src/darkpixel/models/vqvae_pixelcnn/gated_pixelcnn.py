"""Gated PixelCNN over maps of codes (van den Oord et al. 2016; LArTPC A.2, figure 4, table 3).

Cells are generated row by row, left to right. In every block a vertical stack carries what the
rows above hold and a horizontal stack what the cells to the left hold; the vertical one feeds
the horizontal one, so that a cell sees all cells before it and there is no blind spot. Masked
convolutions are plain ones here, with kernels cut to the cells that the mask leaves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Masks = Literal["causal", "reference_code"]
Gate = Literal["product", "sum"]


def kernel_taps(kernel: int, first: bool, masks: Masks) -> int:
    """Rows of a vertical kernel, or columns of a horizontal one, that its mask leaves.

    They are those at the distances `kernel` // 2, `kernel` // 2 - 1, ... before the cell, the
    cell's own row or column (distance 0) last; the first block must not see that one.

    Args:
        kernel: side of the full square kernel, odd.
        first: of the first block (mask A; else B).
        masks: `causal` leaves all that is before the cell. `reference_code` leaves what the
            paper's authors' code does: it cuts the kernel to `kernel` // 2 + 1 rows or columns
            and takes the middle of what is left for the cell. With 7 in the first block and 3
            in the others, the row above and the cell to the left are never seen.
    """
    kept = kernel // 2 + 1 if masks == "causal" else (kernel // 2 + 1) // 2 + 1
    return kept - 1 if first else kept


@dataclass(frozen=True)
class GatedOptions:
    """The shape of a `GatedPixelCNN`.

    Attributes:
        codes: number of codes, K.
        filters: channels of both stacks, C.
        blocks: gated blocks.
        first_kernel, kernel: sides of the kernels of the first block and of the others, odd.
        masks: see `kernel_taps`.
        gate: tanh(a) times, or plus, sigmoid(b).
        vertical_residual: add the vertical stack's input, through a 1x1 convolution, before its
            gate, but after the branch to the horizontal stack.
        head_filters: outputs of the first of the two last convolutions.
        head_relu: ReLU before each of them; without, they are one linear map.
        embedding: channels of the embedded codes.
        classes: labels on which all gates are conditioned; 0: none.
        dropout: probability of dropping an output of a horizontal gate in training.
    """

    codes: int
    filters: int
    blocks: int
    first_kernel: int
    kernel: int
    masks: Masks
    gate: Gate
    vertical_residual: bool
    head_filters: int
    head_relu: bool
    embedding: int
    classes: int
    dropout: float


class GatedBlock(nn.Module):
    """One block: both stacks, masked convolution, gate and residual (LArTPC A.2, figure 4).

    In the vertical stack the gate comes after the residual, in the horizontal one before it. The
    first block has no residual, as its input has other channels and a cell must not see itself;
    the last one has no vertical output, which nothing would use.

    Args:
        inputs: channels of the input.
        options: see there.
        position: of the block, from 0.
    """

    def __init__(self, inputs: int, options: GatedOptions, position: int) -> None:
        super().__init__()
        filters = options.filters
        self.first, self.last = position == 0, position == options.blocks - 1
        self.gate_kind = options.gate
        kernel = options.first_kernel if self.first else options.kernel
        self.reach = kernel // 2
        self.taps = kernel_taps(kernel, self.first, options.masks)
        self.vertical = nn.Conv2d(inputs, 2 * filters, (self.taps, kernel))
        self.horizontal = nn.Conv2d(inputs, 2 * filters, (1, self.taps), bias=False)
        self.across = nn.Conv2d(2 * filters, 2 * filters, 1)
        self.output = nn.Conv2d(filters, filters, 1)
        self.vertical_residual = None
        if options.vertical_residual and not self.first and not self.last:
            self.vertical_residual = nn.Conv2d(filters, 2 * filters, 1, bias=False)
        self.vertical_condition, self.horizontal_condition = (
            nn.Embedding(options.classes, 2 * filters) if options.classes and used else None
            for used in (not self.last, True)
        )
        self.dropout = nn.Dropout(options.dropout)
        for layer in self.children():
            if isinstance(layer, nn.Conv2d):
                # The gate halves small values: a gain of 2 would keep them, 1.6 also tames tanh.
                fan_in = layer.weight[0].numel()
                nn.init.normal_(layer.weight, std=1.6 / math.sqrt(fan_in))
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
            elif isinstance(layer, nn.Embedding):
                nn.init.zeros_(layer.weight)

    def gate(self, x: Tensor, dim: int = 1) -> Tensor:
        """2C channels along `dim` -> C."""
        a, b = x.chunk(2, dim)
        if self.gate_kind == "product":
            return torch.tanh(a) * torch.sigmoid(b)
        return torch.tanh(a) + torch.sigmoid(b)

    def forward(
        self, vertical: Tensor, horizontal: Tensor, classes: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Both stacks (B, inputs, h, w) -> both stacks (B, C, h, w)."""
        reach, end = self.reach, self.taps - 1 - self.reach  # end <= 0 crops
        above = self.vertical(F.pad(vertical, (reach, reach, reach, end)))
        left = self.horizontal(F.pad(horizontal, (reach, end)))
        left = left + self.across(above)
        if self.horizontal_condition is not None and classes is not None:
            left = left + self.horizontal_condition(classes)[:, :, None, None]
        out = self.output(self.dropout(self.gate(left)))
        if not self.first:
            out = out + horizontal
        if self.last:
            return above, out
        if self.vertical_residual is not None:
            above = above + self.vertical_residual(vertical)
        if self.vertical_condition is not None and classes is not None:
            above = above + self.vertical_condition(classes)[:, :, None, None]
        return self.gate(above), out


class GatedPixelCNN(nn.Module):
    """p(codes) = prod_i p(code_i | codes before i), over maps of any size.

    Args:
        options: see `GatedOptions`.
    """

    blocks: Sequence[GatedBlock]

    def __init__(self, options: GatedOptions) -> None:
        super().__init__()
        self.options = options
        self.embedding = nn.Embedding(options.codes, options.embedding)
        inputs = [options.embedding] + [options.filters] * (options.blocks - 1)
        self.blocks = nn.ModuleList(  # type: ignore[assignment]
            GatedBlock(n, options, i) for i, n in enumerate(inputs)
        )
        self.head = nn.Conv2d(options.filters, options.head_filters, 1)
        self.logits = nn.Conv2d(options.head_filters, options.codes, 1)
        # Small at first, so that the last bias alone gives the probabilities.
        nn.init.normal_(self.logits.weight, std=0.1 / math.sqrt(options.head_filters))

    def forward(self, codes: Tensor, classes: Tensor | None = None) -> Tensor:
        """Logits of every cell given the cells before it.

        Args:
            codes: (B, h, w) int64.
            classes: (B,) int64, labels from 0, if the gates are conditioned.

        Returns:
            (B, h, w, K).
        """
        # Channels are the innermost dimension in memory, which convolutions on CPUs like best.
        x = self.embedding(codes).permute(0, 3, 1, 2)
        vertical = horizontal = x
        for block in self.blocks:
            vertical, horizontal = block(vertical, horizontal, classes)
        relu = F.relu if self.options.head_relu else nn.Identity()
        logits: Tensor = self.logits(relu(self.head(relu(horizontal))))
        return logits.permute(0, 2, 3, 1)


def receptive_field(
    network: GatedPixelCNN, codes: Tensor, cell: tuple[int, int], classes: Tensor | None = None
) -> Tensor:
    """Which cells of the maps the logits of one cell depend on, by the Jacobian.

    Args:
        network: with any weights: the gradient of random ones is zero only where the masks cut.
        codes: (B, h, w) int64, maps to try; a cell counts if one of them shows it.
        cell: row and column.
        classes: (B,) int64, if the gates are conditioned.

    Returns:
        (h, w) bool.
    """
    embedded: list[Tensor] = []

    def keep(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        embedded.append(output.detach().requires_grad_())
        return embedded[0]

    hook = network.embedding.register_forward_hook(keep)
    try:
        logits = network(codes, classes)
    finally:
        hook.remove()
    (gradient,) = torch.autograd.grad(logits[:, cell[0], cell[1]].square().sum(), embedded)
    return gradient.abs().sum((0, 3)) > 0
