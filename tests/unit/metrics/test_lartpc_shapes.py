"""Shapes of liquid-argon images: hand-drawn clusters, symmetries, files; rows made from them."""

import h5py
import numpy as np
import pandas as pd
import pytest
from argon_toys import argon_images, draw_line, write_plain
from image_files import LARTPC, write_images

from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.lartpc_rows import lartpc_rows
from darkpixel.metrics.lartpc_shapes import (
    SHAPE_OBSERVABLES,
    image_shapes,
    shape_observables,
)
from darkpixel.metrics.observables import Source

EVALUATION = LArTPCEvaluation(bootstrap_repetitions=20, floor_splits=4)
SIDE = 64


def shapes(*images, threshold=0.2, pixel_size=0.5, unit=1.0):
    return image_shapes(
        np.stack(images), threshold, pixel_size=pixel_size, charge_per_unit=unit
    )  # fmt: skip


def blank():
    return np.zeros((SIDE, SIDE), np.float32)


def line(angle, length, charge=2.0, start=(32, 32)):
    """Of `length` pixels about the centre; the charge of a pixel of path."""
    image = blank()
    start = np.asarray(start) - length / 2 * np.array([np.sin(angle), np.cos(angle)])
    draw_line(image, start, angle, length, charge)
    return image


@pytest.mark.parametrize("length", [16, 40])
def test_length_and_charge_per_length_of_lines_at_any_angle(length):
    found = shapes(*(line(angle, length) for angle in np.linspace(0, np.pi, 40)), unit=0.5)
    assert found["length"].mean() == pytest.approx(0.5 * length, abs=0.2)
    # 2 units of 0.5 MeV a pixel of 0.5 cm: 2 MeV/cm at every angle.
    assert found["charge_per_length"].mean() == pytest.approx(2.0, rel=0.05)
    assert found["axis_ratio"].max() < 0.1
    assert found["bend"].max() < 6


def test_corners_touch_and_one_empty_pixel_parts():
    touching, parted = blank(), blank()
    touching[20, 5:25] = touching[21, 25:45] = 1
    parted[20, 5:25] = parted[20, 26:45] = 1
    found = shapes(touching, parted, pixel_size=1.0)
    assert found["length"] == pytest.approx([np.hypot(39, 1), 19], abs=0.6)
    assert found["pieces"].tolist() == [1, 2]


def test_the_main_cluster_is_that_of_the_largest_charge():
    image = blank()
    image[10, 5:45] = 1.0
    image[40, 10:25] = 10.0
    found = shapes(image, pixel_size=1.0)
    assert found["length"][0] == 14
    assert found["charge_per_length"][0] == pytest.approx(150 / 14)


def test_of_equal_charges_the_first_cluster_is_the_main_one():
    image = blank()
    image[10, 5:25] = 1.0
    image[40, 5:15] = 2.0
    assert shapes(image, pixel_size=1.0)["length"][0] == 19


def test_pixels_at_the_threshold_or_below_do_not_count():
    image = line(0.3, 30)
    dust = image + np.where(image == 0, np.float32(0.2), np.float32(0))
    plain, dusty = shapes(image), shapes(dust, threshold=0.2)
    for name in SHAPE_OBSERVABLES:
        assert dusty[name] == pytest.approx(plain[name], nan_ok=True), name


def test_isolated_pixels_and_pieces_by_their_size():
    image = line(0.0, 40)
    image[10, 10] = 0.5  # one pixel
    image[5:8, 50] = 1.0  # three
    image[[50, 51, 52, 53], [10, 11, 12, 13]] = 1.5  # four, by their corners: a piece
    found = shapes(image, unit=0.5)
    assert found["isolated_pixels"][0] == 4
    assert found["isolated_charge"][0] == pytest.approx(0.5 * 3.5)
    assert found["pieces"][0] == 2
    alone = blank()
    alone[3, 4] = 1.0  # the main cluster itself is not isolated, and is no piece
    found = shapes(alone)
    assert found["isolated_pixels"][0] == found["pieces"][0] == 0


