"""AUC, its errors and its rows: against a pair count, repeated samples and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.auc import placements, sampling_error
from darkpixel.metrics.roc import POINTS, ROW_COLUMNS, auc, classifier_curves, classifier_rows, roc
from darkpixel.tables.classifiers import classifier_table
from darkpixel.tables.names import display_name

REPETITIONS = 4


def two_classes(random, m=60, n=80, shift=1.0):
    """Scores and truth; rounded, so that there are ties."""
    scores = np.concatenate([random.normal(shift, 1, m), random.normal(0, 1, n)])
    return scores.round(1), np.arange(m + n) < m


def score_file(random, shift=1.0, noise=0.0, test=None, repetitions=REPETITIONS, images=50):
    """A score file; the repetitions see the same test images, each with `noise` of its own."""
    m = n = 200
    test = random.normal(0, 1, m + n) if test is None else test
    tables = []
    for repetition in range(1, repetitions + 1):
        scores = test + shift * (np.arange(m + n) < m) + noise * random.normal(0, 1, m + n)
        tables.append(
            pd.DataFrame(
                {
                    "repetition": repetition,
                    "label": ["signal"] * m + ["background"] * n,
                    "image": [*range(m), *range(n)],
                    "score": scores.astype(np.float32),
                    "images": images,
                    "pool": 2 * images,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def test_auc_is_the_share_of_pairs_in_the_right_order():
    scores, is_signal = two_classes(np.random.default_rng(0))
    difference = scores[is_signal][:, None] - scores[~is_signal][None, :]
    pairs = np.mean((difference > 0) + 0.5 * (difference == 0))
    assert auc(scores, is_signal)[0] == pytest.approx(pairs, abs=1e-12)
    assert pairs == pytest.approx(roc_auc_score(is_signal, scores), abs=1e-12)
    above, below = placements(scores[is_signal], scores[~is_signal])
    np.testing.assert_allclose(above, np.mean((difference > 0) + 0.5 * (difference == 0), axis=1))
    np.testing.assert_allclose(below, np.mean((difference > 0) + 0.5 * (difference == 0), axis=0))


def test_area_under_the_curve_is_the_auc():
    scores, is_signal = two_classes(np.random.default_rng(1))
    false, true = roc(scores, is_signal)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(true, false) == pytest.approx(auc(scores, is_signal)[0], abs=1e-12)


def test_error_is_the_spread_of_repeated_samples():
    random = np.random.default_rng(2)
    repeated = np.array([auc(*two_classes(random)) for _ in range(400)])
    spread = repeated[:, 0].std(ddof=1)
    assert np.sqrt(np.mean(repeated[:, 1] ** 2)) == pytest.approx(spread, rel=0.12)


def test_error_of_a_difference_knows_that_the_images_are_the_same():
    random = np.random.default_rng(3)
    differences, errors, unpaired = [], [], []
    for _ in range(300):
        scores, is_signal = two_classes(random)
        other = scores + 0.3 * random.normal(0, 1, len(scores))
        first, second = (placements(s[is_signal], s[~is_signal]) for s in (scores, other))
        differences.append(first[0].mean() - second[0].mean())
        errors.append(sampling_error(first[0] - second[0], first[1] - second[1]))
        unpaired.append(np.hypot(sampling_error(*first), sampling_error(*second)))
    spread = np.std(differences, ddof=1)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(spread, rel=0.15)
    assert np.mean(unpaired) > 2 * spread


def test_scores_that_are_all_the_same_are_chance():
    area, error = auc(np.zeros(10), np.arange(10) < 4)  # as blank images would get
    assert (area, error) == (0.5, 0)


def test_a_row_per_source_with_errors_from_images_and_repetitions():
    random = np.random.default_rng(4)
    test = random.normal(0, 1, 400)
    scores = {
        "lagan": score_file(random, shift=0.2, noise=0.5, test=test),
        "monte_carlo": score_file(random, noise=0.5, test=test),
        "sarm2_dd": score_file(random, shift=0.9, noise=0.5, test=test),
    }
    rows = classifier_rows(scores, dataset="jets")
    assert list(rows.columns) == ROW_COLUMNS
    assert list(rows["model"]) == ["monte_carlo", "lagan", "sarm2_dd"]
    own = rows.set_index("model")
    for source, table in scores.items():
        areas = [auc(t["score"], t["label"] == "signal")[0] for _, t in table.groupby("repetition")]
        assert own["value"][source] == pytest.approx(np.mean(areas))
        assert own["seed_spread"][source] == pytest.approx(np.std(areas, ddof=1))
        assert own["error"][source] > own["seed_spread"][source] / REPETITIONS**0.5
    assert own["difference"]["lagan"] == pytest.approx(
        own["value"]["lagan"] - own["value"]["monte_carlo"]
    )
    assert own["difference"]["lagan"] < -5 * own["difference_error"]["lagan"]
    assert np.isnan(own["difference"]["monte_carlo"])
    expected = own["seed_spread"]["monte_carlo"] * (2 / REPETITIONS) ** 0.5
    assert own["floor"]["sarm2_dd"] == pytest.approx(expected)
    assert set(own["n"]) == {50}
    assert set(own["n_test"]) == {200}
    assert set(own["seeds"]) == {REPETITIONS}
    assert set(own["shared"]) == {0.5}
    assert set(own["label"]) == {"signal against background"}


def test_a_perfect_generator_differs_within_its_error():
    random = np.random.default_rng(5)
    pulls = []
    for _ in range(60):
        test = random.normal(0, 1, 400)
        scores = {
            name: score_file(random, noise=0.7, test=test) for name in ("monte_carlo", "sarm2_dd")
        }
        row = classifier_rows(scores, dataset="jets").iloc[1]
        pulls.append(row["difference"] / row["difference_error"])
    # The errors of repetitions contain a part of that of images: a little too large, not too small.
    assert 0.6 < np.std(pulls) < 1.15


def test_one_repetition_has_no_spread():
    random = np.random.default_rng(6)
    scores = {name: score_file(random, repetitions=1) for name in ("monte_carlo", "lagan")}
    row = classifier_rows(scores, dataset="muons").iloc[1]
    table = scores["lagan"]
    assert np.isnan(row["seed_spread"])
    assert np.isnan(row["floor"])
    assert row["error"] == pytest.approx(auc(table["score"], table["label"] == "signal")[1])
    assert np.isfinite(row["difference_error"])


def test_scores_of_other_test_images_are_refused():
    random = np.random.default_rng(7)
    whole = score_file(random)
    short = whole[whole["image"] < 100]
    with pytest.raises(DarkpixelError, match="score the same images"):
        classifier_rows({"monte_carlo": whole, "lagan": short}, dataset="jets")
    with pytest.raises(DarkpixelError, match="monte_carlo"):
        classifier_rows({"lagan": whole}, dataset="jets")


def test_curves_are_monotonic_and_bands_come_from_repetitions():
    random = np.random.default_rng(8)
    scores = {"monte_carlo": score_file(random, noise=0.5), "lagan": score_file(random)}
    curves = classifier_curves(scores, dataset="jets")
    for source, own in curves.groupby("model"):
        np.testing.assert_array_equal(own["rate"], POINTS)
        for name in ("true_positive", "false_positive"):
            assert (np.diff(own[name]) >= 0).all()
            spread = own[f"{name}_spread"].max()
            assert spread > 0.01 if source == "monte_carlo" else spread < 1e-12
    area = np.trapezoid(curves["true_positive"][curves["model"] == "lagan"], POINTS)
    table = scores["lagan"]
    assert area == pytest.approx(auc(table["score"], table["label"] == "signal")[0], abs=0.01)


def test_the_table_names_sources_and_data_sets(tmp_path):
    random = np.random.default_rng(9)
    scores = {"monte_carlo": score_file(random), "sarm2_dd": score_file(random, repetitions=1)}
    rows = [classifier_rows(scores, dataset=name) for name in ("jets", "muons")]
    classifier_table(pd.concat(rows), tmp_path / "classifier_auc")
    lines = (tmp_path / "classifier_auc.md").read_text().splitlines()
    found = [line.split(" | ")[:2] for line in lines if line.startswith("| ")][1:]
    assert [[cell.strip("| ") for cell in cells] for cells in found] == [
        [display_name("monte_carlo", "jets"), "jet"], ["SARM-2 (D+D)", "jet"],
        [display_name("monte_carlo", "muons"), "muon"], ["SARM-2 (D+D)", "muon"],
    ]  # fmt: skip
    written = pd.read_csv(tmp_path / "classifier_auc.csv")
    assert list(written.columns) == ROW_COLUMNS
    assert len(written) == 4
