"""The U-Net: sizes, what each answer sees, normalisation, parameters."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from darkpixel.models.ssnet.unet import ResidualBlock, UNet


def small(**settings):
    torch.manual_seed(1)
    return UNet(1, 3, **{"filters": 2, "depth": 2, **settings})


@pytest.mark.parametrize("size", [(16, 16), (13, 18), (1, 5)])
def test_any_size_is_padded_and_cropped_back(size):
    assert small()(torch.rand(2, 1, *size)).shape == (2, 3, *size)


def test_padding_is_zeros_below_and_to_the_right():
    net = small().eval()
    images = torch.rand(2, 1, 13, 18)
    padded = net(F.pad(images, (0, 2, 0, 3)))
    torch.testing.assert_close(net(images), padded[..., :13, :18])


def test_filters_double_and_strides_halve():
    net = small(filters=16, depth=4).eval()
    widest = net.down[-1](net.down[-2](net.down[-3](net.down[-4](torch.zeros(1, 16, 64, 64)))))
    assert widest.shape == (1, 256, 4, 4)
    blocks = [len(level) for level in net.down] + [len(level.blocks) for level in net.up]
    assert blocks == [2] * 8


def test_answers_see_the_far_side_only_through_the_strides():
    images = torch.rand(1, 1, 64, 64, requires_grad=True)
    for depth, far in ((1, False), (4, True)):
        (seen,) = torch.autograd.grad(small(depth=depth).eval()(images)[0, :, 0, 0].sum(), images)
        assert seen[0, 0, 1, 1] != 0
        assert bool(seen[0, 0, 40:, 40:].any()) == far


def test_fine_detail_takes_the_joined_features():
    net = small().eval()
    image = torch.rand(1, 1, 8, 8)
    detail = image + 0.1 * (torch.arange(64).reshape(8, 8) % 2)
    for up in net.up:
        channels = up.blocks[0].residual[0].in_channels // 2
        for layer in (up.blocks[0].residual[0], up.blocks[0].skip[0]):
            layer.weight.data[:, :channels] = 0  # nothing comes from below
    assert not torch.allclose(net(image), net(detail))


def silence(block: ResidualBlock) -> None:
    """Nothing comes from the residual: the scale of its last batch norm is zero."""
    last = block.residual[-1]
    assert isinstance(last, nn.BatchNorm2d)
    nn.init.zeros_(last.weight)


def test_residual_block_is_its_skip_where_the_residual_is_zero():
    same = ResidualBlock(4, 4).eval()
    silence(same)
    x = torch.randn(2, 4, 6, 6)
    torch.testing.assert_close(same(x), F.relu(x))
    strided = ResidualBlock(4, 8, stride=2).eval()
    silence(strided)
    torch.testing.assert_close(strided(x), F.relu(strided.skip(x)))


def test_running_statistics_make_an_answer_independent_of_its_batch():
    images = torch.rand(4, 1, 16, 16) * torch.tensor([1.0, 5.0, 20.0, 80.0]).view(-1, 1, 1, 1)
    for running in (True, False):
        net = small(running_statistics=running)
        net.train()(images)
        net.eval()
        alone, together = net(images[:1]), net(images)[:1]
        assert torch.allclose(alone, together, atol=1e-5) == running
    assert all(m.momentum == 0.1 for m in net.modules() if isinstance(m, nn.BatchNorm2d))


def test_every_parameter_is_used():
    net = small()
    net(torch.rand(2, 1, 16, 16)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
