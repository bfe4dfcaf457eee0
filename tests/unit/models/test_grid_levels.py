"""A grid with a level a unit: refused where the unit of the images cannot be that of the grid."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.grid_levels import FEWEST, MOST, levels_up_to

SARM = {"model": "sarm", "layers": 1, "units": 16, "power": 1.0}
PIXELCNN = {"model": "pixelcnnpp", "filters": 2, "blocks": 1}
FEW = torch.full((9, 6, 6), 0.27)


def training_images(scale: float) -> Tensor:
    """Pixels up to 270 GeV, times `scale`."""
    random = torch.Generator().manual_seed(1)
    filled = torch.rand(40, 6, 6, generator=random) < 0.2
    images = filled * torch.rand(40, 6, 6, generator=random) * 270 * scale
    images[0, 0, 0] = 270 * scale
    return images


@pytest.mark.parametrize("settings", [SARM, PIXELCNN])
@pytest.mark.parametrize(
    ("scale", "found"),
    [
        (1e-3, "is 0.27, so a grid with a level every 1 .* has 1 level;"),  # TeV
        (1 / 270, "is 1, so a grid .* has 1 level;"),  # normalised
        (1e3, "is 270000, .* has 270000 levels;"),  # MeV
        (1e6, r"is 2.7e\+08, .* has 270000000 levels;"),  # keV
    ],
)
def test_images_in_another_unit_are_refused_before_training(
    settings: dict[str, object], scale: float, found: str
) -> None:
    """In one line, and before anything as large as the grid is made."""
    images, model = training_images(scale), build_model(settings, (6, 6), seed=1)

    def batches() -> Iterator[Tensor]:
        yield from images.split(20)

    with pytest.raises(DarkpixelError, match=found) as caught:
        model.fit_to_data(batches)
    assert "attribute `unit`" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("settings", [SARM, PIXELCNN])
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_images_in_gev_have_a_level_a_gev(settings: dict[str, object], scale: float) -> None:
    model = build_model(settings, (6, 6), seed=1)
    model.fit_to_data(lambda: iter([training_images(scale)]))
    assert model.fitted()["levels"] == round(270 * scale)


@pytest.mark.parametrize(
    "settings", [{**SARM, "levels": 20}, {**PIXELCNN, "step": 0.01}, {**PIXELCNN, "levels": 2}]
)
def test_keys_of_the_model_win(settings: dict[str, object]) -> None:
    model = build_model(settings, (6, 6), seed=1)
    model.fit_to_data(lambda: iter([training_images(1 / 270).clamp(max=0.9) + 0.1]))
    assert model.fitted()["levels"] in (2, 20, 100)


def test_counts_need_few_levels() -> None:
    """Rounding does not change whole steps, such as hits that are 0 or 1."""
    hits = torch.ones(4, 3, 3)
    assert levels_up_to(1.0, lambda: iter([hits]), remedy="") == 1
    assert levels_up_to(1.5, lambda: iter([1.5 * hits]), step=0.5, remedy="") == 3
    for largest in (FEWEST - 1.0, MOST + 1.0):
        with pytest.raises(DarkpixelError):
            levels_up_to(largest, lambda: iter([0.3 * hits]), remedy="")
    for largest in (float(FEWEST), float(MOST)):
        assert levels_up_to(largest, lambda: iter([0.3 * hits]), remedy="") == largest
