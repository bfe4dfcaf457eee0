"""What `darkpixel evaluate` is told, and what it says where files do not fit.

Of few images: then there is no AUC, which takes seconds.
"""

from pathlib import Path

import h5py
import numpy as np
import pytest
from image_files import LARTPC, write_images

from darkpixel.cli import main

RANDOM = np.random.default_rng(1)
IMAGES = RANDOM.exponential(size=(20, 8, 8)).astype(np.float32)


@pytest.fixture
def array(tmp_path: Path) -> str:
    np.save(tmp_path / "mine.npy", IMAGES)
    return str(tmp_path / "mine.npy")


def test_a_wrong_size_of_pixels_names_the_file_and_the_remedy(
    tmp_path: Path, array: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = str(write_images(tmp_path / "test.h5", IMAGES, pixel_size=0.2))
    assert main(["evaluate", reference, array, "--pixel-size", "0.1"]) == 1
    said = f"{reference}: says that its pixels have 0.2, not 0.1; leave out --pixel-size"
    assert said in capsys.readouterr().err
    assert main(["evaluate", reference, array, "--pixel-size", "0.2"]) == 0


@pytest.mark.parametrize("size", ["0", "-0.1", "nan", "inf", "wide"])
def test_a_size_of_pixels_is_above_zero(
    array: str, capsys: pytest.CaptureFixture[str], size: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", array, array, f"--pixel-size={size}"])
    assert caught.value.code == 2
    assert f"--pixel-size: found {size}" in capsys.readouterr().err.replace("'", "")


@pytest.fixture(params=["argon", "JetNet"])
def stated(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str, tuple[int, int]]:
    """A file that says its unit, the unit, and the size of its images."""
    path = tmp_path / "stated.h5"
    if request.param == "argon":
        return str(write_images(path, IMAGES, **LARTPC)), "0.255 MeV", (8, 8)
    particles = np.concatenate(
        [RANDOM.uniform(-0.5, 0.5, (20, 30, 2)), RANDOM.exponential(size=(20, 30, 1))], 2
    )
    with h5py.File(path, "w") as file:
        file["particle_features"] = particles
    return str(path), "jet pT", (28, 28)


@pytest.mark.parametrize("swapped", [False, True])
def test_an_array_needs_a_unit_where_the_other_file_has_one(
    stated: tuple[str, str, tuple[int, int]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    swapped: bool,
) -> None:
    path, unit, size = stated
    array = str(tmp_path / "mine.npy")
    np.save(array, RANDOM.exponential(size=(20, *size)))
    pair = [array, path] if swapped else [path, array]
    assert main(["evaluate", *pair]) == 1
    error = capsys.readouterr().err
    assert f"{array}: does not say in which unit its pixels are, but {path} has '{unit}'" in error
    assert f'give --unit "{unit}" (from Python: unit)' in error
    assert main(["evaluate", *pair, "--unit", unit]) == 0
    assert f"W1 of sum, {unit}" in capsys.readouterr().out


def test_the_file_of_simulate_is_a_reference(
    tmp_path: Path, array: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = str(tmp_path / "reference.h5")
    simulate = ["simulate", "argon", reference, "-n", "10", "--species", "mu-", "--cores", "1"]
    assert main(simulate) == 0
    np.save(array, RANDOM.exponential(size=(20, 64, 64)))
    for pair, swapped in (([array, reference], True), ([reference, array], False)):
        assert main(["evaluate", *pair, "--unit", "0.255 MeV"]) == 0
        error = capsys.readouterr().err
        said = f"{reference}: simulated images (split 'all'), not generated ones; the reference"
        assert (said in error) == swapped


def test_argon_of_which_nothing_says_the_unit(
    array: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", array, array, "--dataset", "lartpc"]) == 0
    assert "W1 of sum, 0.255 MeV" in capsys.readouterr().out


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_computed(
    tmp_path: Path,
    array: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = tmp_path / "page.html"
    for note in ("the same, with histograms\n", "histograms (in place of the file that was there)"):
        assert main(["evaluate", array, array, "-n", "5", "--html", str(page)]) == 0
        assert note in capsys.readouterr().err
    monkeypatch.setattr("darkpixel.studies.scoring.score", lambda *_, **__: pytest.fail("computed"))
    assert main(["evaluate", array, array, "--html", str(tmp_path)]) == 1
    assert f"{tmp_path}: is a folder" in capsys.readouterr().err
