"""Panels of ratios: model over Monte Carlo; what lies outside a panel is marked at its edge."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures.axis import Axis, Histogram
from darkpixel.figures.panels import Panel, panel_blocks
from darkpixel.figures.ratio import draw_with_ratio
from darkpixel.figures.style import line_style, look


def drawn(model, **keys):
    """Panels of Monte Carlo with 100, 50, 2 and 48 of 200 entries and a model's heights."""
    axis = Axis(np.arange(5.0), above=True)
    counts = np.array([100.0, 50.0, 2.0, 48.0])
    reference = Histogram(counts / 200, np.sqrt(counts) / 200)
    main, ratio = Figure(figsize=(3, 3)).subplots(2)
    both = {MONTE_CARLO: reference, "lagan": Histogram(np.asarray(model), reference.errors)}
    draw_with_ratio(main, ratio, axis, both, dataset="jets", **keys)
    return main, ratio


def arrows(axes):
    return {
        (line.get_marker(), float(x))
        for line in axes.lines
        if line.get_marker() in "^v" and line.get_color() == line_style("lagan")["color"]
        for x in line.get_xdata()
    }


def test_ratio_is_model_over_monte_carlo_where_there_is_enough():
    _, ratio = drawn([0.6, 0.3, 0.0, 0.1])
    steps = [patch for patch in ratio.patches if not patch.get_fill()]
    heights = steps[-1].get_data().values
    assert heights[[0, 1]].tolist() == pytest.approx([1.2, 1.2])
    assert np.isnan(heights[2])  # two Monte Carlo entries: no ratio


def test_ratios_outside_the_panel_are_marked_by_arrows_and_no_others():
    _, ratio = drawn([0.5, 0.5, 0.0, 0.01])
    assert arrows(ratio) == {("^", 1.5), ("v", 3.5)}
    assert arrows(drawn([0.5, 0.25, 0.0, 0.24])[1]) == set()


def test_what_ends_above_the_panel_is_marked_and_shares_beyond_are_written():
    main, _ = drawn([0.0, 2.0, 0.0, 3.0])
    assert arrows(main) == {("^", 1.5)}
    assert "300%" in [text.get_text() for text in main.texts]
    main, _ = drawn([0.5, 0.3, 0.1, 0.1])
    assert arrows(main) == set()
    assert [text.get_text() for text in main.texts] == ["more"]


def test_legends_name_what_has_not_converged_above_each_block():
    axis, flat = Axis(np.arange(3.0)), Histogram(np.full(2, 0.5), np.full(2, 0.1))
    blocks = [
        [Panel(axis, {MONTE_CARLO: flat, model: flat}, "x", notes={model: "note"})] * 3
        for model in ("lagan", "sarm2_dd_selected")
    ]
    with look():
        figure = panel_blocks(blocks, columns=2, dataset="jets", ylabel="y", late=["sarm2_dd"])
        figure.draw_without_rendering()
    assert len(figure.axes) == 12
    texts = [[text.get_text() for text in legend.get_texts()] for legend in figure.legends]
    assert [some[0] for some in texts] == ["Monte Carlo", "Monte Carlo"]
    assert texts[0][1] == "LAGAN"
    assert texts[1][1].endswith("selected on pT and mass (not converged)")
    # No legend covers a panel or is cut off.
    boxes = [axes.get_window_extent() for axes in figure.axes]
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert not any(box.overlaps(other) for other in boxes)
        assert box.x0 >= 0
        assert box.y1 <= figure.bbox.y1
