"""The gated PixelCNN: who sees whom, by the Jacobian, and what its options mean."""

from typing import Any

import pytest
import torch
from torch import Tensor

from darkpixel.models.vqvae_pixelcnn.gated_pixelcnn import (
    GatedOptions,
    GatedPixelCNN,
    kernel_taps,
    receptive_field,
)

TEXT: dict[str, Any] = {
    "codes": 7,
    "filters": 6,
    "blocks": 6,
    "first_kernel": 7,
    "kernel": 3,
    "masks": "causal",
    "gate": "product",
    "vertical_residual": True,
    "head_filters": 32,
    "head_relu": True,
    "embedding": 4,
    "classes": 0,
    "dropout": 0.0,
}
REFERENCE = {
    "masks": "reference_code",
    "gate": "sum",
    "vertical_residual": False,
    "head_relu": False,
}


def network(**options: Any) -> GatedPixelCNN:
    torch.manual_seed(0)
    made = GatedPixelCNN(GatedOptions(**{**TEXT, **options})).double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return made


def seen_cells(model: GatedPixelCNN, cell: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """(h, w) bool: the cells whose embedded code has a gradient of the cell's logits."""
    codes = torch.randint(0, 7, (1, *size), generator=torch.Generator().manual_seed(1))
    return receptive_field(model, codes, cell)


def cells(size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    rows, columns = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    return rows, columns


@pytest.mark.parametrize(
    ("blocks", "first_kernel", "kernel", "vertical_residual"),
    [(6, 7, 3, True), (6, 7, 3, False), (1, 5, 3, True), (2, 3, 5, True), (3, 3, 3, False)],
)
def test_a_cell_sees_all_cells_before_it_within_reach_and_no_other(
    blocks: int, first_kernel: int, kernel: int, vertical_residual: bool
) -> None:
    model = network(
        blocks=blocks, first_kernel=first_kernel, kernel=kernel, vertical_residual=vertical_residual
    )
    size = (12, 21)
    reach = first_kernel // 2 + (blocks - 1) * (kernel // 2)
    rows, columns = cells(size)
    for row, column in ((0, 0), (0, 5), (1, 20), (9, 10), (11, 20), (11, 0)):
        before = (rows < row) | ((rows == row) & (columns < column))
        near = (rows >= row - reach) & ((columns - column).abs() <= reach)
        assert torch.equal(seen_cells(model, (row, column), size), before & near)


def test_the_authors_masks_hide_the_row_above_and_the_cell_to_the_left() -> None:
    """Cell (8, 8) sees columns 0 to 6 of its own row and nothing of row 7."""
    model = network(**REFERENCE)
    rows, columns = cells((16, 16))
    seen = seen_cells(model, (8, 8), (16, 16))
    assert torch.equal(seen, (rows < 7) | ((rows == 8) & (columns < 7)))
    for row, column in ((3, 12), (15, 2)):
        hidden = (rows == row - 1) | ((rows == row) & (columns == column - 1))
        before = (rows < row) | ((rows == row) & (columns < column))
        near = (rows >= row - 8) & ((columns - column).abs() <= 8)
        seen = seen_cells(model, (row, column), (16, 16))
        assert torch.equal(seen, before & near & ~hidden)


def test_taps_of_the_full_kernels() -> None:
    assert [kernel_taps(k, first, "causal") for k in (3, 7) for first in (True, False)] == [
        1,
        2,
        3,
        4,
    ]
    # 7: the middle of the cut kernel of 4 is its third; 3: of 2, its second, the cell itself.
    assert kernel_taps(7, True, "reference_code") == 2
    assert kernel_taps(3, False, "reference_code") == 2


@pytest.mark.parametrize("gate", ["product", "sum"])
def test_gate(gate: str) -> None:
    block = network(gate=gate).blocks[0]
    x = torch.randn(2, 12, 3, 3, dtype=torch.float64)
    a, b = torch.tanh(x[:, :6]), torch.sigmoid(x[:, 6:])
    assert torch.equal(block.gate(x), a * b if gate == "product" else a + b)
    assert torch.equal(block.gate(x.movedim(1, -1), -1), block.gate(x).movedim(1, -1))


def test_residuals_come_before_the_vertical_gate_and_after_the_horizontal_one() -> None:
    block = network().blocks[2]
    v, h = torch.randn(2, 1, 6, 4, 5, dtype=torch.float64)
    with torch.no_grad():
        block.vertical.weight.zero_()
        block.across.weight.zero_()
        assert block.across.bias is not None
        assert block.vertical.bias is not None
        assert block.vertical_residual is not None
        assert block.output.bias is not None
        block.across.bias.zero_()
        block.horizontal.weight.zero_()
        out_v, out_h = block(v, h, None)
        before_gate = block.vertical_residual(v) + block.vertical.bias[:, None, None]
        torch.testing.assert_close(out_v, block.gate(before_gate))
        # tanh(0) * sigmoid(0) = 0: what is left is the residual and a bias.
        torch.testing.assert_close(out_h, h + block.output.bias[:, None, None])


def test_the_first_block_has_no_residual_and_the_last_no_vertical_output() -> None:
    blocks = network().blocks
    kept = [block.vertical_residual is not None for block in blocks]
    assert kept == [False, True, True, True, True, False]
    v = torch.randn(1, 4, 3, 3, dtype=torch.float64)
    assert blocks[0](v, v, None)[1].shape == (1, 6, 3, 3)


def test_every_parameter_moves_the_logits() -> None:
    model = network(classes=3)
    codes = torch.randint(0, 7, (4, 6, 6), generator=torch.Generator().manual_seed(1))
    logits = model(codes, torch.tensor([0, 1, 2, 0]))
    (logits * torch.randn_like(logits)).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_classes_condition_every_gate() -> None:
    model = network(classes=2)
    codes = torch.zeros(2, 4, 4, dtype=torch.int64)
    same = model(codes, torch.tensor([0, 0]))
    other = model(codes, torch.tensor([0, 1]))
    torch.testing.assert_close(same[0], same[1])
    assert bool(((other[0] - other[1]).abs().sum(-1) > 0).all())
    for block in model.blocks:
        assert block.horizontal_condition is not None
        assert block.horizontal_condition.weight.shape == (2, 12)
    assert [b.vertical_condition is not None for b in model.blocks] == [True] * 5 + [False]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"vertical_residual": False, "head_filters": 128, "embedding": 8}, 1_937_792),
        ({**REFERENCE, "head_filters": 128, "embedding": 8}, 1_921_408),
        ({"head_filters": 512, "embedding": 16}, 2_364_160),  # the text's two additions
    ],
    ids=["no_vertical_residual", "reference_code", "text"],
)
def test_parameters_at_the_size_of_the_paper(options: dict[str, Any], count: int) -> None:
    """6 blocks, 128 filters, 512 codes; without the embedding, which may be a fixed codebook."""
    made = GatedPixelCNN(GatedOptions(**{**TEXT, "codes": 512, "filters": 128, **options}))
    found = sum(p.numel() for n, p in made.named_parameters() if not n.startswith("embedding"))
    assert found == count
