"""The muons' detector: field, energy shares, cells, resolution, images, pile-up overlay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from darkpixel.config.muons import MuonDetector, MuonImaging
from darkpixel.simulation.muons.calorimeter import (
    Arrivals,
    Cells,
    draw_images,
    measure,
    resolution,
    spread,
    sum_cells,
)
from darkpixel.simulation.muons.collisions import FinalState
from darkpixel.simulation.muons.particles import (
    ECAL,
    ETA,
    HCAL,
    Deposits,
    choose_muons,
    concatenate,
    deposits,
    propagate,
)
from darkpixel.simulation.muons.pileup import overlay

DETECTOR = MuonDetector()
PERFECT = MuonDetector(
    ecal_resolution=(0, 0, 0),
    hcal_resolution=(0, 0, 0),
    hcal_endcap_resolution=(0, 0, 0),
    ecal_threshold=0,
    hcal_threshold=0,
    significance=0,
)
LIGHT = 0.299792458


def flight(pt: float, eta: float, phi: float, charge: int) -> tuple[float, float] | None:
    """Eta and phi of arrival, by small steps along the Lorentz force."""
    position, direction = np.zeros(3), np.array([np.cos(phi), np.sin(phi), np.sinh(eta)])
    step = 2e-4  # m of transverse path
    turn = -charge * LIGHT * DETECTOR.field / pt * step
    for _ in range(30_000):
        before = np.hypot(*position[:2])
        middle = np.cos(turn / 2), np.sin(turn / 2)
        x, y = direction[:2]
        half = np.array([middle[0] * x - middle[1] * y, middle[1] * x + middle[0] * y])
        position[:2] += half * step
        position[2] += direction[2] * step
        direction[:2] = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
        distance = np.hypot(*position[:2])
        if distance >= DETECTOR.radius or abs(position[2]) >= DETECTOR.half_length:
            return float(np.arcsinh(position[2] / distance)), float(np.arctan2(*position[1::-1]))
        if distance < before:
            return None
    raise AssertionError("the particle goes nowhere")


@pytest.mark.parametrize(
    ("pt", "eta", "charge"),
    [(12, 0.3, 1), (1, -1.0, -1), (0.4, 0.5, 1), (0.5, 2.2, -1), (0.25, 2.5, 1), (0.3, 0.1, 1)],
)
def test_propagation_against_the_lorentz_force(pt: float, eta: float, charge: int) -> None:
    start = np.array([[pt], [eta], [0.7], [charge]], float)
    found = propagate(start[0], start[1], start[2], start[3], DETECTOR)
    expected = flight(pt, eta, 0.7, charge)
    assert found[2][0] == (expected is not None)
    if expected is not None:
        assert found[0][0] == pytest.approx(expected[0], abs=2e-3)
        assert np.cos(found[1][0] - expected[1]) == pytest.approx(1, abs=2e-6)


def test_bending_of_a_stiff_track_follows_its_sagitta() -> None:
    # For pT far above 0.3 B r: |shift| = 0.15 B r / pT, clockwise for a positive charge.
    for charge in (-1, 0, 1):
        start = np.array([[50.0], [1.0], [0.0], [charge]])
        eta, phi, arrives = propagate(start[0], start[1], start[2], start[3], DETECTOR)
        assert arrives[0]
        assert phi[0] == pytest.approx(-charge * LIGHT * 2 * 1.15 / 2 / 50, rel=1e-4, abs=1e-12)
        assert eta[0] == pytest.approx(1.0, abs=1e-4)


def final_state(*particles: tuple[int, float, float, float]) -> FinalState:
    """One collision with particles of (PDG code, pT, eta, phi), massless."""
    species, pt, eta, phi = np.array(particles, float).T
    momentum = (pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta))
    return FinalState(1, np.zeros(len(pt), np.int64), species.astype(np.int64), *momentum)


def test_energy_shares_and_acceptance() -> None:
    codes = [22, -11, 310, -3122, 211, 130, 2112, 13, -14, 22]
    eta = [0.5] * 9 + [3.1]
    particles = final_state(*((code, 20.0, e, 0.1) for code, e in zip(codes, eta, strict=True)))
    neutral = np.zeros(len(codes))
    found = deposits(particles, neutral, DETECTOR, 3.0)
    energy = 20 * np.cosh(0.5)
    shares = found.particles[:, [ECAL, HCAL]] / energy
    expected = np.array([[1, 0], [1, 0], [0.3, 0.7], [0.3, 0.7], [0, 1], [0, 1], [0, 1]])
    np.testing.assert_allclose(shares, expected, atol=1e-6)
    assert found.offsets.tolist() == [0, 7]


def test_one_muon_an_event_the_hardest_in_the_window() -> None:
    particles = final_state(
        *[(13, 16, 0, 0), (-13, 12, 1, 0), (13, 14, -2, 1), (13, 14.5, 2.5, 0), (211, 14.9, 0, 0)]
    )
    assert choose_muons(particles, (10, 15), 2.4).tolist() == [2]
    assert choose_muons(particles, (17, 20), 2.4).tolist() == []


def test_deposits_are_cut_and_joined_without_loss() -> None:
    rng = np.random.default_rng(1)
    offsets = np.array([0, 3, 3, 7, 8])
    whole = Deposits(rng.random((8, 4)).astype(np.float32), offsets)
    again = concatenate([whole[:1], whole[1:3], whole[3:]])
    np.testing.assert_array_equal(again.particles, whole.particles)
    np.testing.assert_array_equal(again.offsets, offsets)
    assert whole.event.tolist() == [0, 0, 0, 2, 2, 2, 2, 3]


def around(
    muons: int, each: int, seed: int, spread: float = 0.3
) -> tuple[Arrivals, NDArray[np.float64], NDArray[np.float64]]:
    """Muons anywhere, and particles of 1 to 20 GeV inside a square around each."""
    rng = np.random.default_rng(seed)
    eta, phi = rng.uniform(-2.4, 2.4, muons), rng.uniform(-np.pi, np.pi, muons)
    owner = np.repeat(np.arange(muons), each)
    table = np.stack(
        [
            eta[owner] + rng.uniform(-spread, spread, len(owner)),
            phi[owner] + rng.uniform(-spread, spread, len(owner)),
            rng.uniform(1, 20, len(owner)),
            rng.uniform(1, 20, len(owner)),
        ],
        axis=1,
    )
    return Arrivals(owner, table.astype(np.float32)), eta, phi


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_cells_conserve_energy_wherever_the_muon_is(seed: int) -> None:
    particles, eta, phi = around(30, 12, seed)
    for layer in (ECAL, HCAL):
        cells = sum_cells(particles, layer, eta, phi, DETECTOR)
        true = np.bincount(particles.muon, particles.deposits[:, layer], 30)
        np.testing.assert_allclose(np.bincount(cells.muon, cells.energy, 30), true, rtol=1e-6)
        # No particle is further than a cell's half diagonal from the centre of some cell.
        size = DETECTOR.ecal_cell if layer == ECAL else DETECTOR.hcal_tower
        assert np.abs(cells.deta).max() < 0.3 + size
        assert np.abs(cells.dphi).max() < 0.3 + size


def test_images_of_a_perfect_calorimeter_hold_the_transverse_energy() -> None:
    particles, eta, phi = around(200, 10, 5, spread=0.15)
    generator = np.random.default_rng(1)
    images = draw_images(particles, eta, phi, PERFECT, MuonImaging(), generator)
    table = particles.deposits.astype(float)
    transverse = (table[:, ECAL] + table[:, HCAL]) / np.cosh(table[:, ETA])
    true = np.bincount(particles.muon, transverse)
    # Each deposit moves inside its cell, and its cosh(eta) with it: 0.1 / sqrt(12) at most.
    np.testing.assert_allclose(images.sum((1, 2)), true, rtol=0.05)
    assert images.sum() == pytest.approx(true.sum(), rel=2e-3)


def test_pixels_lie_where_the_particles_are() -> None:
    table = np.array([[0.21, 0.10, 10, 0], [0.01, -0.2, 20, 0]], np.float32)
    particles = Arrivals(np.zeros(2, np.int64), table)
    generator = np.random.default_rng(0)
    image = draw_images(particles, np.zeros(1), np.zeros(1), PERFECT, MuonImaging(), generator)[0]
    rows, columns = np.nonzero(image)
    assert len(rows) == 2
    # Row 0 is +phi, columns ascend in eta; the cells are as large as the pixels.
    for row, column, (eta, phi) in zip(rows, columns, [(0.21, 0.10), (0.01, -0.2)], strict=True):
        assert (column - 15.5) * 0.025 == pytest.approx(eta, abs=0.04)
        assert (15.5 - row) * 0.025 == pytest.approx(phi, abs=0.04)


def test_nothing_outside_the_cone_and_something_everywhere_inside() -> None:
    particles, eta, phi = around(400, 60, 3, spread=0.6)
    generator = np.random.default_rng(2)
    images = draw_images(particles, eta, phi, PERFECT, MuonImaging(), generator)
    centre = (np.arange(32) - 15.5) * 0.025
    distance = np.hypot(centre, centre[:, None])
    lit = np.any(images > 0, axis=0)
    assert not lit[distance > 0.4 + 0.025 / np.sqrt(2)].any()
    assert lit[distance < 0.4 - 0.025 / np.sqrt(2)].all()


def test_cells_close_the_circle_in_phi() -> None:
    # The same particles, a whole turn away, or seen across phi = pi, are the same cells.
    table = np.array([[0.0, np.pi - 0.05, 5, 5], [0.0, np.pi + 0.05, 5, 5]], np.float32)
    turned = table + np.array([0, 2 * np.pi, 0, 0], np.float32)
    for layer in (ECAL, HCAL):
        cells = [
            sum_cells(Arrivals(np.zeros(2, np.int64), t), layer, np.zeros(1), phi, DETECTOR)
            for t, phi in ((table, np.array([3.1])), (turned, np.array([3.1])))
        ]
        np.testing.assert_array_equal(cells[0].dphi, cells[1].dphi)
        assert cells[0].energy.sum() == pytest.approx(10)


@pytest.mark.parametrize(
    ("layer", "eta", "energy"), [(ECAL, 1.0, 20), (HCAL, 0.0, 40), (HCAL, 2.2, 40)]
)
def test_measured_energies_have_the_mean_and_the_resolution(
    layer: int, eta: float, energy: float
) -> None:
    draws = 40_000
    same = np.full(draws, float(energy))
    cells = Cells(np.zeros(draws, np.int64), np.full(draws, eta), same * 0, same * 0, same)
    measured = measure(cells, layer, DETECTOR, np.random.default_rng(4)).energy
    assert len(measured) == draws  # far above the thresholds
    constant, stochastic, noise = {
        (ECAL, 1.0): (0.0017, 0.101, 0),
        (HCAL, 0.0): (0.0302, 0.5205, 1.59),
        (HCAL, 2.2): (0.05, 0.706, 0),
    }[layer, eta]
    sigma = np.sqrt((constant * energy) ** 2 + stochastic**2 * energy + noise**2)
    assert measured.mean() == pytest.approx(energy, abs=4 * sigma / np.sqrt(draws))
    assert measured.std() == pytest.approx(sigma, rel=4 / np.sqrt(2 * draws) + 0.01)


def test_faint_cells_are_dropped() -> None:
    quiet = MuonDetector(
        ecal_resolution=(0, 0, 0), hcal_resolution=(0, 0, 1.0), hcal_endcap_resolution=(0, 0, 0)
    )
    energy = np.array([0.4, 0.6, 0.9, 1.1, 5.0])
    zero = np.zeros(5)
    cells = Cells(np.arange(5), zero, zero, zero, energy)
    generator = np.random.default_rng(0)
    assert measure(cells, ECAL, quiet, generator).muon.tolist() == [1, 2, 3, 4]
    endcap = Cells(np.arange(5), zero + 2, zero, zero, energy)
    assert measure(endcap, HCAL, quiet, generator).muon.tolist() == [3, 4]
    # In the barrel, one GeV of noise asks for two.
    assert resolution(HCAL, energy, zero, quiet).tolist() == [1] * 5
    assert measure(cells, HCAL, quiet, generator).energy.min() > 2


def test_deposits_are_uniform_in_their_cell() -> None:
    zero = np.zeros(20_000)
    cells = Cells(zero.astype(np.int64), zero + 1, zero, zero, zero + 1)
    moved = spread(cells, HCAL, DETECTOR, np.random.default_rng(0))
    np.testing.assert_allclose(moved.eta - 1, moved.deta, atol=1e-12)
    for values, width in ((moved.deta, 0.1), (moved.dphi, 2 * np.pi / 63)):
        assert np.abs(values).max() <= width / 2
        assert values.std() == pytest.approx(width / np.sqrt(12), rel=0.02)


def test_no_particles_give_a_blank_image() -> None:
    nobody = Arrivals(np.zeros(0, np.int64), np.zeros((0, 4), np.float32))
    generator = np.random.default_rng(0)
    images = draw_images(
        nobody, np.zeros(3), np.zeros(3), DETECTOR, MuonImaging(pixels=12), generator
    )
    assert images.shape == (3, 12, 12)
    assert not images.any()


def toy_pool() -> Deposits:
    rng = np.random.default_rng(8)
    counts = rng.integers(0, 40, 60)
    table = np.stack(
        [
            rng.uniform(-3, 3, counts.sum()),
            rng.uniform(-np.pi, np.pi, counts.sum()),
            rng.exponential(1, counts.sum()),
            rng.exponential(1, counts.sum()),
        ],
        axis=1,
    )
    return Deposits(table.astype(np.float32), np.concatenate([[0], np.cumsum(counts)]))


def test_overlay_is_proportional_to_the_interactions() -> None:
    pool, muons = toy_pool(), 400
    means = []
    for number in (0, 25, 100):
        interactions = np.full(muons, number)
        where = np.linspace(-2, 2, muons)
        event, table = overlay(pool, interactions, where, 0.5, np.random.default_rng(number))
        assert np.all(np.abs(table[:, ETA] - where[event]) < 0.5 + 1e-6)
        means.append(np.bincount(event, table[:, ECAL], muons).mean())
    assert means[0] == 0
    # Particles are uniform in |eta| < 3, so a sixth of each collision's energy is near.
    one = pool.particles[:, ECAL].sum() / len(pool) / 6
    np.testing.assert_allclose(means[1:], [25 * one, 100 * one], rtol=0.05)


def test_overlay_takes_whole_collisions_turned_and_mirrored() -> None:
    pool = toy_pool()
    event, table = overlay(pool, np.array([1, 0, 1]), np.zeros(3), 99, np.random.default_rng(3))
    assert set(event.tolist()) <= {0, 2}
    for number in (0, 2):
        found = table[event == number]
        alike = [
            index
            for index in range(len(pool))
            if np.array_equal(pool[index : index + 1].particles[:, ECAL], found[:, ECAL])
        ]
        original = pool[alike[0] : alike[0] + 1].particles
        assert np.ptp(found[:, 1] - original[:, 1]) < 1e-5
        assert np.array_equal(found[:, 0], original[:, 0]) or np.array_equal(
            found[:, 0], -original[:, 0]
        )
