"""Images that a user may have: blank, of a single pixel, of one value, not square."""

from typing import Any

import numpy as np
import pytest
import torch
from sparse_transformer_toys import SMALL, VARIANTS, small_model, toy_images
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model

VARIANT = pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: "-".join(v.values()))
FREE = pytest.mark.parametrize(
    "variant", [*VARIANTS[:2], *VARIANTS[4:]], ids=lambda v: "-".join(v.values())
)


def blank(count: int, height: int = 10, width: int = 10) -> Tensor:
    return torch.zeros(count, height, width)


def single_pixels(count: int) -> Tensor:
    """One pixel each, somewhere."""
    random = np.random.default_rng(1)
    images = blank(count)
    places = random.integers(10, size=(2, count))
    images[torch.arange(count), places[0], places[1]] = torch.from_numpy(
        random.lognormal(0, 1, count).astype(np.float32)
    )
    return images


def one_value(count: int) -> Tensor:
    return (toy_images(count) > 0).float() * 3.5


KINDS = {
    "blank ones among others": torch.cat([blank(30), toy_images(30)]),
    "single pixels among others": torch.cat([single_pixels(30), toy_images(30)]),
    "single pixels alone": single_pixels(60),
    "one image that is not blank": torch.cat([blank(59), toy_images(1)]),
    "one value": one_value(60),
    "every pixel filled": toy_images(60) + 0.5,
    "values of many decades": toy_images(60) * 10 ** torch.linspace(-12, 12, 60)[:, None, None],
}


@VARIANT
@pytest.mark.parametrize("kind", KINDS)
def test_they_can_be_learnt_and_drawn(kind: str, variant: dict[str, Any]) -> None:
    images = KINDS[kind]
    torch.manual_seed(0)
    model = small_model(images, **variant)
    model.train()
    model.loss(images).backward()
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            assert parameter.grad.isfinite().all(), name
    model.eval()
    for some in (images, blank(3), single_pixels(5)):
        assert model.sequence_log_density(some).isfinite().all()
    made = model.sample(40, generator=torch.Generator().manual_seed(1))
    assert made.shape == (40, 10, 10)
    assert made.isfinite().all()
    assert (made >= 0).all()


@FREE
@pytest.mark.parametrize("size", [(6, 11), (11, 6), (1, 12)])
def test_orders_that_are_not_fixed_take_images_that_are_not_square(
    size: tuple[int, int], variant: dict[str, Any]
) -> None:
    height, width = size
    values = torch.empty(60, height, width).exponential_(generator=torch.Generator().manual_seed(1))
    images = values * (values > 1)
    model = small_model(images, **variant)
    assert model.loss(images).isfinite()
    made = model.sample(200, generator=torch.Generator().manual_seed(1))
    assert made.shape == (200, height, width)
    assert made.isfinite().all()
    rows, columns = ((made > 0).any(axis).any(0) for axis in (2, 1))
    assert rows.all()  # every row and column is reached
    assert columns.all()


def test_a_fixed_order_of_images_that_are_not_square_is_refused_in_one_line() -> None:
    with pytest.raises(DarkpixelError) as error:
        build_model({**SMALL, "order": "spiral_out"}, (6, 11))
    line = str(error.value)
    assert line.startswith("model sparse_transformer: order: 'spiral_out' needs square images")
    assert "found 6 x 11; `walk` and `largest_first` take any" in line
    assert "\n" not in line


def test_nothing_but_blank_images_are_refused_in_one_line() -> None:
    with pytest.raises(DarkpixelError, match="every pixel of the training images is zero") as error:
        small_model(blank(20))
    assert "\n" not in str(error.value)
