"""Simulated images in one file: the same on any number of cores, of the particles asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.studies import simulated
from darkpixel.studies.simulated import Kind, simulate_images

SMALL: dict[Kind, dict[str, Any]] = {
    "jets": {"simulation": {"multi_parton_interactions": False}},
    "muons": {
        "simulation": {"multi_parton_interactions": False, "pileup_events": 30, "pileup": 40}
    },
    "argon": {},
}


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "_CHUNK", 8)


@pytest.mark.parametrize("kind", SMALL)
def test_cores_do_not_change_a_byte(kind: Kind, tmp_path: Path) -> None:
    for cores in (1, 3):
        simulate_images(kind, 20, tmp_path / f"{cores}.h5", cores=cores, **SMALL[kind])
    assert (tmp_path / "1.h5").read_bytes() == (tmp_path / "3.h5").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.h5", "3.h5"]
    with ImageFile(tmp_path / "1.h5") as file:
        images = file.read()
        assert len(images) == 20
        assert len(np.unique(images, axis=0)) == 20  # the chunks have seeds of their own


def test_species_and_momentum_are_those_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "muons.h5"
    simulate_images("argon", 20, path, species=[13], momentum=(500.0, 500.0))
    with ImageFile(path) as file:
        assert set(file.column("species")) == {13}
        assert set(file.column("momentum")) == {500.0}


def test_a_range_of_momenta_of_two_species(tmp_path: Path) -> None:
    path = tmp_path / "both.h5"
    simulate_images("argon", 40, path, species=[11, 211], momentum=(300.0, 400.0))
    with ImageFile(path) as file:
        assert set(file.column("species")) == {11, 211}
        momentum = file.column("momentum")
        assert 300 <= momentum.min() < 320
        assert 380 < momentum.max() <= 400


def test_another_seed_gives_other_images(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate_images("argon", 8, tmp_path / f"{seed}.h5", seed=seed)
    with ImageFile(tmp_path / "1.h5") as one, ImageFile(tmp_path / "2.h5") as two:
        assert (one.read() != two.read()).any()


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("jets", {"species": [13]}, "leave them out"),
        ("argon", {"species": [12]}, "species 12 is not simulated; choose of e- "),
        ("argon", {"momentum": (900.0, 300.0)}, "the lower one first"),
        ("muons", {"label": "all"}, "choose of signal, background"),
    ],
)
def test_what_cannot_be_simulated_is_refused(
    kind: Kind, arguments: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DarkpixelError, match=message):
        simulate_images(kind, 5, tmp_path / "x.h5", **arguments)
    assert list(tmp_path.iterdir()) == []
