"""Two-sample test: calibrated without a difference, and able to see one; its table."""

from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from image_files import write_images

from darkpixel.config.evaluation import Evaluation
from darkpixel.config.names import MONTE_CARLO
from darkpixel.config.two_sample import LowLevel, LowLevelTraining, TwoSample
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.auc import area_under_curve
from darkpixel.metrics.boosted_trees import high_level_auc
from darkpixel.metrics.features import SCALED, Sample
from darkpixel.metrics.frechet import distance_rows
from darkpixel.metrics.memorisation import Nearest, Prepared, memorisation_rows
from darkpixel.metrics.two_sample import (
    ROW_COLUMNS,
    two_sample_rows,
    verdict,
)
from darkpixel.tables.distances import (
    memorisation_table,
    physics_distances_table,
    two_sample_table,
)

QUICK = TwoSample(folds=3, trees=15, leaves=4)
CONTROL, LARGER = Sample(MONTE_CARLO, 0, "train.h5"), Sample(SCALED, 0, "train.h5", 0, 1.05)
MADE = Sample("sarm2_dd", 1, "made.h5")
HOLD = {CONTROL: (0.51, 0.01), LARGER: (0.7, 0.01), MADE: (0.6, 0.01)}


def test_auc_counts_pairs_and_ties_by_half():
    random = np.random.default_rng(1)
    a, b = random.integers(0, 6, 30), random.integers(1, 8, 20)
    pairs = (a[:, None] > b[None]) + 0.5 * (a[:, None] == b[None])
    assert area_under_curve(a, b)[0] == pytest.approx(pairs.mean())
    assert area_under_curve(b + 10, a)[0] == 1


def test_auc_error_is_the_scatter_of_repeated_samples():
    random = np.random.default_rng(2)
    for shift in (0.0, 1.0):
        found = [
            area_under_curve(random.normal(shift, 1, 80), random.normal(0, 1, 120))
            for _ in range(400)
        ]
        values, errors = np.array(found).T
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=0.12)


def test_trees_without_a_difference_give_a_half_within_the_error():
    """Pulls of repeated experiments: the error may be an upper bound, as its docstring says."""
    random = np.random.default_rng(3)
    pulls = []
    for seed in range(40):
        real, other = random.normal(size=(2, 100, 5))
        value, error = high_level_auc(other, real, QUICK, seed)
        pulls.append((value - 0.5) / error)
    assert abs(np.mean(pulls)) < 3 / np.sqrt(len(pulls))
    assert 0.6 < np.std(pulls) < 1.3


def test_trees_see_a_shift_and_a_correlation():
    random = np.random.default_rng(4)
    real, other = random.normal(size=(2, 600, 3))
    value, error = high_level_auc(other + np.array([0, 0.5, 0]), real, QUICK)
    assert value > 0.5 + 5 * error
    twisted = other.copy()
    twisted[:, 0] = other[:, 1] + 0.3 * other[:, 0]  # the same widths, to a percent or so
    twisted[:, 0] /= twisted[:, 0].std()
    value, error = high_level_auc(twisted, real, QUICK)
    assert value > 0.5 + 5 * error
    assert high_level_auc(other, real, QUICK) == high_level_auc(other, real, QUICK)


@pytest.mark.parametrize(
    ("control", "larger", "expected"),
    [
        ((0.52, 0.01), (0.54, 0.01), ""),
        ((0.52, 0.01), (0.52, 0.01), "too weak to quote"),
        ((0.54, 0.01), (0.70, 0.01), "tells Monte Carlo from Monte Carlo"),
        ((0.46, 0.01), (0.70, 0.01), "tells Monte Carlo from Monte Carlo"),
        ((0.50, 0.01), (1.00, 0.00), ""),  # told apart without a mistake
        ((0.50, 0.00), (0.50, 0.00), "too weak to quote"),  # all scores equal
        ((1.00, 0.00), (1.00, 0.00), "tells Monte Carlo from Monte Carlo"),
    ],
)
def test_the_controls_decide_whether_an_auc_is_quoted(control, larger, expected):
    assert verdict({CONTROL: control, LARGER: larger, MADE: (0.9, 0.01)}) == expected


def test_the_network_keeps_its_training_where_a_key_differs():
    settings = TwoSample.model_validate({"low_level": {"training": {"epochs": 4}}})
    training = settings.low_level.training
    assert (training.epochs, training.learning_rate, training.schedule) == (4, 1e-3, "cosine")
    assert training.early_stopping is not None
    assert TwoSample(**settings.model_dump()) == settings
    argon = Evaluation.model_validate({"lartpc": {"low_level": {"training": {"epochs": 3}}}})
    network = argon.network("lartpc")
    assert (network.model, network.training.epochs) == ("sparse_classifier", 3)
    assert (network.training.early_stopping, network.training.keep) == (None, "last")
    assert LowLevel(**network.model_dump()).model_dump() == network.model_dump()
    assert argon.network("jets") == argon.two_sample.low_level