def test_axis_ratio_of_a_rectangle():
    image = blank()
    image[20:31, 10:50] = 1.0  # rms of n places in a row: sqrt((n² - 1) / 12)
    expected = np.sqrt((11**2 - 1) / (40**2 - 1))
    assert shapes(image)["axis_ratio"][0] == pytest.approx(expected)
    square = blank()
    square[20:30, 10:20] = 1.0
    assert shapes(square)["axis_ratio"][0] == pytest.approx(1.0)


@pytest.mark.parametrize("kink", [20, 45, 70])
def test_bend_of_a_kinked_line(kink):
    """The closed form of the docstring, at many angles of the whole."""
    images = []
    for angle in np.linspace(0, 2 * np.pi, 24):
        image = blank()
        for turn in (np.pi, np.radians(kink)):
            draw_line(image, (32, 32), angle + turn, 22, 1.0)
        images.append(image)
    expected = 2 * np.degrees(np.arctan(0.75 * np.tan(np.radians(kink) / 2)))
    assert shapes(*images)["bend"].mean() == pytest.approx(expected, abs=2.0)


def test_end_asymmetry_is_the_rise_at_either_end():
    """Charge three times as large in the last 2 cm (5 pixels' centres): 0.5, on either end."""
    uniform, rising = blank(), blank()
    uniform[30, 10:50] = rising[30, 10:50] = 1.0
    rising[30, 45:] *= 3.0
    found = shapes(uniform, rising, rising[:, ::-1], rising.T, 7 * rising)
    assert found["end_asymmetry"] == pytest.approx([0, 0.5, 0.5, 0.5, 0.5])


def test_opening_angle_from_the_far_end():
    """Main cluster along the row; a piece ahead of it at 20 degrees from its start, and behind."""
    ahead, behind = blank(), blank()
    for image, start, turn in ((ahead, 4, 1), (behind, 59, -1)):
        image[30, min(start, start + 20 * turn) : max(start, start + 20 * turn) + 1] = 5.0
        row = 30 + round(40 * np.tan(np.radians(20)))
        image[row, start + 38 * turn : start + 43 * turn : turn] = 1.0
    found = shapes(ahead, behind)
    expected = np.degrees(np.arctan2(round(40 * np.tan(np.radians(20))), 40))
    assert found["opening_angle"] == pytest.approx([expected, expected])


def test_the_second_piece_is_the_brightest_other_and_has_four_pixels():
    image = blank()
    image[30, 4:25] = 5.0
    image[30, 40:45] = 1.0  # straight ahead
    image[60, 40:43] = 9.0  # brighter, but only three pixels
    image[50, 4:9] = 0.5  # fainter
    assert shapes(image)["opening_angle"][0] == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(shapes(line(0.0, 40))["opening_angle"][0])


def test_centroid_from_the_centre_down_and_right():
    image = blank()
    image[40, 20] = 3.0
    image[40, 24] = 1.0
    found = shapes(image)
    assert found["centroid_row"][0] == pytest.approx(0.5 * (40 - 31.5))
    assert found["centroid_column"][0] == pytest.approx(0.5 * (21 - 31.5))


def test_what_an_image_does_not_have_is_not_a_number():
    dot = blank()
    dot[5, 5] = 1.0
    short = blank()
    short[5, 5:17] = 1.0  # 5.5 cm: below SHORTEST
    found = shapes(blank(), dot, short)
    for name in ("length", "pieces", "isolated_pixels", "isolated_charge"):
        assert np.isfinite(found[name]).all()
    assert found["length"].tolist() == [0, 0, 5.5]
    assert np.isnan(found["centroid_row"]).tolist() == [True, False, False]
    assert np.isnan(found["axis_ratio"]).tolist() == [True, True, False]
    for name in ("charge_per_length", "bend", "end_asymmetry", "opening_angle"):
        assert np.isnan(found[name]).all(), name
    long = blank()
    long[5, 5:18] = 1.0
    for name in ("charge_per_length", "bend", "end_asymmetry"):
        assert np.isfinite(shapes(long)[name][0])


