"""Nearest training images against a direct search; copies found, learned images not."""

from typing import Any

import h5py
import numpy as np
import pytest

from darkpixel.metrics.features import Sample
from darkpixel.metrics.memorisation import (
    Nearest,
    Prepared,
    memorisation_rows,
    mirror_images,
    nearest_training_images,
)

ABOUT: dict[str, Any] = {"dataset": "jets", "label": "signal"}


def images(count, seed, lit=0.3):
    random = np.random.default_rng(seed)
    values = random.exponential(5.0, (count, 6, 6)) * (random.random((count, 6, 6)) < lit)
    return values.astype(np.float32)


def compared(some, training):
    nearest = Nearest(some)
    nearest.compare(Prepared.of(training))
    return nearest


def measures(rows, model="made"):
    own = rows[rows["model"] == model].set_index("observable")
    return own["value"], own["error"], own["n"]


def test_distance_is_that_of_a_direct_search_whatever_the_blocks(tmp_path):
    some, training = images(1100, 1), images(1500, 2)
    direct = np.sqrt(
        [
            ((np.arcsinh(training.reshape(1500, -1).astype(float)) - row) ** 2).sum(1).min()
            for row in np.arcsinh(some.reshape(1100, -1).astype(float))
        ]
    )
    assert compared(some, training).distance == pytest.approx(direct, rel=1e-4)
    for name, values in (("made", some), ("train", training)):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["images"] = values
    sample = Sample("made", 1, str(tmp_path / "made.h5"), start=50)
    found = nearest_training_images([sample], 1050, str(tmp_path / "train.h5"))
    assert found[sample].distance == pytest.approx(direct[50:], rel=1e-4)


def test_blank_images_are_no_copies():
    some, training = images(30, 1), images(40, 2)
    some[:10] = training[:5] = 0
    nearest = compared(some, training)
    assert nearest.copies == 0
    assert nearest.distance.shape == (20,)
    assert (nearest.distance > 1).all()
    only_blank = compared(some, np.zeros_like(training))
    assert np.isinf(only_blank.distance).all()


def test_copies_are_counted_and_near_copies_show_as_close():
    training, test = images(500, 2), images(400, 3)
    copied = images(300, 4)
    copied[:60] = training[100:160]
    copied[60:75] = training[200:215] * np.float32(1.001)
    made = compared(copied, training)
    assert made.copies == 60
    assert made.distance[:60] == pytest.approx(0, abs=0.02)
    value, error, n = measures(
        memorisation_rows(compared(test, training), {Sample("made", 1, "made.h5"): made}, **ABOUT)
    )
    assert value["copies"] == 60
    assert 0.25 <= value["close_share"] < 0.3
    assert error["close_share"] < 0.02
    assert value["nearest_ratio"] < 1 - 2 * error["nearest_ratio"]
    assert n["copies"] == 300


def test_memory_of_a_model_on_a_grid_shows_beside_quantised_test_images():
    """No copy can be found bit for bit; rounded ones lie closer than rounded test images do."""
    training, test = images(500, 2), images(400, 3)
    learned, by_heart = np.round(images(300, 4)), np.round(training[:300])
    names = {"quantised_made": np.round(images(300, 5)), "made": learned}
    quantised_first, _, _ = measures(rows_on_grid(names, test, training))
    rows = rows_on_grid(names | {"made": by_heart}, test, training)
    value, error, _ = measures(rows)
    floors = rows[rows["model"] == "made"].set_index("observable")["floor"]
    perfect, _, _ = measures(rows, "quantised_made")
    assert np.isnan([value["copies"], perfect["copies"], floors["copies"]]).all()
    for name in ("nearest_ratio", "close_share"):
        assert floors[name] == perfect[name]
        assert abs(quantised_first[name] - perfect[name]) < 4 * error[name]
    assert value["close_share"] > perfect["close_share"] + 0.5
    assert value["nearest_ratio"] < perfect["nearest_ratio"] - 5 * error["nearest_ratio"]


def rows_on_grid(samples, test, training):
    found = {Sample(name, 1, "a.h5"): compared(some, training) for name, some in samples.items()}
    limits = {"made": "quantised_made"}
    return memorisation_rows(compared(test, training), found, **ABOUT, limits=limits)


def test_other_images_of_the_simulation_are_as_far_as_test_images():
    """The errors hold over repeated experiments; two seeds are averaged."""
    training = images(300, 5)
    ratio, share = [], []
    for seed in range(10, 40, 3):
        test, first, second = (compared(images(400, seed + k), training) for k in range(3))
        samples = {Sample("made", 1, "a.h5"): first, Sample("made", 2, "b.h5"): second}
        rows = memorisation_rows(test, samples, **ABOUT)
        assert (rows["seeds"] == 2).all()
        value, error, _ = measures(rows)
        ratio.append((value["nearest_ratio"] - 1) / error["nearest_ratio"])
        share.append((value["close_share"] - 0.01) / error["close_share"])
    for pulls in (ratio, share):
        assert np.sqrt(np.mean(np.square(pulls))) < 1.6
    assert np.sqrt(np.mean(np.square(ratio))) > 0.3


def test_far_images_are_no_memorisation():
    training, test = images(300, 6), images(200, 7)
    far = compared(images(200, 8, lit=0.9), training)
    rows = memorisation_rows(compared(test, training), {Sample("made", 1, "made.h5"): far}, **ABOUT)
    value, error, _ = measures(rows)
    assert value["nearest_ratio"] > 1 + 5 * error["nearest_ratio"]
    assert value["close_share"] == 0


def test_a_model_of_blank_images_has_no_values():
    training = images(50, 9)
    samples = {Sample("made", 1, "made.h5"): compared(np.zeros_like(training), training)}
    rows = memorisation_rows(compared(images(50, 10), training), samples, **ABOUT)
    assert rows["value"].isna().all()
    assert (rows["n"] == 0).all()


@pytest.mark.parametrize(("shape", "count"), [((5, 4, 4), 8), ((5, 3, 4), 4)])
def test_mirror_images_are_all_and_each_once(shape, count):
    original = np.random.default_rng(8).random(shape).astype(np.float32)
    found = list(mirror_images(original))
    assert len(found) == count
    assert len({copies.tobytes() for copies in found}) == count
    assert {copies.shape for copies in found} == {shape}
    assert (
        np.sort(np.stack(found).reshape(count, 5, -1)) == np.sort(original.reshape(5, -1))
    ).all()


def test_a_mirror_image_of_a_training_image_is_a_copy_where_mirrors_count(tmp_path):
    training = images(30, 9)
    turned = np.ascontiguousarray(training[:10].transpose(0, 2, 1)[:, ::-1])
    for name, content in (("train", training), ("made", turned)):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["images"] = content
    sample, train = Sample("made", 1, str(tmp_path / "made.h5")), str(tmp_path / "train.h5")
    plain = nearest_training_images([sample], 10, train)[sample]
    mirrored = nearest_training_images([sample], 10, train, mirrored=True)[sample]
    assert (plain.copies, mirrored.copies) == (0, 10)
    assert (plain.distance > 0.1).all()
    assert mirrored.distance == pytest.approx(0, abs=1e-2)
