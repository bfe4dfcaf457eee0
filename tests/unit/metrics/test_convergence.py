"""The criterion on histories whose verdict is known."""

import numpy as np
import pandas as pd
import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.convergence import convergence_of, convergence_rows, late_models, mark
from darkpixel.tables.classifiers import classifier_table
from darkpixel.tables.convergence import convergence_table
from darkpixel.tables.likelihood import likelihood_table
from darkpixel.tables.speed import speed_table
from darkpixel.tables.statistics import statistics_table
from darkpixel.tables.wasserstein import wasserstein_table
from darkpixel.training.history import write_history


def history(losses, rates=None):
    rates = np.ones(len(losses)) if rates is None else rates
    return pd.DataFrame({"validation_loss": losses, "learning_rate": rates})


def cosine(epochs):
    return 0.5 * (1 + np.cos(np.pi * np.arange(1, epochs + 1) / epochs))


def falling(epochs, scale):
    return 100 + 50 * np.exp(-np.arange(epochs) / scale)


def test_a_loss_that_still_falls_has_not_converged():
    verdict = convergence_of(history(falling(20, 10)))
    assert verdict.judged
    assert not verdict.converged
    assert verdict.judged_from == 16
    assert verdict.late_gain > 0.1


def test_a_flat_loss_has_converged():
    verdict = convergence_of(history(falling(20, 2)))
    assert verdict.converged
    assert not verdict.passed_minimum
    assert verdict.late_gain < 0.01


def test_the_end_of_a_cosine_schedule_is_flat_but_proves_nothing():
    """The loss moves only as far as the learning rate lets it, and was still falling."""
    rates = cosine(20)
    losses = 100 - 40 * np.cumsum(rates) / rates.sum()
    assert (losses[14] - losses[-1]) / (losses[0] - losses[-1]) < 0.08  # flat by epochs
    verdict = convergence_of(history(losses, rates))
    assert not verdict.converged
    assert verdict.judged_from < 12
    assert verdict.late_gain == pytest.approx(0.25, abs=0.06)


def test_a_long_cosine_schedule_can_converge():
    rates = cosine(60)
    losses = 100 + 50 * np.exp(-np.cumsum(rates) / 2)
    assert convergence_of(history(losses, rates)).converged


def test_a_loss_beyond_its_minimum_has_convergence_of():
    losses = np.concatenate([np.linspace(100, 80, 10), np.linspace(80.5, 82, 6)])
    verdict = convergence_of(history(losses, cosine(16)))
    assert verdict.converged
    assert verdict.passed_minimum
    assert verdict.best_epoch == 10


def test_a_minimum_that_was_passed_counts_only_for_the_weights_of_it():
    losses = history(np.concatenate([np.linspace(100, 80, 10), np.linspace(80.5, 82, 6)]))
    late = convergence_of(losses, kept="last")
    assert late.passed_minimum
    assert not late.converged
    assert convergence_of(history(falling(20, 2)), kept="last").converged


SHARE = np.linspace(0, 1, 20)  # of the training; noise of a loss: 1
STEEP = -200 * (1 - np.exp(-20 * SHARE))


def test_a_gan_that_went_wrong_has_not_convergence_of():
    losses = [1.0, 0.6, 0.4, 0.35, 0.35, 0.7, 0.8, 0.9]
    rows = history(losses)
    assert convergence_of(rows).converged  # of a likelihood model: it overfits
    verdict = convergence_of(rows.assign(train_loss_discriminator=1.0, train_loss_generator=1.0))
    assert verdict.passed_minimum
    assert not verdict.converged


def certified(shape, rates=None, cases=200):
    """Verdicts on a curve with noise of its own each time."""
    random = np.random.default_rng(1)
    return [convergence_of(history(shape + random.normal(size=20), rates)) for _ in range(cases)]


