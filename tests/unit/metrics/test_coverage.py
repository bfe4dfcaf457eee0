"""Coverage and density: by hand, in closed form, and their errors by repeated experiments."""

import h5py
import numpy as np
import pytest

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics import coverage as measures
from darkpixel.metrics.controls import TOO_WEAK, with_verdicts
from darkpixel.metrics.coverage import (
    FAULTS,
    REPEATED,
    SHUFFLED,
    coverage_and_density,
    coverage_rows,
    faulty_features,
    perfect_coverage,
)
from darkpixel.metrics.features import Sample


def line(*places):
    return np.array(places, dtype=np.float64)[:, None]


def test_of_points_on_a_line_by_hand():
    """k = 1: the balls of 0, 1, 3 and 7 reach 1, 1, 2 and 4 far."""
    found = coverage_and_density(line(0, 1, 3, 7), line(1.5, 2, 20), neighbours=1)
    # 1.5 lies in the balls of 1 and 3, 2 in those of 1 (on its edge) and 3, 20 in none.
    assert found.coverage[0] == 2 / 4
    assert found.density[0] == pytest.approx(4 / 3)
    with pytest.raises(DarkpixelError, match="found 5 real and 9 generated"):
        coverage_and_density(line(*range(5)), line(*range(9)))


def test_equals_the_plain_definition_whatever_the_block(monkeypatch):
    random = np.random.default_rng(1)
    real, made = random.normal(size=(70, 3)), 0.7 * random.normal(size=(50, 3))
    distances = np.linalg.norm(real[:, None] - real[None], axis=2)
    radius = np.sort(distances, axis=1)[:, 5]
    inside = np.linalg.norm(real[:, None] - made[None], axis=2) <= radius[:, None]
    found = coverage_and_density(real, made)
    assert found.coverage[0] == inside.any(axis=1).mean()
    assert found.density[0] == pytest.approx(inside.sum() / (5 * 50))
    monkeypatch.setattr(measures, "_BLOCK", 17)
    again = coverage_and_density(real, made)
    assert np.array(again) == pytest.approx(np.array(found))


def test_other_samples_of_the_distribution_score_as_in_closed_form():
    """Naeem et al., equation 9, and a density of 1, within the error of 200 experiments."""
    random = np.random.default_rng(2)
    for count, drawn in ((40, 40), (40, 90)):
        found = [
            coverage_and_density(random.normal(size=(count, 3)), random.normal(size=(drawn, 3)))
            for _ in range(200)
        ]
        for name, expected in (("coverage", perfect_coverage(count, drawn)), ("density", 1.0)):
            values = np.array([getattr(each, name)[0] for each in found])
            assert values.mean() == pytest.approx(expected, abs=3 * values.std() / 200**0.5)
    assert perfect_coverage(10**7, 10**7) == pytest.approx(1 - 2**-5)


@pytest.mark.parametrize("width", [1.0, 0.5])
def test_errors_are_the_scatter_of_repeated_experiments_or_an_upper_bound(width):
    random = np.random.default_rng(3)
    found = [
        coverage_and_density(random.normal(size=(150, 4)), width * random.normal(size=(150, 4)))
        for _ in range(150)
    ]
    for name in FAULTS:
        values, errors = np.array([getattr(each, name) for each in found]).T
        assert 0.75 < errors.mean() / values.std(ddof=1) < 2, name


def test_what_each_measure_sees():
    random = np.random.default_rng(4)
    real, made = random.normal(size=(2, 1000, 3))
    few = coverage_and_density(real, made[np.arange(1000) % 20])
    assert few.coverage[0] < 0.3
    many = random.normal(size=(2, 1000, 12))  # in many dimensions the middle is in many balls
    assert coverage_and_density(many[0], 0.5 * many[1]).density[0] > 1.5
    far = coverage_and_density(real, made + 9)
    assert (far.coverage[0], far.density[0]) == (0, 0)


def test_copies_of_an_image_that_is_there_often_reach_it():
    real = np.concatenate([np.zeros((8, 2)), np.random.default_rng(5).normal(9, 1, (30, 2))])
    assert coverage_and_density(real, np.zeros((20, 2))).coverage[0] == 8 / 38


def test_faulty_controls_have_the_faults_that_they_name(tmp_path):
    random = np.random.default_rng(6)
    images = random.exponential(size=(45, 3, 4)).astype(np.float32)
    with h5py.File(tmp_path / "train.h5", "w") as file:
        file["images"] = images
    control = Sample(MONTE_CARLO, 0, str(tmp_path / "train.h5"), start=4)
    sound = images[4:].reshape(41, 12).astype(np.float64)
    found = faulty_features(
        control, sound, lambda batch: batch.reshape(len(batch), -1).astype(np.float64)
    )
    by_model = {sample.model: features for sample, features in found.items()}
    assert (by_model[REPEATED][::2] == sound[:21]).all()
    assert (by_model[REPEATED][1::2] == sound[:20]).all()
    changed = np.flatnonzero((by_model[SHUFFLED] != sound).any(axis=1))
    assert changed.tolist() == [*range(0, 41, 5)]
    assert (np.sort(by_model[SHUFFLED]) == np.sort(sound)).all()
    assert len(by_model[SHUFFLED]) == 41


def test_rows_find_floor_faults_and_what_is_too_weak(tmp_path):
    random = np.random.default_rng(7)
    real, *floors = random.normal(size=(5, 600, 4))
    control = Sample(MONTE_CARLO, 0, "train.h5")
    seeds = [Sample("lagan", seed, f"{seed}.h5") for seed in (1, 2)]

    def rows(outliers):
        shuffled = floors[0].copy()
        shuffled[:outliers] += 20  # far from all
        samples = {
            control._replace(model=REPEATED): floors[0][np.arange(600) // 2],
            control._replace(model=SHUFFLED): shuffled,
            control: floors[0],
            **{seed: random.normal(size=(600, 4)) * 0.3 for seed in seeds},
        }
        found = coverage_rows(real, samples, floors, dataset="jets", label="signal")
        return with_verdicts(found, FAULTS)

    found = rows(200)
    assert (found["verdict"] == "").all()
    assert found["model"].tolist() == [REPEATED, SHUFFLED, MONTE_CARLO, "lagan"] * 2
    at = found.set_index(["observable", "model"])
    assert at.at[("coverage", "lagan"), "floor"] == pytest.approx(
        perfect_coverage(600, 600), abs=0.02
    )
    assert at.at[("density", "lagan"), "floor"] == pytest.approx(1, abs=0.1)
    assert (at.at[("density", "lagan"), "seeds"], at.at[("density", "lagan"), "n"]) == (2, 600)
    weak = rows(0).groupby("observable")["verdict"].unique().map(list).to_dict()
    assert weak == {"coverage": [""], "density": [TOO_WEAK]}
    alone = coverage_rows(real, {control: floors[0]}, floors[:1], dataset="jets", label="signal")
    assert alone["floor_error"].isna().all()