def test_an_image_alone_has_what_it_has_among_others_and_blank_ones():
    images, _, _ = argon_images(30)
    images[[3, 29]] = 0
    together = shapes(*images)
    for number, image in enumerate(images):
        alone = shapes(image)
        for name in SHAPE_OBSERVABLES:
            assert alone[name][0] == pytest.approx(together[name][number], nan_ok=True)


def test_the_eight_symmetric_copies_have_the_same_shapes():
    images, _, _ = argon_images(40)
    plain = shapes(*images)
    for turns in range(4):
        for mirrored in (False, True):
            turned = np.rot90(images[:, ::-1] if mirrored else images, turns, axes=(1, 2))
            found = shapes(*turned)
            for name in SHAPE_OBSERVABLES:
                if not name.startswith("centroid"):
                    assert found[name] == pytest.approx(plain[name], abs=1e-6, nan_ok=True), name
    down = shapes(*images[:, ::-1])
    assert down["centroid_row"] == pytest.approx(-plain["centroid_row"])
    assert down["centroid_column"] == pytest.approx(plain["centroid_column"])


def test_files_are_streamed_with_their_species(tmp_path, monkeypatch):
    images, _, species = argon_images(30)
    columns = {"species": species, "momentum": np.arange(30, dtype=np.float32)}
    test = str(write_images(tmp_path / "test.h5", images, columns, **LARTPC))
    sample = write_plain(tmp_path / "sample.h5", images[:9])
    sources = [Source("vqvae_pixelcnn", 3, sample)]
    table = shape_observables(sources, test, 0.2)
    known = ["model", "seed", "image", "species", "momentum"]
    assert table.columns.tolist() == [*known, *SHAPE_OBSERVABLES, "charge", "pixels"]
    own = table[table["model"] == MONTE_CARLO]
    assert own["species"].tolist() == species.tolist()
    expected = shapes(*images, unit=0.255)
    for name in SHAPE_OBSERVABLES:
        assert own[name].to_numpy() == pytest.approx(expected[name], nan_ok=True)
    assert own["momentum"].tolist() == list(range(30))
    assert own["charge"].to_numpy() == pytest.approx(0.255 * images.sum((1, 2)), rel=1e-5)
    assert own["pixels"].tolist() == (images > 0.2).sum((1, 2)).tolist()
    other = table[table["model"] == "vqvae_pixelcnn"]
    assert (other["seed"].tolist(), set(other["species"])) == ([3] * 9, {0})
    assert other["momentum"].isna().all()
    assert other["image"].tolist() == list(range(9))
    monkeypatch.setattr("darkpixel.metrics.lartpc_shapes.PIXELS_AT_ONCE", 7 * SIDE**2)
    pd.testing.assert_frame_equal(table, shape_observables(sources, test, 0.2))


def test_files_that_do_not_fit_are_refused(tmp_path):
    images, _, _ = argon_images(4)
    test = write_plain(tmp_path / "test.h5", images)
    small = write_plain(tmp_path / "small.h5", images[:, :32, :32])
    with pytest.raises(DarkpixelError, match=r"small\.h5: images of \(32, 32\) pixels"):
        shape_observables([Source("a", 1, small)], test, 0.2)
    about = {**LARTPC, "unit": "1/10 of the largest pixel"}
    scaled = str(write_images(tmp_path / "scaled.h5", images, {}, **about))
    with pytest.raises(DarkpixelError, match="no energy such as"):
        shape_observables([Source("a", 1, scaled)], test, 0.2)
    bare = write_plain(tmp_path / "bare.h5", images)
    with h5py.File(bare, "r+") as file:
        del file.attrs["pixel_size"]
    with pytest.raises(DarkpixelError, match=r"bare\.h5: attribute pixel_size is missing"):
        shape_observables([Source("a", 1, bare)], test, 0.2)


