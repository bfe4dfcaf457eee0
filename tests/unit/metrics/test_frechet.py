"""FPD and KPD against JetNet's numbers, closed forms and repeated experiments."""

import numpy as np
import pytest

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.features import Sample
from darkpixel.metrics.frechet import (
    distance_rows,
    frechet_distance,
    frechet_line,
    frechet_physics_distance,
    kernel_physics_distance,
    polynomial_mmd,
    standardised,
    within_range,
)

UNIT = np.array([[-1.0] * 4, [1.0] * 4])
"""Features that leave others in their units."""


def jetnet_arrays():
    random = np.random.default_rng(2211)
    mixing = random.normal(size=(6, 6))
    real = random.normal(size=(3000, 6)) @ mixing
    generated = 1.1 * random.normal(size=(3000, 6)) @ mixing + 0.2
    return standardised(real, real), standardised(generated, real)


def gaussian(features):
    return features.mean(axis=0), np.cov(features, rowvar=False)


def test_equals_jetnet():
    """Numbers of jetnet 0.2.5 (evaluation/gen_metrics.py, numpy 2.4, scipy 1.17) on these arrays:

    _calculate_frechet_distance; fpd(min_samples=1200, max_samples=3000, normalise=False);
    _mmd_poly_quadratic_unbiased of the first 700 and 500.
    """
    real, generated = jetnet_arrays()
    distance = frechet_distance(*gaussian(real), *gaussian(generated))
    assert distance == pytest.approx(0.1417426831929287, abs=1e-8)
    line = frechet_line(real, generated, sizes=(1200, 3000))
    assert line.intercept == pytest.approx(0.1482582064406709, abs=1e-7)
    mmd = polynomial_mmd(real[:700], generated[:500])
    assert mmd == pytest.approx(0.14232785082886856, rel=1e-9)


def test_frechet_distance_of_gaussians_is_analytic():
    """Diagonal covariances: |difference|^2 + sum (s - t)^2; a zero variance does no harm."""
    s, t = np.array([1.0, 2.0, 0.0]), np.array([1.5, 0.5, 0.0])
    mean = np.array([1.0, 0.0, -2.0])
    found = frechet_distance(np.zeros(3), np.diag(s**2), mean, np.diag(t**2))
    assert found == pytest.approx(5 + 0.25 + 2.25)
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    turned = [rotation @ np.diag(v**2) @ rotation.T for v in (s, t)]
    assert frechet_distance(mean * 0, turned[0], mean, turned[1]) == pytest.approx(found)


def test_fpd_is_the_analytic_value_without_the_bias_of_n():
    """Repeated experiments: mean at the limit, which the plain distance overshoots."""
    random = np.random.default_rng(3)
    truth = 4 * 0.3**2 + 4 * 0.2**2  # mean shift 0.3, widths 1 and 1.2
    found, plain = [], []
    for seed in range(24):
        a, b = random.normal(size=(300, 4)), 0.3 + 1.2 * random.normal(size=(300, 4))
        found.append(frechet_physics_distance(a, b, seed, UNIT))
        plain.append(frechet_distance(*gaussian(a), *gaussian(b)))
    values, errors = np.array(found).T
    scatter = values.std(ddof=1)
    standard_error = scatter / np.sqrt(len(values))
    assert values.mean() == pytest.approx(truth, abs=3 * standard_error)
    assert np.mean(plain) > truth + 2 * standard_error
    assert errors.mean() == pytest.approx(scatter, rel=0.5)


def test_mmd_is_the_sum_over_pairs():
    random = np.random.default_rng(4)
    a, b = random.normal(size=(5, 3)), random.normal(size=(4, 3))

    def kernel(x, y):
        return (x @ y / 3 + 1) ** 4

    def mean_within(features):
        size = len(features)
        pairs = [(i, j) for i in range(size) for j in range(size) if i != j]
        return np.mean([kernel(features[i], features[j]) for i, j in pairs])

    across = np.mean([kernel(x, y) for x in a for y in b])
    expected = mean_within(a) + mean_within(b) - 2 * across
    assert polynomial_mmd(a, b) == pytest.approx(expected)


def test_kpd_is_unbiased_without_a_difference_and_its_error_is_calibrated():
    random = np.random.default_rng(5)
    mmd = [polynomial_mmd(*random.uniform(-1, 1, (2, 30, 3))) for _ in range(2000)]
    assert abs(np.mean(mmd)) < 3 * np.std(mmd) / np.sqrt(2000)
    pairs = random.uniform(-1, 1, (200, 2, 300, 3))
    found = [kernel_physics_distance(a, b, reference=UNIT[:, :3]) for a, b in pairs]
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.25)
    assert (np.abs(values) < 4 * errors).mean() > 0.95
    shifted = kernel_physics_distance(pairs[0, 0], pairs[0, 1] + 0.4, reference=UNIT[:, :3])
    assert shifted.value > 5 * shifted.error


def test_constant_features_and_few_images():
    features = np.random.default_rng(6).normal(size=(40, 3))
    features[:, 1] = 0  # a region that never lights
    for unit in (standardised(features, features), within_range(features, features)):
        assert np.isfinite(unit).all()
        assert np.isfinite(frechet_physics_distance(unit, unit + 1)).all()
        assert np.isfinite(kernel_physics_distance(unit, unit + 1)).all()
    assert np.abs(within_range(features, features)).max() == pytest.approx(1)
    with pytest.raises(DarkpixelError, match="found 12 images"):
        frechet_physics_distance(features[:12], features)


def test_distances_do_not_depend_on_units():
    """Unit and zero of every feature; those of the reference count."""
    random = np.random.default_rng(8)
    a, b = random.normal(size=(200, 3)), random.normal(0.2, size=(200, 3))
    units = np.array([1e3, 1.0, 1e-4])
    for distance in (frechet_physics_distance, kernel_physics_distance):
        found = distance(a, b)
        np.testing.assert_allclose(distance(units * a + 5, units * b + 5), found, rtol=1e-8)
        assert distance(a, b, reference=3 * a).value < found.value


def test_rows_find_the_shift_and_the_floor():
    random = np.random.default_rng(7)
    real, *floors = random.normal(size=(4, 400, 5))
    samples = {
        Sample(MONTE_CARLO, 0, "train.h5"): floors[0],
        Sample("lagan", 1, "one.h5"): random.normal(size=(400, 5)) + 0.5,
        Sample("lagan", 2, "two.h5"): random.normal(size=(400, 5)) + 0.7,
    }
    rows = distance_rows(real, samples, floors, dataset="jets", label="signal")
    assert len(rows) == 4
    for name in ("fpd", "kpd"):
        perfect, lagan = rows[rows["observable"] == name].to_dict("records")
        assert abs(perfect["value"] - perfect["floor"]) < 5 * perfect["floor_error"]
        assert lagan["value"] > lagan["floor"] + 5 * lagan["floor_error"]
        assert (lagan["seeds"], lagan["n"]) == (2, 400)
    one = distance_rows(real, samples, floors[:1], dataset="jets", label="signal")
    assert one["floor_error"].isna().all()
