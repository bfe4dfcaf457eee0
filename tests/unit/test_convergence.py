"""The criterion on histories whose verdict is known."""

import numpy as np
import pandas as pd
import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.history import write_history
from darkpixel.metrics.convergence import (
    convergence_rows,
    convergence_table,
    levelled_off,
    mark,
    unconverged,
)
from darkpixel.metrics.tables import wasserstein_table


def history(losses, rates=None):
    rates = np.ones(len(losses)) if rates is None else rates
    return pd.DataFrame({"validation_loss": losses, "learning_rate": rates})


def cosine(epochs):
    return 0.5 * (1 + np.cos(np.pi * np.arange(1, epochs + 1) / epochs))


def falling(epochs, scale):
    return 100 + 50 * np.exp(-np.arange(epochs) / scale)


def test_a_loss_that_still_falls_has_not_converged():
    verdict = levelled_off(history(falling(20, 10)))
    assert verdict.judged
    assert not verdict.levelled
    assert verdict.judged_from == 16
    assert verdict.late_gain > 0.1


def test_a_flat_loss_has_converged():
    verdict = levelled_off(history(falling(20, 2)))
    assert verdict.levelled
    assert not verdict.passed_minimum
    assert verdict.late_gain < 0.01


def test_the_end_of_a_cosine_schedule_is_flat_but_proves_nothing():
    """The loss moves only as far as the learning rate lets it, and was still falling."""
    rates = cosine(20)
    losses = 100 - 40 * np.cumsum(rates) / rates.sum()
    assert (losses[14] - losses[-1]) / (losses[0] - losses[-1]) < 0.08  # flat by epochs
    verdict = levelled_off(history(losses, rates))
    assert not verdict.levelled
    assert verdict.judged_from < 12
    assert verdict.late_gain == pytest.approx(0.25, abs=0.06)


def test_a_long_cosine_schedule_can_converge():
    rates = cosine(60)
    losses = 100 + 50 * np.exp(-np.cumsum(rates) / 2)
    assert levelled_off(history(losses, rates)).levelled


def test_a_loss_beyond_its_minimum_has_levelled_off():
    losses = np.concatenate([np.linspace(100, 80, 10), np.linspace(80.5, 82, 6)])
    verdict = levelled_off(history(losses, cosine(16)))
    assert verdict.levelled
    assert verdict.passed_minimum
    assert verdict.best_epoch == 10


def test_three_epochs_are_not_judged():
    verdict = levelled_off(history([3.0, 1.0, 1.0]))
    assert not verdict.judged
    assert not verdict.levelled


@pytest.mark.parametrize("losses", [[1.0] * 8, np.linspace(1, 2, 8)])
def test_a_model_that_never_learned_has_not_converged(losses):
    assert not levelled_off(history(losses)).levelled


def test_a_history_without_its_columns_is_refused():
    with pytest.raises(DarkpixelError, match="learning_rate"):
        levelled_off(pd.DataFrame({"validation_loss": [1.0]}))
    with pytest.raises(DarkpixelError, match="epoch"):
        levelled_off(history([]))


def statuses(tmp_path):
    def written(name, losses):
        path = tmp_path / f"{name}.csv"
        write_history(history(losses).to_dict("records"), path)
        return path

    good, bad = written("good", falling(20, 2)), written("bad", falling(20, 10))
    return convergence_rows(
        {
            "signal": {"sarm2_dd": [good, bad], "sarm2_dc": [good]},
            "background": {"sarm2_dd": [good, good], "sarm2_dc": [good]},
            "joint": {"lagan": [bad, good]},
        },
        dataset="jets",
        seeds=[1, 2],
    )


def distances():
    models = ["monte_carlo", "quantised_sarm2_dd", "lagan", "sarm2_dc", "sarm2_dd", "unknown"]
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
    assert unconverged(marked) == ["lagan", "sarm2_dd"]


def test_tables_name_what_has_not_converged(tmp_path):
    rows = statuses(tmp_path)
    wasserstein_table(mark(distances(), rows), tmp_path / "w", "W1")
    text = (tmp_path / "w.md").read_text(encoding="utf-8")
    assert "LAGAN (not converged)" in text
    assert "SARM-2 (D+D) (not converged)" in text
    assert "SARM-2 (D+C) (not converged)" not in text
    wasserstein_table(distances(), tmp_path / "plain", "W1")
    assert "onverged" not in (tmp_path / "plain.md").read_text(encoding="utf-8")
    convergence_table(rows, tmp_path / "c")
    lines = (tmp_path / "c.md").read_text(encoding="utf-8").splitlines()
    assert sum("not converged |" in line for line in lines) == 2
