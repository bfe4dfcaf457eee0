"""Staircase layers against the dense matrices that they stand for."""

import pytest
import torch
from torch.nn import functional as F

from darkpixel.models.sarm.masked_linear import BlockTriangularLinear, spread_degrees
from darkpixel.models.sarm.pixel_head import PixelHead


@pytest.mark.parametrize("units", [1, 5, 18, 19, 20, 47])
@pytest.mark.parametrize("lowest", [-1, 0])
def test_degrees_are_spread_over_all_pixels(units: int, lowest: int) -> None:
    degrees = spread_degrees(units, 20, lowest, context_units=2)
    assert degrees[:2].tolist() == [-1, -1]
    spread = degrees[2:]
    assert (spread.diff() >= 0).all()
    assert spread.min() == lowest
    assert spread.max() <= 18  # degree 19 would reach no output
    # even: no gap is wider than needed, whatever the number of units
    gaps = torch.diff(torch.cat([spread, torch.tensor([19])]))
    assert gaps.max() <= -(-(19 - lowest) // units)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("blocks", [1, 3, 8, 100])
@pytest.mark.parametrize(("rows", "columns"), [(7, 20), (20, 7), (19, 19), (40, 19), (1, 1)])
def test_layer_is_its_masked_dense_matrix(
    rows: int, columns: int, blocks: int, strict: bool
) -> None:
    torch.manual_seed(rows)
    below, above = spread_degrees(columns, 20, -1), spread_degrees(rows, 20, 0)
    layer = BlockTriangularLinear(below, above, strict=strict, blocks=blocks).double()
    with torch.no_grad():  # masked entries too: the mask must hold whatever the weights
        for parameter in layer.parameters():
            parameter.normal_()
    dense = layer.dense_weight()
    allowed = below < above[:, None] if strict else below <= above[:, None]
    assert ((dense != 0) == allowed).all()
    assert layer.counts()["free"] == int(allowed.sum()) + rows
    assert layer.counts()["dense"] == rows * columns + rows

    x = torch.randn(6, columns, dtype=torch.float64, requires_grad=True)
    out = layer(x)
    torch.testing.assert_close(out, F.linear(x, dense, layer.bias))
    grad = torch.randn_like(out)
    expected = torch.autograd.grad(F.linear(x, dense, layer.bias), [x, dense], grad)
    found = torch.autograd.grad(layer(x), [x, *layer.parameters()], grad)
    torch.testing.assert_close(found[0], expected[0])
    # the gradient of each rectangle is the dense one, masked
    named = dict(zip(dict(layer.named_parameters()), found[1:], strict=True))
    total = torch.zeros_like(dense)
    for name, piece in layer.layout:
        total[piece.row : piece.row_end, piece.column : piece.column_end] = named[name]
    torch.testing.assert_close(total, expected[1] * allowed)


def test_blocks_do_not_store_what_is_masked() -> None:
    degrees = spread_degrees(784, 784)
    layer = BlockTriangularLinear(degrees, degrees, blocks=8)
    stored = sum(p.numel() for p in layer.parameters())
    assert stored < 0.6 * layer.counts()["dense"]


def test_autocast_gives_the_same_up_to_its_precision() -> None:
    torch.manual_seed(0)
    degrees = spread_degrees(30, 20)
    layer = BlockTriangularLinear(degrees, degrees, blocks=4)
    x = torch.randn(5, 30)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = layer(x)
    torch.testing.assert_close(rough.float(), layer(x), atol=0.1, rtol=0.05)


@pytest.mark.parametrize("pixels_per_block", [1, 4, 100])
@pytest.mark.parametrize("density", [0.0, 0.1, 1.0])
def test_head_computes_chosen_pixels_as_the_whole_head_does(
    pixels_per_block: int, density: float
) -> None:
    torch.manual_seed(0)
    pixels, values, batch = 18, 3, 7
    head = PixelHead(spread_degrees(11, pixels), pixels, values, pixels_per_block).double()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.normal_()
    h = torch.randn(batch, 11, dtype=torch.float64, requires_grad=True)
    chosen = torch.rand(pixels, batch) < density
    pixel, image = chosen.nonzero().unbind(1)

    def whole() -> torch.Tensor:
        every: torch.Tensor = head(h)
        return every.view(batch, pixels, values)[image, pixel]

    torch.testing.assert_close(head.at(h, pixel, image), whole())
    grad = torch.randn(len(pixel), values, dtype=torch.float64)
    inputs = [h, *head.parameters()]
    found = torch.autograd.grad(head.at(h, pixel, image), inputs, grad)
    expected = torch.autograd.grad(whole(), inputs, grad)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)
