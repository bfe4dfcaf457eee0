"""Locally connected layer: the sum it stands for, and weights that no two pixels share."""

import pytest
import torch

from darkpixel.models.lagan.locally_connected import LocallyConnected2d

CASES = [(5, 1, 2), (5, 2, 2), (3, 2, 1), (2, 1, 0), (1, 1, 0)]


def layer(kernel, stride, padding, bias=True):
    torch.manual_seed(0)
    made = LocallyConnected2d(2, 3, (7, 6), kernel, stride=stride, padding=padding, bias=bias)
    if made.bias is not None:
        torch.nn.init.normal_(made.bias)
    return made.double()


@pytest.mark.parametrize(("kernel", "stride", "padding"), CASES)
def test_each_output_is_the_sum_over_its_patch(kernel, stride, padding):
    local = layer(kernel, stride, padding)
    x = torch.randn(4, 2, 7, 6, dtype=torch.float64)
    y = local(x)
    rows, columns = local.size
    assert y.shape == (4, 3, rows, columns)
    shared = torch.nn.functional.conv2d(
        x, torch.ones(1, 2, kernel, kernel).double(), None, stride, padding
    )
    assert y.shape[2:] == shared.shape[2:]  # the sizes of a convolution

    expected = torch.zeros_like(y)
    for r in range(rows):
        for c in range(columns):
            pixel = r * columns + c
            expected[:, :, r, c] = local.bias[pixel, :, 0]
            for i in range(kernel):
                for j in range(kernel):
                    row, column = r * stride + i - padding, c * stride + j - padding
                    if 0 <= row < 7 and 0 <= column < 6:
                        weight = local.weight[i, pixel, :, 2 * j : 2 * j + 2]
                        expected[:, :, r, c] += x[:, :, row, column] @ weight.T
    torch.testing.assert_close(y, expected)


def test_gradients_are_the_derivatives():
    local = layer(3, 2, 1)
    x = torch.randn(2, 2, 7, 6, dtype=torch.float64, requires_grad=True)
    parameters = (x, local.weight, local.bias)

    def forward(x, weight, bias):
        return torch.func.functional_call(local, {"weight": weight, "bias": bias}, (x,))

    assert torch.autograd.gradcheck(forward, parameters)


def test_no_weight_serves_two_pixels():
    """A moved blob gives other numbers, and each weight moves a single output pixel."""
    local = layer(3, 1, 1, bias=False)
    x = torch.randn(1, 2, 7, 6, dtype=torch.float64)
    before = local(x)
    with torch.no_grad():
        local.weight[1, 9, 2, 0] += 1.0  # of output channel 2
    changed = (local(x) != before).nonzero()
    assert changed.tolist() == [[0, 2, 1, 3]]
    assert sum(p.numel() for p in local.parameters()) == 7 * 6 * 3 * 3 * 2 * 3