def test_tables_name_what_has_not_converged(tmp_path):
    parts = [two_sample_rows(HOLD, "high_level", dataset="jets", label=label, n=100)
             for label in ("signal", "background")]  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    late = (rows["model"] == "sarm2_dd") & (rows["label"] == "background")
    status = pd.array([pd.NA if model != "sarm2_dd" else True for model in rows["model"]])
    rows = rows.assign(converged=status.astype("boolean"))
    two_sample_table(rows, tmp_path / "plain")
    two_sample_table(rows.assign(converged=rows["converged"].mask(late, False)), tmp_path / "late")
    plain, text = ((tmp_path / f"{name}.md").read_text() for name in ("plain", "late"))
    assert "onverged" not in plain
    assert text.count("SARM-2 (D+D) (not converged)") == 1
    assert "Monte Carlo (not" not in text
    assert "Not converged: at least one training run" in text


def test_rows_average_seeds_and_begin_with_the_controls():
    areas = HOLD | {MADE._replace(seed=2): (0.64, 0.03)}
    rows = two_sample_rows(areas, "high_level", dataset="jets", label="signal", n=100)
    assert list(rows.columns) == ROW_COLUMNS
    assert rows["model"].tolist() == [MONTE_CARLO, SCALED, "sarm2_dd"]
    row = rows.iloc[2]
    assert (row["value"], row["seeds"]) == (pytest.approx(0.62), 2)
    assert row["error"] == pytest.approx(np.sqrt((0.01**2 + 0.03**2) / 2))
    assert row["seed_spread"] == pytest.approx(0.02 * np.sqrt(2))
    assert (row["floor"], row["floor_error"]) == (0.5, 0.0)
    grid = Sample("quantised_sarm2_dd", 1, "")
    rows = two_sample_rows(
        areas | {grid: (0.53, 0.02)}, "high_level", dataset="jets", label="signal", n=100,
        limits={"sarm2_dd": grid.model},
    )  # fmt: skip
    floors = rows.set_index("model")["floor"]
    assert floors.to_dict() == {MONTE_CARLO: 0.5, SCALED: 0.5, "sarm2_dd": 0.53, grid.model: 0.5}
    none = two_sample_rows({}, "high_level", dataset="jets", label="signal", n=100)
    assert none.empty
    assert list(none.columns) == ROW_COLUMNS


def test_table_brackets_what_is_too_weak(tmp_path):
    weak = HOLD | {LARGER: (0.51, 0.01)}
    parts = [
        two_sample_rows(areas, kind, dataset=dataset, label="signal", n=100)
        for dataset, kind, areas in [
            ("jets", "high_level", HOLD),
            ("muons", "high_level", HOLD),
            ("jets", "low_level", weak),
        ]
    ]
    two_sample_table(pd.concat(parts, ignore_index=True), tmp_path / "two_sample_auc")
    lines = (tmp_path / "two_sample_auc.md").read_text().splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[4:10]]
    assert [row[0] for row in table[:3]] == ["Monte Carlo", "Monte Carlo × 1.05", "SARM-2 (D+D)"]
    assert table[2][1:] == [
        "jet", "0.600 ± 0.010", "(0.600 ± 0.010)", "100", "1",
        "pixels signal: too weak to quote",
    ]  # fmt: skip
    assert table[5][1:] == ["muon", "0.600 ± 0.010", "–", "100", "1", "hold"]
    assert list(pd.read_csv(tmp_path / "two_sample_auc.csv").columns) == ROW_COLUMNS


def test_the_other_tables_show_floor_and_blank_models(tmp_path):
    random = np.random.default_rng(5)
    about: dict[str, Any] = {"dataset": "muons", "label": "background"}
    images = random.exponential(size=(20, 4, 4)).astype(np.float32)
    blank = Nearest(np.zeros_like(images))
    training = Prepared.of(random.exponential(size=(20, 4, 4)).astype(np.float32))
    real_images = Nearest(images)
    real_images.compare(training)
    samples = {CONTROL: real_images, MADE: blank}
    rows = memorisation_rows(real_images, samples, **about)
    memorisation_table(rows[rows["model"] == "sarm2_dd"], tmp_path / "memorisation")
    line = (tmp_path / "memorisation.md").read_text().splitlines()[4]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == ["SARM-2 (D+D)", "muon", "–", "–", "–", "0", "1"]


