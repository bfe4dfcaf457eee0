"""darkpixel from Python."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import darkpixel
from darkpixel.cli import main
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_model, save_model

ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = build_model({"model": "sarm", "layers": 1, "units": 16}, (6, 6), seed=1)
    model.fit_to_data(lambda: iter([torch.rand(64, 6, 6) * 9]))
    save_model(model, tmp_path / "model", images=ABOUT, digest="0")
    return tmp_path / "model"


def test_samples_are_those_of_the_command_on_any_number_of_cores(
    folder: Path, tmp_path: Path
) -> None:
    model = darkpixel.load(folder)
    assert model.about == ABOUT
    assert model.conditions == ()
    images = model.sample(40, seed=3, block_size=16, cores=1)
    assert images.shape == (40, 6, 6)
    assert images.dtype == np.float32
    np.testing.assert_array_equal(images, model.sample(40, seed=3, block_size=16, cores=2))
    assert (images != model.sample(40, seed=4, block_size=16, cores=1)).any()
    path = str(tmp_path / "x.h5")
    words = ["sample", str(folder), path, "-n", "40", "--seed", "3", "--block-size", "16"]
    assert main(words) == 0
    with ImageFile(path) as file:
        np.testing.assert_array_equal(images, file.read())


def test_density_is_the_models_own(folder: Path) -> None:
    model = darkpixel.load(folder)
    images = model.sample(300, cores=1)
    found = model.log_density(images)
    with torch.inference_mode():
        expected = load_model(folder).log_density(torch.from_numpy(images))  # type: ignore[operator]
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4)
    assert model.log_density(images[:0]).shape == (0,)


def test_what_does_not_fit_is_refused(folder: Path) -> None:
    model = darkpixel.load(folder)
    with pytest.raises(DarkpixelError, match=r"images of shape \(3, 5, 5\); \(n, 6, 6\) is exp"):
        model.log_density(np.zeros((3, 5, 5)))
    with pytest.raises(DarkpixelError, match="species"):
        model.sample(3, species=13)
    with pytest.raises(DarkpixelError, match="at least 1"):
        model.sample(0)


def test_pions_in_five_lines() -> None:
    """With the weights that come with the repository."""
    model = darkpixel.load(Path(__file__).parents[2] / "weights/lartpc_sparse_transformer")
    slow, fast = (model.sample(12, species=2212, momentum=p, cores=1) for p in (320.0, 700.0))
    assert (slow > 0).sum() < (fast > 0).sum()
    np.testing.assert_array_equal(
        fast, model.sample(12, species=["p"] * 12, momentum=700.0, cores=1)
    )
    assert model.log_density(fast[:1], bound=True, species="p", momentum=700.0) == (
        model.log_density(fast[:1], bound=True, species=2212, momentum=700.0)
    )
    with pytest.raises(DarkpixelError, match=r"found 'proton'; give a PDG code, or one of e- \(11"):
        model.sample(1, species="proton")


def test_the_command_draws_momenta_of_a_range(tmp_path: Path) -> None:
    folder = str(Path(__file__).parents[2] / "weights/lartpc_sparse_transformer")
    made = [tmp_path / name for name in ("a.h5", "b.h5")]
    for path in made:
        words = ["sample", folder, str(path), "-n", "8", "--species", "mu-", "--cores", "1"]
        assert main([*words, "--momentum", "300:400"]) == 0
    with ImageFile(made[0]) as one, ImageFile(made[1]) as two:
        momenta = one.column("momentum")
        assert len(set(momenta.tolist())) == 8
        assert (momenta >= 300).all()
        assert (momenta <= 400).all()
        np.testing.assert_array_equal(one.read(), two.read())


def test_simulated_images_and_their_columns() -> None:
    images, columns = darkpixel.simulate("argon", 5, species="mu-", momentum=500, cores=1)
    assert images.shape == (5, 64, 64)
    assert columns["species"].tolist() == [13] * 5
    assert columns["momentum"].tolist() == [500.0] * 5


def test_errors_and_warnings_call_arrays_by_the_generator() -> None:
    images = np.random.default_rng(1).exponential(size=(20, 6, 6))
    made = {"mine": images[:8], "bright": 3 * images[:8]}
    with (
        pytest.warns(UserWarning, match="^bright: the mean sum of an image is"),
        pytest.warns(UserWarning, match="^8 images a side are too few"),
    ):
        darkpixel.evaluate(images, made, unit="GeV")
    with pytest.raises(DarkpixelError, match=r"^generated: image 7 holds the pixel value -1"):
        darkpixel.evaluate(images, np.where(np.arange(20)[:, None, None] == 7, -1.0, images))
    with pytest.raises(DarkpixelError, match=r"^generated: images of \(5, 5\) pixels, but those"):
        darkpixel.evaluate(images, images[:, 1:, 1:])
    with pytest.raises(DarkpixelError, match=r"^reference: an array of shape \(6, 6\)"):
        darkpixel.evaluate(images[0], images)
    with pytest.raises(DarkpixelError, match="pixels of nan; give a size above 0"):
        darkpixel.evaluate(images, images, pixel_size=float("nan"))


def test_showers_of_any_size(tmp_path: Path) -> None:
    """As the files of the tutorial: CaloChallenge's layout, and another size."""
    showers = np.random.default_rng(1).exponential(size=(20, 24)).astype(np.float32)
    path = tmp_path / "photons.hdf5"
    with h5py.File(path, "w") as file:
        file["showers"], file["incident_energies"] = showers, showers.sum(1)
    with pytest.raises(DarkpixelError, match="from Python: shape"):
        darkpixel.evaluate(path, path)
    with pytest.warns(UserWarning, match="are too few for AUC"):
        rows = darkpixel.evaluate(path, showers.reshape(20, 4, 6), shape=(4, 6), unit="MeV", n=5)
    assert {"sum", "nonzero"} <= set(rows.observable)


def test_torch_is_imported_only_when_it_is_needed() -> None:
    """Planning a run imports darkpixel in every job; torch takes seconds."""
    script = "import sys, darkpixel; dir(darkpixel); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
    script = "import os, darkpixel; darkpixel.load; print(os.environ['OMP_WAIT_POLICY'])"
    for policy in ("passive", "active"):  # set by us, and left as the user has it
        found = {**os.environ, "OMP_WAIT_POLICY": policy}
        if policy == "passive":
            del found["OMP_WAIT_POLICY"]
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=found
        )
        assert done.stdout == f"{policy}\n"
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        darkpixel.lod  # noqa: B018
