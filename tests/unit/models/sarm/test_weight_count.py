"""The number of weights is known before a model is built that the machine cannot hold."""

from typing import Any

import pytest

from darkpixel.config.discovery import model_settings
from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.device import memory_limit

SETTINGS: list[tuple[int, dict[str, Any]]] = [
    (28, {"centres": [4], "likelihood": "discrete", "layers": 2, "inputs": "value"}),
    (28, {"centres": [], "likelihood": "truncated_logistic", "layers": 3}),
    (32, {"centres": [3, 7], "units": 512, "context_units": 64, "layers": 3}),
    (20, {"centres": [4], "sums": True, "totals": True, "pixel_size": 0.1}),
    (20, {"centres": [], "likelihood": "gamma", "layers": 1}),
]


@pytest.mark.parametrize(("side", "settings"), SETTINGS)
def test_the_count_is_that_of_the_built_model_but_for_a_fifth(
    side: int, settings: dict[str, Any]
) -> None:
    model = build_model({"model": "sarm", **settings}, (side, side), seed=1)
    known = model_settings("sarm").model_validate(settings).weight_count(side, side)
    assert known == pytest.approx(sum(p.numel() for p in model.parameters()), rel=0.2)


def test_weights_that_do_not_fit_are_refused_before_they_are_made() -> None:
    side = 1024
    needed = 20 * model_settings("sarm").model_validate({}).weight_count(side, side)
    assert needed > memory_limit()
    with pytest.raises(DarkpixelError, match=r"1024 x 1024 pixels take \d+ GB.*`units`"):
        build_model({"model": "sarm"}, (side, side))
    few = {"model": "sarm", "units": 2, "centres": [], "layers": 1, "power": 1.0}
    assert build_model(few, (64, 64)).image_size == (64, 64)
