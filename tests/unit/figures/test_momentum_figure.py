"""The figure by momentum: every bin that is compared is drawn as it is, and no other."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from momentum_toys import particles

from darkpixel.figures import style
from darkpixel.figures.lartpc import momentum
from darkpixel.figures.lartpc.momentum import momentum_figure
from darkpixel.metrics.momentum_bins import FEWEST
from darkpixel.metrics.momentum_response import momentum_response

MODELS = ["sparse_transformer", "sparse_transformer_conditional"]


@pytest.fixture(scope="module")
def bins():
    made = [particles(900, seed, model) for seed, model in enumerate(MODELS)]
    slow = (made[1]["species"] == 13) & (made[1]["momentum"] < 300)
    made[1] = made[1][~slow]
    table = pd.concat([particles(1200, 9), *made])
    return momentum_response(table, MODELS, splits=2, seed=1)[0]


def panel(bins, species, observable):
    figure = Figure()
    main, ratio = figure.subplots(2)
    chosen = bins[(bins["species"] == species) & (bins["observable"] == observable)]
    momentum._panel(main, ratio, chosen)
    return main, ratio, chosen


def lines(axes):
    return [p for p in axes.patches if isinstance(p, StepPatch) and not p.get_fill()]


@pytest.mark.parametrize("observable", ["length", "pixels"])
def test_steps_are_the_means_and_blank_where_too_few_are_generated(bins, observable):
    main, ratio, chosen = panel(bins, "mu-", observable)
    assert len(lines(main)) == len(lines(ratio)) == 2
    for model, above, below in zip(MODELS, lines(main), lines(ratio), strict=True):
        own = chosen[chosen["model"] == model]
        kept = own["n"] >= FEWEST
        assert kept.all() == (model == MODELS[0])
        assert kept.any()
        expected = own["value"].where(kept).to_numpy()
        np.testing.assert_allclose(above.get_data().values, expected)
        np.testing.assert_allclose(below.get_data().values, expected / own["test_value"])
        assert above.get_data().edges.tolist() == [*own["low"], own["high"].iloc[-1]]


def test_points_are_the_test_images(bins):
    main, _, chosen = panel(bins, "p", "charge")
    points = main.containers[0].lines[0]
    own = chosen[chosen["model"] == MODELS[0]]
    np.testing.assert_allclose(points.get_ydata(), own["test_value"])
    np.testing.assert_allclose(points.get_xdata(), (own["low"] + own["high"]) / 2)


def test_ratios_are_within_the_axis_unless_far_off(bins):
    for factor, seen in ((1.0, True), (1.1, True), (3.0, False)):
        far = bins.copy()
        far["value"] *= factor
        _, ratio, _ = panel(far, "mu-", "length")
        low, high = ratio.get_ylim()
        drawn = np.concatenate([line.get_data().values for line in lines(ratio)])
        drawn = drawn[np.isfinite(drawn)]
        assert ((drawn > low) & (drawn < high)).all() == seen
        assert low < 1 < high


def test_figure_is_written_a_row_a_species_with_each_name_once(bins, tmp_path, monkeypatch):
    monkeypatch.setitem(style._RC, "pdf.fonttype", 3)  # quicker to embed
    saved = []
    monkeypatch.setattr(momentum, "save", lambda figure, stem: saved.append((figure, stem)))
    momentum_figure(bins, tmp_path / "momentum", models=MODELS)
    figure, stem = saved[0]
    assert len(figure.axes) == 2 * 2 * 3
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(names) == [
        "sparse transformer", "sparse transformer, conditional", "test images",
    ]  # fmt: skip
    assert [axes.get_title(loc="left") for axes in figure.axes[::6]] == ["µ⁻", "p"]
    style.save(figure, stem)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["momentum.pdf", "momentum.png"]