def test_distances_are_quoted_only_where_their_control_is_seen(tmp_path):
    """The table prints what the numbers say, not what it is told."""
    random = np.random.default_rng(5)
    real, *floors = random.normal(size=(4, 300, 4))
    about: dict[str, Any] = {"dataset": "muons", "label": "background"}
    made = {MADE: random.normal(size=(300, 4)) + 2}
    for shift, seen in ((1.0, True), (0.0, False)):
        samples = {CONTROL: floors[0], LARGER: floors[1] + shift, **made}
        rows = distance_rows(real, samples, floors, **about)
        physics_distances_table(rows, tmp_path / "distances")
        text = (tmp_path / "distances.md").read_text().splitlines()
        names, *table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text[2:8]]
        table = table[1:]
        assert names[2:4] + names[-1:] == ["FPD background", "1000 KPD background", "controls"]
        assert [row[0] for row in table] == [
            "Monte Carlo", "Monte Carlo × 1.05", "SARM-2 (D+D)", "*noise floor*"
        ]  # fmt: skip
        *models, floor = table
        for row in models:
            assert (row[-1] == "hold") == seen
            assert row[2].startswith("(") != seen
            assert seen or row[-1].count("too weak to quote") == 2
        assert floor[-1] == ""
        assert not floor[2].startswith("(")
        csv = pd.read_csv(tmp_path / "distances.csv", keep_default_na=False)
        assert (csv["verdict"] == "").all() == seen
        assert len(csv) == len(rows)


def write_sparse(path, count, seed):
    random = np.random.default_rng(seed)
    images = random.exponential(2.0, (count, 12, 12)) * (random.random((count, 12, 12)) < 0.1)
    images[::10] = 0  # blank ones
    return str(write_images(path, images))


def test_network_sees_larger_pixels_but_no_other_images(tmp_path):
    from darkpixel.studies.two_sample_network import low_level_auc

    test = write_sparse(tmp_path / "test.h5", 400, 1)
    train = write_sparse(tmp_path / "train.h5", 400, 2)
    training = LowLevelTraining(epochs=3, batch_size=32, learning_rate=0.003, device="cpu")
    settings = LowLevel(settings={"filters": 4, "units": 16}, training=training)
    place = tmp_path / "scratch"
    found = [
        low_level_auc(
            Sample("any", 0, train, scale=scale), test, 400, settings, seed=1, folder=place
        )
        for scale in (1.0, 3.0)
    ]
    (same, error), (larger, other_error) = found
    assert abs(same - 0.5) < 3 * error
    assert larger > 0.5 + 5 * other_error
    assert error == pytest.approx(1 / np.sqrt(6 * 200), rel=0.1)  # the scored half, 200 a side
    assert list(place.iterdir()) == []
    with h5py.File(test) as file:
        assert "class" not in file


def test_a_network_that_gives_all_images_one_score_is_trained_anew(tmp_path, monkeypatch, caplog):
    """Seen in practice: all units dead, AUC 0.500 ± 0.000 of images that are easily told apart."""
    from darkpixel.studies import two_sample_network

    test = write_sparse(tmp_path / "test.h5", 60, 1)
    training = LowLevelTraining(epochs=1, batch_size=20, device="cpu")
    settings = LowLevel(settings={"filters": 4, "units": 16}, training=training)
    plain, dead = two_sample_network._scores, [True, True, False]

    def scores(network, side, *rest):
        found = plain(network, side, *rest)
        alive = not dead[0]
        if side.model == "monte_carlo":
            dead.append(dead.pop(0))
        return found if alive else found * 0

    monkeypatch.setattr(two_sample_network, "_scores", scores)

    def area():
        sample = Sample("any", 0, test, scale=2.0)
        return two_sample_network.low_level_auc(
            sample, test, 60, settings, seed=1, folder=tmp_path / "scratch"
        )

    assert area()[1] > 0
    assert caplog.text.count("nearly all images one score (attempt") == 2
    dead[:] = [True]
    with pytest.raises(DarkpixelError, match=r"test\.h5: in 3 training runs .*`learning_rate`"):
        area()


def test_an_interrupted_job_keeps_the_areas_that_it_has(tmp_path, monkeypatch):
    from darkpixel.studies import two_sample_network

    calls = []

    def costly(sample, test, n, settings, **about):
        calls.append((sample.model, n))
        return 0.5 + 0.01 * len(calls), 0.02

    monkeypatch.setattr(two_sample_network, "low_level_auc", costly)
    test = write_sparse(tmp_path / "test.h5", 30, 1)
    first, second = Sample("first", 1, test), Sample("second", 1, test)
    place = tmp_path / "checkpoints"

    def area(sample, n=10, code="a"):
        settings = LowLevel()
        return two_sample_network.resumed_auc(
            sample, test, n, settings, seed=1, folder=place, code=code
        )

    before = area(first)
    assert area(first) == before == (0.51, 0.02)
    assert area(second) == (0.52, 0.02)
    assert area(first, n=11) != before  # another measurement
    assert area(first, code="b") != before
    assert area(first) == before
    assert calls == [("first", 10), ("second", 10), ("first", 11), ("first", 10)]