@pytest.mark.parametrize("shape", [-20 * SHARE, STEEP - 20 * SHARE], ids=["line", "bend"])
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_noise_does_not_certify_a_loss_that_still_falls(shape, schedule):
    """By five standard deviations in the last quarter of the learning."""
    rates = None
    if schedule == "cosine":  # the loss follows the learning, not the epochs
        rates = cosine(20)
        shape = np.interp(np.cumsum(rates) / rates.sum(), SHARE, shape)
    assert np.mean([verdict.converged for verdict in certified(shape, rates)]) < 0.05


def test_noise_alone_is_no_learning_and_no_minimum():
    assert np.mean([verdict.converged for verdict in certified(0 * SHARE)]) < 0.08


def test_noise_does_not_hide_what_has_converged_or_is_past_its_minimum():
    flat = certified(STEEP)
    assert np.mean([verdict.converged for verdict in flat]) > 0.7
    assert np.mean([verdict.passed_minimum for verdict in flat]) < 0.05
    risen = certified(STEEP + 30 * np.maximum(SHARE - 0.5, 0), cosine(20))
    assert np.mean([verdict.passed_minimum for verdict in risen]) > 0.95
    assert np.mean([verdict.noise for verdict in certified(-20 * SHARE)]) == pytest.approx(
        1, rel=0.15
    )


def test_three_epochs_are_not_judged():
    verdict = convergence_of(history([3.0, 1.0, 1.0]))
    assert not verdict.judged
    assert not verdict.converged


@pytest.mark.parametrize("losses", [[1.0] * 8, np.linspace(1, 2, 8)])
def test_a_model_that_never_learned_has_not_converged(losses):
    assert not convergence_of(history(losses)).converged


def test_a_history_without_its_columns_is_refused():
    with pytest.raises(DarkpixelError, match="learning_rate"):
        convergence_of(pd.DataFrame({"validation_loss": [1.0]}))
    with pytest.raises(DarkpixelError, match="epoch"):
        convergence_of(history([]))


def statuses(tmp_path):
    def written(name, losses):
        path = tmp_path / f"{name}.csv"
        write_history(history(losses).to_dict("records"), path)
        return path

    good, bad = written("good", falling(20, 2)), written("bad", falling(20, 10))
    files = {
        "signal": {"sarm2_dd": [good, bad], "sarm2_dc": [good], "vqvae": [bad], "prior": [good]},
        "background": {"sarm2_dd": [good, good], "sarm2_dc": [good], "vqvae": [good],
                       "prior": [good]},
        "joint": {"lagan": [bad, good]},
    }  # fmt: skip
    return convergence_rows(
        files,
        dataset="jets",
        seeds=[1, 2],
        kept={label: dict.fromkeys(models, "best") for label, models in files.items()},
        autoencoders={
            label: {model: "vqvae" if model == "prior" else None for model in models}
            for label, models in files.items()
        },
    )


def distances():
    models = ["monte_carlo", "quantised_sarm2_dd", "lagan", "sarm2_dc", "sarm2_dd", "prior",
              "unknown"]  # fmt: skip
    return pd.DataFrame(
        [
            {
                "model": model, "dataset": "jets", "label": label, "observable": name,
                "value": 1.0, "error": 0.1, "floor": 0.5, "floor_error": 0.1, "n": 10, "seeds": 2,
                "published": np.nan,
            }
            for model in models
            for label in ("signal", "background")
            for name in ("pt", "mass")
        ]
    )  # fmt: skip


def test_marks_follow_every_training_of_the_label(tmp_path):
    marked = mark(distances(), statuses(tmp_path))
    found = marked.drop_duplicates(["model", "label"]).set_index(["model", "label"])["converged"]
    assert not found["sarm2_dd", "signal"]
    assert found["sarm2_dd", "background"]
    assert not found["lagan", "signal"]
    assert not found["lagan", "background"]
    assert found["sarm2_dc", "signal"]
    for model in ("monte_carlo", "quantised_sarm2_dd", "unknown"):
        assert found[model].isna().all()


