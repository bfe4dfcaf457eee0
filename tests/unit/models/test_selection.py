"""Images selected on pT and mass: what is redrawn, for what, and how often."""

from pathlib import Path
from typing import Any

import h5py
import pytest
import torch
from image_files import write_images
from sarm_toys import make_sarm, toy_images
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.kinematics import image_observables
from darkpixel.models.sarm.model import SARM
from darkpixel.models.selection import Selected

SIDE = 6


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("selection") / "train.h5"
    write_images(path, toy_images(300, SIDE).numpy())
    return str(path)


def settings(pt: float = 20.0, mass: float = 1e6, redraws: int = 20) -> dict[str, Any]:
    return {"pt": pt, "mass": mass, "redraws": redraws}


def draw(source: SARM | Selected, n: int = 200, seed: int = 1) -> Tensor:
    return source.sample_events(n, generator=torch.Generator().manual_seed(seed))[0]


def pt_of(images: Tensor) -> Tensor:
    return torch.from_numpy(image_observables(images.numpy(), 0.1)["pt"]).float()


def test_without_a_limit_nothing_is_redrawn(train: str) -> None:
    model = make_sarm(SIDE)
    wide = Selected(model, settings(1e6), train)
    generator = torch.Generator().manual_seed(1)
    torch.randint(300, (200,), generator=generator)  # the training images
    assert torch.equal(draw(wide), model.sample(200, generator=generator))


def test_the_pt_of_a_model_without_totals_is_that_of_training_images(train: str) -> None:
    """W1 to the training images falls to the tolerance; without a selection it is far."""
    model = make_sarm(SIDE)
    wanted = pt_of(toy_images(300, SIDE)).sort().values
    quantiles = torch.linspace(0, 299, 400).long()

    def distance(images: Tensor) -> float:
        return float((pt_of(images).sort().values - wanted[quantiles]).abs().mean())

    free = distance(model.sample(400, generator=torch.Generator().manual_seed(1)))
    selected = distance(draw(Selected(model, settings(10.0, redraws=200), train), 400))
    assert free > 15
    assert selected < 10


def test_totals_that_the_model_draws_first_are_kept(train: str) -> None:
    """Images that fit stay, and those that do not are drawn for the same totals."""
    model = make_sarm(SIDE, totals=True, sums=True)
    generator = torch.Generator().manual_seed(1)
    wanted = model.draw_totals(200, generator=generator)
    first = model.sample(200, generator=generator, totals=wanted)
    kept = draw(Selected(model, settings(), train))
    good = (model.totals_of(first) - wanted).abs()[:, 0] <= 20.0
    assert 0 < good.sum() < 200
    assert torch.equal(kept[good], first[good])
    assert (kept[~good] != first[~good]).flatten(1).any(1).all()
    now_good = (model.totals_of(kept) - wanted).abs()[:, 0] <= 20.0
    assert now_good.sum() > good.sum()


def test_mass_has_its_own_limit(train: str) -> None:
    model = make_sarm(SIDE, totals=True, sums=True)
    one, both = (draw(Selected(model, settings(mass=m), train)) for m in (1e6, 1.0))
    assert not torch.equal(one, both)


def test_after_the_last_redraw_an_image_stays_as_it_is(train: str) -> None:
    model = make_sarm(SIDE)
    calls: list[int] = []
    sample = model.sample

    def counted(n: int, **options: Any) -> Tensor:
        calls.append(n)
        return sample(n, **options)

    model.sample = counted  # type: ignore[method-assign]
    images = draw(Selected(model, settings(1e-6, redraws=3), train), 40)
    assert calls == [40] * 4
    assert images.shape == (40, SIDE, SIDE)


def test_totals_without_pt_or_mass_are_refused(train: str) -> None:
    model = make_sarm(SIDE, totals=True, total_observables=["energy", "pt"])
    with pytest.raises(DarkpixelError, match="energy, pt before the pixels; found no mass"):
        Selected(model, settings(), train)


def test_training_images_without_a_pixel_size_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file["images"] = toy_images(10, SIDE).numpy()
    with pytest.raises(DarkpixelError, match="pixel_size"):
        Selected(make_sarm(SIDE), settings(), str(tmp_path / "own.h5"))