def table_of(model="vqvae_pixelcnn", count=240, seed=0):
    """A made-up table of test images and a model's: half muons, half protons."""
    frames = []
    for number, name in enumerate([MONTE_CARLO, model]):
        random = np.random.default_rng(seed + number)
        frame = pd.DataFrame({
            "model": name, "seed": int(number > 0), "image": np.arange(count),
            "species": np.where(np.arange(count) % 2 == 0, 13, 2212),
            **{observable: random.normal(10, 1, count) for observable in SHAPE_OBSERVABLES},
        })  # fmt: skip
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def rows_of(table, *names):
    return lartpc_rows(table, dataset="lartpc", label="all", settings=EVALUATION, names=names)


def test_rows_find_a_shift_in_its_species_and_there_are_no_labels():
    table = table_of()
    table.loc[(table["model"] != MONTE_CARLO) & (table["species"] == 13), "length"] -= 3
    rows = rows_of(table, *SHAPE_OBSERVABLES)
    assert list(dict.fromkeys(rows["species"])) == ["all", "mu-", "p"]
    length = rows[rows["observable"] == "length"].set_index("species")
    assert length["value"].to_dict() == pytest.approx({"all": 1.5, "mu-": 3, "p": 0.2}, abs=0.4)
    assert length["n"].to_dict() == {"all": 120, "mu-": 60, "p": 60}
    assert (length["floor"] < 0.6).all()
    assert (length[["share", "test_share"]] == 1).all(axis=None)


def test_rows_compare_the_images_that_have_the_observable_and_state_their_share():
    table = table_of()
    whole = rows_of(table, "bend").set_index("species")
    none = (table["model"] != MONTE_CARLO) & (table["image"] % 4 != 0)  # leaves half the muons
    table.loc[none, "bend"] = np.nan
    table.loc[(table["model"] == MONTE_CARLO) & (table["image"] < 24), "bend"] = np.nan
    rows = rows_of(table, "bend").set_index("species")
    assert rows["n"].to_dict() == {"all": 60, "mu-": 54, "p": 0}
    assert rows["share"].to_dict() == {"all": 0.25, "mu-": 0.5, "p": 0}
    assert rows["test_share"].to_dict() == {"all": 0.9, "mu-": 0.9, "p": 0.9}
    assert np.isnan(rows.loc["p", "value"])
    assert rows.loc["mu-", "value"] < 3 * whole.loc["mu-", "floor"]
    left = table[~none & (table["model"] != MONTE_CARLO)]["bend"]
    assert rows.loc["all", "mean"] == pytest.approx(left.mean())


def test_two_samples_of_one_kind_are_at_the_floor_and_a_hole_in_the_tracks_is_not(tmp_path):
    """Test images against others of the same making, whole and with pixels missing."""
    test, others = argon_images(400)[0], argon_images(200, seed=1)[0]
    holes = np.where(np.random.default_rng(2).random(others.shape) < 0.3, 0, others)
    paths = {
        name: write_plain(tmp_path / f"{name}.h5", images)
        for name, images in {"test": test, "same": others, "holes": holes}.items()
    }
    sources = [Source(name, 1, paths[name]) for name in ("same", "holes")]
    rows = rows_of(shape_observables(sources, paths["test"], 0.2), *SHAPE_OBSERVABLES)
    rows = rows.set_index(["model", "observable"])
    same, holed = rows.loc["same"], rows.loc["holes"]
    assert (same["value"] < same["floor"] + 5 * same["floor_error"]).all()
    for name in ("length", "pieces"):
        assert holed.loc[name, "value"] > holed.loc[name, "floor"] + 4 * holed.loc[name, "error"]
