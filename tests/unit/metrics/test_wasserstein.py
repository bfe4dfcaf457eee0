"""W1 against SciPy and closed forms; its error and floor against repeated experiments."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.wasserstein import bootstrap_error, floor, wasserstein

# a coarse grid makes ties, within and between the samples
VALUES = st.lists(st.integers(-20, 20).map(lambda k: k / 4), min_size=1, max_size=30)


@settings(max_examples=80, deadline=None)
@given(VALUES, VALUES)
def test_equals_scipy_for_samples_of_any_sizes(a, b):
    expected = scipy.stats.wasserstein_distance(a, b)
    assert wasserstein(a, b) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(VALUES, VALUES, st.floats(-5, 5), st.floats(0.1, 4))
def test_is_a_distance_that_scales(a, b, shift, scale):
    a, b = np.array(a), np.array(b)
    assert wasserstein(a, a) == 0
    assert wasserstein(a, b) == pytest.approx(wasserstein(b, a), abs=1e-12)
    moved = wasserstein(scale * a + shift, scale * b + shift)
    assert moved == pytest.approx(scale * wasserstein(a, b), abs=1e-9)
    assert wasserstein(a, a + shift) == pytest.approx(abs(shift), abs=1e-9)


def test_bootstrap_error_is_the_spread_of_repeated_experiments():
    """Samples a shift apart: the distance is then nearly normal, and its spread known."""
    random = np.random.default_rng(3)
    n = 400
    pairs = [(random.normal(0, 1, n), random.normal(0.5, 1, n)) for _ in range(120)]
    true_spread = np.std([wasserstein(a, b) for a, b in pairs])
    errors = [bootstrap_error(a, b, 60, seed=1) for a, b in pairs[:12]]
    assert np.mean(errors) == pytest.approx(true_spread, rel=0.25)


def test_bootstrap_error_equals_the_definition():
    """The counting on merged values gives what resampling and measuring gives, draw by draw."""
    random = np.random.default_rng(5)
    a, b = random.gamma(2, 1, 70), np.round(random.gamma(2, 1.2, 50), 1)
    draws = np.random.default_rng(9)
    distances = []
    for _ in range(25):
        drawn_a = a[draws.integers(len(a), size=len(a))]
        drawn_b = b[draws.integers(len(b), size=len(b))]
        distances.append(scipy.stats.wasserstein_distance(drawn_a, drawn_b))
    assert bootstrap_error(a, b, 25, seed=9) == pytest.approx(np.std(distances, ddof=1), rel=1e-9)


def test_floor_is_what_independent_samples_score():
    random = np.random.default_rng(7)
    n = 300
    independent = [wasserstein(*random.normal(0, 10, (2, n))) for _ in range(200)]
    value, spread = floor(random.normal(0, 10, 2 * n), n, splits=50, seed=2)
    assert value == pytest.approx(np.mean(independent), rel=0.3)
    assert spread == pytest.approx(np.std(independent), rel=0.5)


def test_floor_falls_as_the_root_of_n():
    reference = np.random.default_rng(8).normal(size=8000)
    small, large = floor(reference, 100, 40)[0], floor(reference, 1600, 40)[0]
    assert small / large == pytest.approx(4, rel=0.3)


def test_floor_needs_two_disjoint_halves():
    with pytest.raises(DarkpixelError, match="needs 200 test images, found 199"):
        floor(np.arange(199.0), 100)
    halves = floor(np.r_[np.zeros(50), np.ones(50)], 50, splits=3)
    assert halves[0] < 1


@pytest.mark.parametrize(
    ("a", "message"), [([], "empty sample"), ([1.0, np.nan], "value 1 is nan")]
)
def test_what_cannot_be_compared_is_refused(a, message):
    with pytest.raises(DarkpixelError, match=message):
        wasserstein(a, [1.0])
