"""The ROC figure: written whole, the same each time, AUC in the legend, extreme curves."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from darkpixel.figures.sarm import roc as figure
from darkpixel.figures.style import save
from darkpixel.metrics.roc import classifier_curves, classifier_rows


def scores(shifts, repetitions=2, count=100):
    """Source -> score file of normally distributed scores."""
    files = {}
    for number, (source, shift) in enumerate(shifts.items()):
        random = np.random.default_rng(number)
        files[source] = pd.concat(
            pd.DataFrame(
                {
                    "repetition": repetition,
                    "label": ["signal"] * count + ["background"] * count,
                    "score": random.normal(0, 1, 2 * count)
                    + shift * (np.arange(2 * count) < count),
                    "images": 50,
                    "pool": 50,
                }
            )
            for repetition in range(1, repetitions + 1)
        )
    return files


def draw(files, stem, dataset="jets", late=()):
    rows = classifier_rows(files, dataset=dataset)
    rows = rows.assign(converged=~rows["model"].isin(late))
    figure.roc_curves(classifier_curves(files, dataset=dataset), rows, stem, dataset=dataset)
    return rows


@pytest.fixture
def shown(monkeypatch):
    """The figures that are drawn."""
    found = []

    def noted(drawn, stem):
        found.append(drawn)
        save(drawn, stem)

    monkeypatch.setattr(figure, "save", noted)
    return found


def test_both_files_are_written_the_same_each_time(tmp_path):
    files = scores({"monte_carlo": 1.5, "lagan": 0.5, "my_model": 1.0})
    for name in ("first", "second"):
        draw(files, tmp_path / name)
    for suffix in ("pdf", "png"):
        first, second = ((tmp_path / f"{n}.{suffix}").read_bytes() for n in ("first", "second"))
        assert first == second
    assert mpl.rcParams["font.size"] == mpl.rcParamsDefault["font.size"]


def test_the_legend_has_each_auc_and_the_ratio_of_monte_carlo_is_one(tmp_path, shown):
    rows = draw(scores({"monte_carlo": 1.5, "lagan": 0.5}), tmp_path / "roc", "muons")
    texts = [text.get_text() for text in shown[0].legends[0].get_texts()]
    assert len(texts) == 2
    for text, value in zip(texts, rows["value"], strict=True):
        assert f"AUC {value:.2f}"[:7] in text
    assert "LAGAN" in texts[1]
    own, other = (
        line.get_ydata() for line in shown[0].axes[2].get_lines() if line.get_linestyle() != "None"
    )
    assert np.nanmax(np.abs(own - 1)) < 1e-12
    assert np.nanmean(other) < 0.8  # a worse classifier rejects less


def test_the_legend_names_what_has_not_converged(tmp_path, shown):
    draw(scores({"monte_carlo": 1.5, "lagan": 0.5}), tmp_path / "roc", late=["lagan"])
    texts = [text.get_text() for text in shown[0].legends[0].get_texts()]
    assert ["(not converged)" in text for text in texts] == [False, True]


def test_curves_of_perfect_wrong_and_single_classifiers_are_drawn(tmp_path):
    # The first separates completely, so that no rate is large enough for a ratio.
    draw(scores({"monte_carlo": 30, "lagan": -30, "sarm2_dd": 0}, 1), tmp_path / "roc")
    assert (tmp_path / "roc.png").stat().st_size > 10_000


def test_bands_of_the_rejection_are_at_least_one():
    rates = np.array([0.001, 0.1, 0.97, 1.0, np.nan])
    low, high = figure.rejection_band(rates, np.array([0.01, 0.02, 0.1, 0.0, 0.1]))
    assert (low[:-1] >= 1).all()
    assert (low[:-1] <= 1 / rates[:-1]).all()
    assert (high[:-1] >= 1 / rates[:-1]).all()
    assert np.isfinite(high[:-1]).all()


def test_many_sources_are_drawn_in_rows_of_at_most_five(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(figure, "save", lambda drawn, _: shown.append(drawn))
    names = ["lagan", "pixelcnnpp", "sarm1_dc", "sarm2_dc", "sarm1_dd", "sarm2_dd"]
    draw(scores({"monte_carlo": 1.5} | dict.fromkeys(names, 1.0)), tmp_path / "roc")
    assert [len(legend.get_texts()) for legend in shown[0].legends] == [4, 4]
    assert len(shown[0].axes) == 6
    assert {axes.get_ylim()[0] for axes in shown[0].axes[1::3]} == {1.0}
