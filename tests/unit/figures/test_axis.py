"""The axes of histograms: every value lies in a bin, and those beyond the end in a marked one."""

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import write_images
from matplotlib.figure import Figure

from darkpixel.figures.axis import CROWDED, Axis, axis_of
from darkpixel.figures.pixel_axis import BEYOND, pixel_value_axes, summary_on

VALUES = arrays.arrays(
    float, st.integers(1, 40), elements=st.floats(-1e3, 1e6) | st.just(float("nan"))
)


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES, st.booleans(), st.integers(3, 30))
def test_no_value_lies_beyond_an_axis_unless_its_bin_is_marked(reference, model, whole, bins):
    if whole:
        reference, model = np.round(reference), np.round(model)
    axis = axis_of(reference, [model], bins=bins, whole=whole)
    assert (np.diff(axis.edges) > 0).all()
    assert len(axis.edges) <= bins + 4
    inner = axis.edges[axis.inner.start], axis.edges[axis.inner.stop]
    for values in (reference, model):
        present = values[~np.isnan(values)]
        counts = axis.counts(values)
        assert counts.sum() == len(present)
        assert counts[: axis.inner.start].sum() == (present < inner[0]).sum()
        if axis.above:
            assert counts[-1] == (present >= inner[1]).sum()
        assert axis.shares(values).heights.sum() == pytest.approx(len(present) / len(values))


def test_a_value_that_no_bin_would_show_is_refused():
    with pytest.raises(ValueError, match="beyond an axis from 0 to 1 would not be shown"):
        Axis(np.array([0.0, 1.0])).counts([0.5, 2.0])
    assert Axis(np.array([0.0, 1.0, 2.0]), above=True).counts([0.5, 9.0]).tolist() == [1, 1]


@pytest.mark.parametrize("lowest", [0.0, 1.0, 200.0])
def test_an_axis_shows_the_reference_and_ends_there(lowest):
    reference = lowest + np.random.default_rng(0).exponential(10.0, 2000)
    axis = axis_of(reference, [np.array([-5.0, 1e9])], bins=20)
    start, end = axis.edges[axis.inner.start], axis.edges[axis.inner.stop]
    assert axis.below
    assert axis.above
    assert ((reference >= start) & (reference <= end)).mean() > 0.99
    assert end < reference.max() * 1.2 + 5
    outer = axis.edges[-1] - axis.edges[-2]
    assert 0.02 * (end - start) < outer < 0.2 * (end - start)  # seen, and named


def test_an_axis_is_logarithmic_where_most_lies_in_the_first_bin():
    random = np.random.default_rng(0)
    wide, narrow = random.lognormal(0, 3, 5000), random.uniform(0, 1, 5000)
    axis = axis_of(wide, bins=30)
    assert axis.logarithmic
    assert axis.shares(wide).heights.max() < 0.2
    assert not axis_of(narrow, bins=30).logarithmic
    assert not axis_of(np.round(wide), bins=30, whole=True).logarithmic
    linear = np.linspace(0, np.quantile(wide, 0.998), 31)
    assert (wide < linear[1]).mean() > CROWDED


def test_counted_things_are_in_the_middle_of_their_bins():
    axis = axis_of(np.array([0, 1, 1, 2, 5]), bins=30, whole=True)
    assert axis.edges[0] == -0.5
    assert axis.counts([0, 1, 1, 2, 5]).tolist()[:3] == [1, 2, 1]
    assert axis_of(np.zeros(10), bins=8).counts(np.zeros(10)).sum() == 10


def test_ticks_stand_at_values_and_marked_bins_are_named():
    axes = Figure().subplots()
    axis = axis_of(np.linspace(100, 200, 500), [np.array([0.0, 1e6])], bins=10)
    axis.draw(axes)
    ticks = axes.get_xticks()
    assert len(ticks) >= 3
    assert ticks.min() >= axis.edges[1]
    assert ticks.max() <= axis.edges[-2]
    assert [text.get_text() for text in axes.texts] == ["less", "more"]


def test_a_single_large_pixel_does_not_stretch_the_axis_of_pixels(tmp_path):
    images = np.random.default_rng(0).uniform(0, 10, (50, 4, 4)).astype(np.float32)
    images[0, 0, :3] = 1000.0
    for name, some in (("some", images), ("blank", 0 * images)):
        write_images(tmp_path / f"{name}.h5", some)
    axis = pixel_value_axes({"a": [tmp_path / "some.h5"]}, 20)["a"]
    end = axis.edges[axis.inner.stop]
    assert 9 < end < 12.5
    assert 0 < (images > end).sum() <= BEYOND
    assert axis.above
    assert (np.diff(pixel_value_axes({"a": [tmp_path / "blank.h5"]}, 20)["a"].edges) > 0).all()


def test_pixels_over_decades_are_all_counted_on_a_logarithmic_axis(tmp_path):
    random = np.random.default_rng(0)
    for name, scale in (("test", 0.0), ("model", 4.0)):
        images = random.lognormal(scale, 2.5, (200, 6, 6)) * (random.random((200, 6, 6)) < 0.3)
        write_images(tmp_path / f"{name}.h5", images.astype(np.float32))
    axis = pixel_value_axes({"a": [tmp_path / "test.h5"]}, 20)["a"]
    assert axis.logarithmic
    for name in ("test", "model"):
        summary = summary_on(axis, [tmp_path / f"{name}.h5"])
        assert summary.counts["all"].sum() == summary.pixels["all"] - summary.zeros["all"]
