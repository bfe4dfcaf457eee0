"""The compact argon simulator against PDG, NIST and Highland."""

import math
import warnings

import numpy as np
import pytest

from darkpixel.simulation.argon import validation
from darkpixel.simulation.argon.electrons import radiate
from darkpixel.simulation.argon.physics import (
    DELTA_CUT,
    DENSITY,
    ELECTRON_MASS,
    MUON_MASS,
    RADIATION_LENGTH,
    bhabha_ratio,
    electron_loss,
    heavy_loss,
    moller_ratio,
)
from darkpixel.simulation.argon.record import Particle, Vector, clear, isotropic, new_record, turned
from darkpixel.simulation.argon.tables import (
    COMPTON,
    ELECTRON_LOSS,
    PAIR,
    PHOTOELECTRIC,
    RADIATED,
    argon_tables,
    place_in_tables,
    value,
)
from darkpixel.simulation.argon.transport import seed_generator
from darkpixel.simulation.argon.xcom import XCOM_ARGON

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the packages of the NIST tables use deprecated calls
    import xcom
    from star import ProtonMaterials, ProtonSTARCalculator, electron


def test_photon_table_is_that_of_xcom() -> None:
    energy = XCOM_ARGON[:, 0]
    data = xcom.calculate_cross_section(18, energy * 1e6)
    for column, name in enumerate(("incoherent", "photoelectric", "pair_atom", "pair_electron"), 1):
        np.testing.assert_allclose(XCOM_ARGON[:, column], data[name], rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("energy", [0.05, 0.7, 70.0, 700.0])
def test_photon_rates_between_the_points_of_the_table(energy: float) -> None:
    # From 1 to 5 MeV the package's own interpolation leaves its table by a tenth and more (0.0.5).
    data = xcom.calculate_cross_section(18, np.array([energy * 1e6]))[0]
    # Not its `total_without_coherent`, which holds minus the coherent part (0.0.5).
    expected = (data["total"] - data["coherent"]) * DENSITY * 0.602214 / 39.948
    found = sum(
        value(argon_tables(), c, *place_in_tables(energy)) for c in (PHOTOELECTRIC, COMPTON, PAIR)
    )
    assert found == pytest.approx(expected, rel=0.03)


# PDG muon tables for liquid argon (mu), PSTAR (p): csda range, cm.
def test_ranges_of_muons() -> None:
    for momentum, expected in ((300.0, 82.03), (800.0, 309.3)):
        lengths = validation.ranges(13, momentum, events=60, seed=1)
        assert lengths.mean() == pytest.approx(expected, rel=0.03)


def test_ranges_of_protons() -> None:
    table = ProtonSTARCalculator(ProtonMaterials.ARGON)
    for momentum in (300.0, 800.0):
        energy = math.hypot(momentum, 938.272) - 938.272
        expected = table.calculate_csda_ranges(np.array([energy]))[0] / DENSITY
        lengths = validation.ranges(2212, momentum, events=100, seed=1)
        assert lengths.mean() == pytest.approx(expected, rel=0.03)


def test_loss_of_a_minimum_ionising_muon() -> None:
    # PDG: 1.508 MeV cm2/g at the minimum, 2.105 MeV/cm.
    momentum = np.linspace(200, 600, 100)
    loss = heavy_loss(np.hypot(momentum, MUON_MASS) - MUON_MASS, MUON_MASS)
    assert loss.min() == pytest.approx(1.508 * DENSITY, rel=0.01)
    simulated = validation.mean_loss(13, 360.0, events=800, seed=2, length=5.0)
    assert simulated == pytest.approx(1.508 * DENSITY, rel=0.03)


@pytest.mark.parametrize("energy", [10.0, 100.0, 500.0])
def test_electron_losses_against_estar(energy: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = electron.calculate_stopping_power(
            electron.PredefinedMaterials.ARGON, np.array([energy])
        )[0]
    assert validation.radiative_loss(energy) / DENSITY == pytest.approx(
        row["stopping_power_radiative"], rel=0.10
    )


@pytest.mark.parametrize("energy", [10.0, 100.0, 500.0])
def test_radiation_as_it_is_drawn_against_estar(energy: float) -> None:
    """Photons above the cut as the transport draws them, and its continuous loss to the others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = electron.calculate_stopping_power(
            electron.PredefinedMaterials.ARGON, np.array([energy])
        )[0]
    record = new_record(10, 10_000)
    seed_generator(6)
    clear(record)
    primary = Particle(energy, Vector(0.0, 0.0, 0.0), Vector(0.0, 0.0, 1.0))
    drawn = [radiate(record, primary) for _ in range(10_000)]
    tables, here = argon_tables(), place_in_tables(energy)
    hard = value(tables, RADIATED, *here) * np.mean(drawn)
    collisions = electron_loss(np.array([energy]), positron=False, cut=DELTA_CUT)[0]
    soft = value(tables, ELECTRON_LOSS, *here) - collisions
    assert (hard + soft) / DENSITY == pytest.approx(row["stopping_power_radiative"], rel=0.10)


@pytest.mark.parametrize("energy", [0.3, 1.0, 3.0])
def test_collision_loss_of_slow_electrons_against_estar(energy: float) -> None:
    # Below the density effect's onset gas and liquid agree.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = electron.calculate_stopping_power(
            electron.PredefinedMaterials.ARGON, np.array([energy])
        )[0]
    loss = electron_loss(np.array([energy]), positron=False)[0] / DENSITY
    assert loss == pytest.approx(row["stopping_power_collision_delta"], rel=0.03)


@pytest.mark.parametrize("positron", [False, True])
def test_restricted_loss_and_knocked_electrons_make_the_whole(positron: bool) -> None:
    """Loss below the cut + integral of the cross-section above it = loss with a larger cut."""
    energy, low, high = 40.0, 0.15, 5.0
    gamma = 1 + energy / ELECTRON_MASS
    beta2 = 1 - gamma**-2
    ratio = bhabha_ratio if positron else moller_ratio
    edges = np.geomspace(low, high, 2001) / energy
    middle, width = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
    knocked = sum(ratio(gamma, s) / s * w for s, w in zip(middle, width, strict=True))
    knocked *= 0.307075 * 18 / 39.948 * DENSITY / 2 / beta2
    at = np.array([energy])
    difference = electron_loss(at, positron, high) - electron_loss(at, positron, low)
    assert knocked == pytest.approx(difference[0], rel=2e-3)


def test_depth_at_which_photons_convert() -> None:
    # XCOM at 600 MeV: 19.56 cm.
    depths = validation.conversion_depths(600.0, events=800, seed=1)
    assert np.median(depths) / math.log(2) == pytest.approx(19.56, rel=0.10)


def test_lateral_spread_of_muons_is_highland_s() -> None:
    offsets = validation.lateral_offsets(600.0, 14.0, events=400, seed=3)
    expected = validation.highland_offset(600.0, MUON_MASS, 14.0, RADIATION_LENGTH)
    assert offsets.std() == pytest.approx(expected, rel=0.10)
    assert abs(offsets.mean()) < 4 * expected / math.sqrt(offsets.size)


@pytest.mark.parametrize("momentum", [300.0, 800.0])
def test_shower_maximum(momentum: float) -> None:
    # PDG eq. 34.36: ln(E / Ec) - 1/2 radiation lengths, Ec = 32.84 MeV in liquid argon.
    expected = (math.log(momentum / 32.84) - 0.5) * RADIATION_LENGTH
    assert validation.shower_maximum(momentum, events=200, seed=4) == pytest.approx(
        expected, rel=0.10
    )


def test_michel_spectrum() -> None:
    energies = validation.michel_energies(events=600, seed=5)
    end = 52.83
    assert energies.max() < end + 1e-3
    assert energies.mean() == pytest.approx(0.7 * end, rel=0.04)
    # Integral of 2 x^2 (3 - 2x): 2 x^3 - x^4.
    assert (energies < end / 2).mean() == pytest.approx(2 / 8 - 1 / 16, abs=0.05)


def test_turned_directions_keep_their_angle_and_length() -> None:
    seed_generator(1)
    for cosine in (-1.0, -0.3, 0.0, 0.9999, 1.0):
        for old in [isotropic() for _ in range(20)] + [
            Vector(0.0, 0.0, 1.0),
            Vector(0.0, 0.0, -1.0),
        ]:
            new = turned(old, cosine, 1.234)
            assert math.hypot(*new) == pytest.approx(1, abs=1e-12)
            assert np.dot(old, new) == pytest.approx(cosine, abs=1e-7)