def test_a_prior_has_the_status_of_its_autoencoder_too(tmp_path):
    rows = statuses(tmp_path)
    assert rows.loc[rows["model"] == "prior", "converged"].all()
    marked = mark(distances(), rows).set_index(["model", "label"])["converged"]
    assert not marked["prior", "signal"].any()
    assert marked["prior", "background"].all()


def test_late_models_are_those_with_a_mark_for_some_label(tmp_path):
    rows = statuses(tmp_path)
    marked = mark(distances(), rows)
    late = set(marked.loc[marked["converged"].eq(False).fillna(False).to_numpy(bool), "model"])
    found = late_models(rows, "jets")
    assert {"sarm2_dd", "lagan", "prior"} <= found
    assert found & set(marked["model"]) == late
    assert "sarm2_dd" in late_models(rows, "jets", "signal")
    assert "sarm2_dd" not in late_models(rows, "jets", "background")
    assert late_models(rows, "muons") == frozenset()


def test_both_labels_of_a_classifier_count(tmp_path):
    rows = pd.DataFrame({"model": ["sarm2_dd", "sarm2_dc", "lagan", "monte_carlo"],
                         "dataset": "jets", "label": "signal against background"})  # fmt: skip
    found = mark(rows, statuses(tmp_path))["converged"]
    assert found.iloc[:3].tolist() == [False, True, False]
    assert found.iloc[3] is pd.NA


def test_the_status_survives_the_files(tmp_path):
    rows = statuses(tmp_path)
    empty = convergence_rows({}, dataset="muons", seeds=[1], kept={}, autoencoders={})
    for name, table in (("jets", rows), ("muons", empty)):
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
    read = read_parquet([tmp_path / "jets.parquet", tmp_path / "muons.parquet"])
    pd.testing.assert_series_equal(
        mark(distances(), read)["converged"], mark(distances(), rows)["converged"]
    )
    none = read_parquet([tmp_path / "muons.parquet"])
    assert mark(distances(), none)["converged"].isna().all()


def test_tables_name_what_has_not_converged(tmp_path):
    rows = statuses(tmp_path)
    wasserstein_table(mark(distances(), rows), tmp_path / "w", "W1")
    text = (tmp_path / "w.md").read_text(encoding="utf-8")
    assert "LAGAN (not converged)" in text
    assert "SARM-2 (D+D) (not converged)" in text
    assert "SARM-2 (D+C) (not converged)" not in text
    wasserstein_table(distances(), tmp_path / "plain", "W1")
    assert "onverged" not in (tmp_path / "plain.md").read_text(encoding="utf-8")
    speeds = distances().query("observable == 'pt'").assign(
        ratio_to_monte_carlo=np.nan, ratio_error=np.nan, threads=1, device="cpu", load=0.0,
        hardware="a machine", condition="",
    )  # fmt: skip
    speed_table(mark(speeds, rows), tmp_path / "s")
    likelihood_table(mark(speeds.assign(rounded_to_zero=0.0), rows), tmp_path / "l")
    classified = speeds.query("label == 'signal'").assign(
        label="signal against background", difference=0.0, difference_error=0.1, seed_spread=0.1,
        n_test=10, shared=0.5,
    )  # fmt: skip
    classifier_table(mark(classified, rows), tmp_path / "a")
    statistics = pd.concat(
        [speeds.assign(observable=name)
         for name in ("zero_fraction", "blank_fraction", "sum", "maximum")]
    )  # fmt: skip
    statistics_table(mark(statistics, rows), tmp_path / "i")
    for name, lines in (("s", 4), ("l", 4), ("a", 3), ("i", 4)):
        text = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
        assert text.count(" (not converged)") == lines, name
        assert "SARM-2 (D+C) (not converged)" not in text
        assert "see the table `convergence`" in text
    convergence_table(rows, tmp_path / "c")
    lines = (tmp_path / "c.md").read_text(encoding="utf-8").splitlines()
    assert sum("not converged |" in line for line in lines) == 3
