"""Pixel orders and stages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkpixel.errors import DarkpixelError
from darkpixel.models.orders import ORDERS, order
from darkpixel.models.sarm.orders import stage_pixels


@pytest.mark.parametrize("name", ORDERS)
@given(side=st.integers(1, 33))
def test_every_order_visits_every_pixel_once(name: str, side: int) -> None:
    assert sorted(order(name, side)) == list(range(side * side))


@pytest.mark.parametrize("side", [2, 3, 25, 28, 32])
def test_spiral_steps_to_adjacent_pixels(side: int) -> None:
    rows, columns = np.divmod(order("spiral_out", side), side)
    assert (np.abs(np.diff(rows)) + np.abs(np.diff(columns)) == 1).all()
    assert (order("spiral_in", side) == order("spiral_out", side)[::-1]).all()


@pytest.mark.parametrize(("side", "centre"), [(25, 3), (28, 3), (32, 7)])
def test_first_pixels_of_the_spiral_are_the_central_square(side: int, centre: int) -> None:
    rows, columns = np.divmod(order("spiral_out", side)[: centre**2], side)
    for values in (rows, columns):
        assert np.ptp(values) == centre - 1
        assert abs(values.mean() - (side - 1) / 2) <= 0.5  # half a pixel off for even sizes


@pytest.mark.parametrize(("side", "centre"), [(25, 3), (28, 4), (32, 8)])
def test_a_centre_as_even_as_the_image_is_in_the_middle_and_begins_the_spiral(
    side: int, centre: int
) -> None:
    """Its pixels, mirrored left and right or up and down, are its pixels."""
    whole = order("spiral_out", side)
    inner, outer = stage_pixels(side, [centre], whole)
    assert (np.concatenate([inner, outer]) == whole).all()
    square = np.zeros((side, side), bool)
    square.flat[inner] = True
    assert square.sum() == centre**2
    assert (square == square[::-1]).all()
    assert (square == square[:, ::-1]).all()


def test_random_order_depends_on_its_seed_only() -> None:
    assert (order("random", 9, 1) == order("random", 9, 1)).all()
    assert (order("random", 9, 1) != order("random", 9, 2)).any()


def test_column_order_is_the_transpose_of_row_order() -> None:
    assert order("column", 3).tolist() == [0, 3, 6, 1, 4, 7, 2, 5, 8]


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("centres", [[], [1], [3], [4], [3, 6], [2, 5, 7]])
def test_stages_are_nested_squares_in_the_given_order(name: str, centres: list[int]) -> None:
    side = 8
    whole = order(name, side)
    stages = stage_pixels(side, centres, whole)
    assert sorted(np.concatenate(stages)) == list(range(side * side))
    place = np.argsort(whole)
    done: list[int] = []
    for size, pixels in zip([*centres, side], stages, strict=True):
        done += list(pixels)
        rows, columns = np.divmod(np.array(done), side)
        assert len(done) == size**2 == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        assert (np.diff(place[pixels]) > 0).all()
    last_first = stage_pixels(side, centres, whole, centre_first=False)
    assert [list(a) for a in last_first] == [list(a) for a in stages[::-1]]


def test_two_stages_along_the_spiral_are_one_spiral() -> None:
    whole = order("spiral_out", 28)
    assert (np.concatenate(stage_pixels(28, [3], whole)) == whole).all()


@pytest.mark.parametrize("centres", [[0], [3, 3], [5, 3], [8], [9]])
def test_impossible_centres_are_named(centres: list[int]) -> None:
    with pytest.raises(DarkpixelError, match="centres"):
        stage_pixels(8, centres, order("row", 8))


def test_unknown_order_is_named() -> None:
    with pytest.raises(DarkpixelError, match=r"spiral_out.*random"):
        order("spiral", 8)
