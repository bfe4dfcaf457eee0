"""pT and mass of images, and their tables per file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from image_files import write_images

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.images import centre_mask, summarise_images
from darkpixel.metrics.kinematics import girth, image_observables
from darkpixel.metrics.observables import Source, measure_observables
from darkpixel.metrics.order import ordered
from darkpixel.models.orders import order
from darkpixel.models.sarm.orders import stage_pixels
from darkpixel.tables.names import display_name


def sparse_images(count, side=12, seed=0):
    random = np.random.default_rng(seed)
    images = random.exponential(5.0, (count, side, side)) * (
        random.random((count, side, side)) < 0.1
    )
    return images.astype(np.float32)


def summed_four_vectors(image, pixel_size):
    """pT and mass by adding one massless particle a pixel, in the textbook's way."""
    height, width = image.shape
    total = np.zeros(4)
    for row in range(height):
        for column in range(width):
            pt = float(image[row, column])
            phi = ((height - 1) / 2 - row) * pixel_size
            eta = (column - (width - 1) / 2) * pixel_size
            total += pt * np.array([np.cosh(eta), np.cos(phi), np.sin(phi), np.sinh(eta)])
    energy, x, y, z = total
    return np.hypot(x, y), np.sqrt(max(energy**2 - x**2 - y**2 - z**2, 0.0))


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(np.float32, (1, 5, 7), elements=st.floats(0, 200, width=32, allow_subnormal=False)),
    st.sampled_from([0.025, 0.1, 0.3]),
)
def test_observables_equal_the_sum_of_four_vectors(images, pixel_size):
    found = image_observables(images, pixel_size)
    pt, mass = summed_four_vectors(images[0], pixel_size)
    assert found["pt"][0] == pytest.approx(pt, rel=1e-12, abs=1e-12)
    # the mass is a small difference of large squares: compare at the scale of the energy
    scale = 1e-6 * float(images.sum())
    assert found["mass"][0] == pytest.approx(mass, rel=1e-9, abs=scale + 1e-12)


def test_two_pixels_have_the_mass_of_the_formula():
    """m^2 = 2 pT1 pT2 (cosh d_eta - cos d_phi) (PDG review, kinematics)."""
    images = np.zeros((1, 9, 9), np.float32)
    images[0, 1, 2], images[0, 7, 8] = 30.0, 50.0
    expected = np.sqrt(2 * 30 * 50 * (np.cosh(0.6) - np.cos(0.6)))
    assert image_observables(images, 0.1)["mass"][0] == pytest.approx(expected, rel=1e-12)


def test_blank_and_single_pixel_images_have_no_mass_and_no_nan():
    images = np.zeros((785, 28, 28), np.float32)
    images.reshape(785, 784)[np.arange(784), np.arange(784)] = np.linspace(1e-3, 276, 784)
    found = image_observables(images, 0.1)
    assert np.isfinite(found["mass"]).all()
    assert found["mass"] == pytest.approx(0, abs=1e-4)
    assert found["pt"][:784] == pytest.approx(np.linspace(1e-3, 276, 784), rel=1e-6)
    assert found["pt"][784] == found["mass"][784] == 0


def test_measured_table_holds_every_image_of_every_source(tmp_path):
    test, sample = sparse_images(30), sparse_images(20, seed=1)
    test[3] = 0
    path = str(write_images(tmp_path / "test.h5", test))
    sources = [
        Source("sarm2_dd", seed, str(write_images(tmp_path / f"{seed}.h5", sample)))
        for seed in (1, 2)
    ]
    table = measure_observables(sources, path, batch_size=7)
    assert table.groupby(["model", "seed"]).size().to_dict() == {
        (MONTE_CARLO, 0): 30, ("sarm2_dd", 1): 20, ("sarm2_dd", 2): 20,
    }  # fmt: skip
    own = table[table["model"] == MONTE_CARLO]
    assert own["image"].tolist() == list(range(30))
    assert own["pt"].to_numpy() == pytest.approx(image_observables(test, 0.1)["pt"])
    assert own["nonzero"].tolist() == np.count_nonzero(test, axis=(1, 2)).tolist()
    assert own["zero_fraction"].iloc[3] == 1.0
    assert own["maximum"].to_numpy() == pytest.approx(test.max(axis=(1, 2)))


