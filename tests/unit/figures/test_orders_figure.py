"""Figure 10: each order at its place with its error, above the noise floor of its label."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from darkpixel.config.evaluation import Evaluation
from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.figures.sarm import orders as module
from darkpixel.figures.sarm.orders import order_distances
from darkpixel.metrics.rows import wasserstein_rows

EPOCHS = {"sarm2_dd": "4", "by_row": "4", "random": "3–4"}
ORDERS = {"spiral_out": "sarm2_dd", "row": "by_row", "random_1": "random"}
SHIFTS = {"sarm2_dd": 5.0, "by_row": 20.0, "random": 60.0}
SETTINGS = Evaluation(bootstrap_repetitions=20, floor_splits=4)


def distances(label, seeds=(1,), late=(), **shifts):
    random = np.random.default_rng(len(label))
    frames = [
        pd.DataFrame(
            {
                "model": model, "seed": seed, "pt": random.normal(250 + shift, 20, 300),
                "mass": random.normal(80 + shift / 2, 10, 300),
            }
        )
        for model, shift in {MONTE_CARLO: 0.0, **SHIFTS, **shifts}.items()
        for seed in ((0,) if model == MONTE_CARLO else seeds)
    ]  # fmt: skip
    rows = wasserstein_rows(
        pd.concat(frames), dataset="jets", label=label, settings=SETTINGS, published={}
    )
    status = [pd.NA if model == MONTE_CARLO else model not in late for model in rows["model"]]
    return rows.assign(converged=pd.array(status, dtype="boolean"))


@pytest.fixture
def drawn(monkeypatch):
    """The figures, instead of files of them."""
    figures = []
    monkeypatch.setattr(module, "save", lambda figure, stem: figures.append(figure))
    return figures


def test_points_are_the_distances_in_the_order_of_the_study(drawn):
    rows = pd.concat([distances("signal", not_in_the_study=90.0), distances("background")])
    order_distances(rows, "stem", orders=ORDERS, epochs=EPOCHS, dataset="jets")
    panels = drawn[0].axes
    assert len(panels) == 2
    for axes, name in zip(panels, ("pt", "mass"), strict=True):
        own = rows[rows["observable"] == name].set_index(["label", "model"])
        points = {}
        for bars in axes.containers:
            line, _, (segments,) = bars.lines
            x, y = line.get_data()
            assert np.round(x).tolist() == [0, 1, 2]
            points[bars.get_label()] = y
            low, high = np.array([s[:, 1] for s in segments.get_segments()]).T
            error = [own.loc[(bars.get_label(), m), "error"] for m in ORDERS.values()]
            assert (high - low) / 2 == pytest.approx(error)
        for label, y in points.items():
            assert y == pytest.approx([own.loc[(label, m), "value"] for m in ORDERS.values()])
        assert len(points) == 2
        ticks = [tick.get_text() for tick in axes.get_xticklabels()]
        assert ticks == ["spiral\nout\n4\nepochs", "row\n4\nepochs", "random 1\n3–4\nepochs"]


def test_points_of_what_has_not_converged_are_hollow(drawn):
    rows = pd.concat([distances("signal", late=["by_row"]), distances("background")])
    order_distances(rows, "stem", orders=ORDERS, epochs=EPOCHS, dataset="jets")
    for axes, name in zip(drawn[0].axes, ("pt", "mass"), strict=True):
        hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
        values = np.concatenate([line.get_ydata() for line in hollow])
        own = rows[(rows["observable"] == name) & (rows["label"] == "signal")]
        assert values.tolist() == own.loc[own["model"] == "by_row", "value"].tolist()
    assert [text.get_text() for text in drawn[0].legends[0].get_texts()] == [
        "signal (floor shaded)", "background (floor shaded)", "hollow: not converged",
    ]  # fmt: skip


def test_the_floor_is_shaded_for_each_label(drawn):
    rows = pd.concat([distances("signal"), distances("background")])
    order_distances(rows, "stem", orders=ORDERS, epochs=EPOCHS, dataset="jets")
    bands = [
        c for c in drawn[0].axes[0].collections if isinstance(c, mpl.collections.PolyCollection)
    ]
    assert len(bands) == 2
    for band, label in zip(bands, ("signal", "background"), strict=True):
        row = rows[(rows["label"] == label) & (rows["observable"] == "pt")].iloc[0]
        heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
        assert heights.max() == pytest.approx(row["floor"] + row["floor_error"])


def test_a_large_spread_over_seeds_is_the_error(drawn):
    rows = distances("signal", seeds=(1, 2, 3))
    rows["seed_spread"] = 50 * rows["error"]
    order_distances(rows, "stem", orders=ORDERS, epochs=EPOCHS, dataset="jets")
    (bars,) = drawn[0].axes[0].containers
    (segments,) = bars.lines[2]
    low, high = segments.get_segments()[2][:, 1]
    expected = rows[(rows["model"] == "random") & (rows["observable"] == "pt")]["seed_spread"]
    assert (high - low) / 2 == pytest.approx(float(expected.iloc[0]))


def test_an_order_without_distances_is_told(drawn):
    with pytest.raises(DarkpixelError, match="order column: no distances of model by_column on"):
        order_distances(
            distances("signal"),
            "stem",
            orders={**ORDERS, "column": "by_column"},
            epochs=EPOCHS,
            dataset="jets",
        )


def test_files_are_the_same_each_time(tmp_path):
    rows = pd.concat([distances("signal"), distances("background")])
    for name in ("a", "b"):
        order_distances(rows, tmp_path / name, orders=ORDERS, epochs=EPOCHS, dataset="jets")
    for suffix in ("png", "pdf"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