def test_images_of_another_size_are_refused(tmp_path):
    path = str(write_images(tmp_path / "test.h5", sparse_images(4)))
    other = write_images(tmp_path / "other.h5", sparse_images(4, side=10))
    with pytest.raises(DarkpixelError, match=r"other\.h5: images of \(10, 10\) pixels"):
        measure_observables([Source("lagan", 1, str(other))], path)


def test_summary_equals_the_numbers_of_the_whole_array(tmp_path):
    images = sparse_images(50, side=9)
    images[7] = 0
    paths: list[str | Path] = [
        write_images(tmp_path / "a.h5", images[:20]), write_images(tmp_path / "b.h5", images[20:])
    ]  # fmt: skip
    edges = np.linspace(0, 10, 6)  # pixels reach far above: the last bin takes them
    summary = summarise_images(paths, edges, centre=3, batch_size=7)
    filled = images[images > 0]
    assert filled.max() > 10
    assert summary.images == 50
    assert summary.mean == pytest.approx(images.mean(axis=0, dtype=np.float64))
    assert summary.blank == (~images.any(axis=(1, 2))).sum()
    assert summary.counts["all"].sum() == filled.size
    assert summary.counts["all"][:-1].tolist() == np.histogram(filled, edges)[0][:-1].tolist()
    assert summary.zeros["centre"] == (images[:, 3:6, 3:6] == 0).sum()
    assert summary.zero_fraction() == pytest.approx((images == 0).mean())
    assert (summary.smallest, summary.largest) == (filled.min(), filled.max())


@pytest.mark.parametrize(("side", "centre"), [(25, 3), (28, 3), (28, 4), (32, 7), (25, 4)])
def test_centre_is_the_first_stage_of_the_model(side, centre):
    stage = stage_pixels(side, [centre], order("spiral_out", side))[0]
    assert set(stage) == set(np.flatnonzero(centre_mask(side, side, centre)))


def test_variants_keep_the_name_of_their_model_and_follow_it():
    assert display_name("sarm2_dd") == "SARM-2 (D+D)"
    assert display_name("sarm2_dd_sums") == "SARM-2 (D+D), sums"
    assert display_name("sarm2_dd_selected") == "SARM-2 (D+D), selected on pT and mass"
    assert (
        display_name("sarm2_dd_totals_selected") == "SARM-2 (D+D), totals, selected on pT and mass"
    )
    rows = [
        "sarm2_dd",
        "quantised_sarm2_dd",
        "sarm2_dd_selected",
        "sarm2_dd_power",
        "sarm2_dd_totals",
        "sarm2_dd_totals_selected",
    ]
    assert ordered(rows[::-1]) == rows
    assert display_name("monte_carlo") == "Monte Carlo"
    assert display_name("monte_carlo", "muons") == "Monte Carlo"
    assert display_name("my_own") == "my own"
    names = ["my_own", "quantised_sarm2_dd", "sarm2_dd_sums", "sarm2_dd", "monte_carlo", "lagan"]
    assert ordered([*names, "lagan"]) == [
        "monte_carlo", "lagan", "sarm2_dd", "quantised_sarm2_dd", "sarm2_dd_sums", "my_own",
    ]  # fmt: skip


def test_girth_of_known_images():
    images = np.zeros((3, 5, 5))
    images[0, 2, 2] = 7.0  # at the centre
    images[1, 2, 0] = images[1, 0, 2] = 1.0  # both two pixels away
    assert girth(images, 0.1) == pytest.approx([0.0, 0.2, 0.0])
