"""Transport in liquid argon: energy balance, truth of deposits, nuclear reactions."""

import numpy as np
import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_format import SHOWER, TRACK
from darkpixel.simulation.argon.nucleus import evaporate
from darkpixel.simulation.argon.record import (
    ELECTRON,
    NEUTRON,
    NUCLEAR,
    PHOTON,
    REST,
    STACK,
    Medium,
    Record,
    Vector,
    clear,
    new_record,
    push,
)
from darkpixel.simulation.argon.tables import argon_tables
from darkpixel.simulation.argon.transport import (
    SPECIES,
    Deposits,
    check_overflow,
    deposits,
    seed_generator,
    transport,
)

ORIGIN, ALONG_Z = Vector(0.0, 0.0, 0.0), Vector(0.0, 0.0, 1.0)


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("half_width", [5.0, 160.0])
def test_energy_is_conserved_event_by_event(species: int, half_width: float) -> None:
    for momentum in (60.0, 250.0, 800.0):
        for event in deposits(species, momentum, seed=1, events=30, half_width=half_width):
            assert sum(event.balance.values()) == pytest.approx(event.initial, rel=1e-9)
            assert event.energy.sum() == pytest.approx(event.balance["deposited"], rel=1e-9)
            assert (event.energy > 0).all()


def test_balance_of_stopping_particles_has_the_expected_parts() -> None:
    electrons = deposits(11, 200.0, seed=2, events=20)
    assert all(abs(event.balance["nuclear"]) == 0 for event in electrons)
    pions = [e for e in deposits(211, 120.0, seed=2, events=40) if e.balance["nuclear"] == 0]
    assert len(pions) > 20
    for event in pions:
        # 29.8 MeV of the pion's neutrino and at most the muon's mass in the two others
        assert 29.0 < event.balance["neutrinos"] < 29.8 + 105.7
    caught = [e for e in deposits(13, 120.0, seed=2, events=400) if e.balance["nuclear"] != 0]
    assert len(caught) / 400 == pytest.approx(0.75, abs=0.08)


def test_same_seed_same_deposits() -> None:
    first, second = deposits(211, 500.0, seed=3, events=2), deposits(211, 500.0, seed=3, events=2)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.position, other.position)
    assert not np.array_equal(first[0].energy[:50], first[1].energy[:50])


def share(events: list[Deposits], truth: str, label: int) -> float:
    total = sum(event.energy.sum() for event in events)
    return float(sum(e.energy[getattr(e, truth) == label].sum() for e in events) / total)


def test_truth_by_particle_and_by_ancestor() -> None:
    muons = deposits(13, 400.0, seed=4, events=20)
    assert share(muons, "by_ancestor", TRACK) == 1
    assert 0.02 < share(muons, "by_particle", SHOWER) < 0.4  # delta rays and Michel electrons
    electrons = deposits(11, 400.0, seed=4, events=20)
    assert share(electrons, "by_particle", SHOWER) == share(electrons, "by_ancestor", SHOWER) == 1
    protons = deposits(2212, 300.0, seed=4, events=20, reactions=False)
    assert share(protons, "by_particle", TRACK) == 1  # no delta ray reaches the cut


def test_protons_react_as_often_as_their_cross_section_says() -> None:
    # 800 MeV/c, 50 cm of range; 0.53 b (Letaw et al.) over it: 1 - exp(-0.021 * 0.53 * 50) = 0.43.
    reacted = [e.balance["nuclear"] != 0 for e in deposits(2212, 800.0, seed=5, events=500)]
    assert np.mean(reacted) == pytest.approx(0.43, abs=0.08)


def test_evaporation_pays_for_what_it_emits() -> None:
    record = new_record(1000, 100)
    seed_generator(6)
    emitted = []
    just_above = (9.87 + 1e-9, 12.53 + 4 + 1e-9)  # no time is lost where hardly anything is allowed
    for excitation in (*just_above, *np.linspace(0.05, 80, 200)):
        clear(record)
        evaporate(record, excitation, 9.87, 12.53, ORIGIN)
        stack = record.stack[: record.counts[STACK]]
        assert record.energy.sum() + stack[:, 1].sum() == pytest.approx(excitation, rel=1e-12)
        emitted.append((stack[:, 0] == NEUTRON).sum())
        if excitation < 9.87:
            assert record.energy[NUCLEAR] == 0
            assert set(stack[:, 0]) <= {PHOTON}
    assert emitted[-1] > 0


def neutron_event(record: Record, energy: float) -> None:
    clear(record)
    push(record, NEUTRON, energy, ORIGIN, ALONG_Z)
    transport(record, Medium(argon_tables(), 160.0, True, True))


def test_neutrons_leave_blips_and_balance() -> None:
    record = new_record(20_000, 500)
    seed_generator(7)
    for energy in (0.4, 3.0, 15.0, 120.0):
        blips = 0
        for _ in range(30):
            neutron_event(record, energy)
            assert record.energy.sum() == pytest.approx(energy, rel=1e-9)
            assert record.energy[REST] == pytest.approx(0, abs=1e-9)
            blips += int(record.counts[0])
        assert (blips > 0) == (energy > 0.5)


def test_a_record_that_is_too_small_is_an_error() -> None:
    record = new_record(10, 500)
    clear(record)
    push(record, ELECTRON, 100.0, ORIGIN, ALONG_Z)
    seed_generator(8)
    transport(record, Medium(argon_tables(), 160.0, True, True))
    with pytest.raises(DarkpixelError, match="more than 10 energy deposits"):
        check_overflow(record)


def test_unknown_species() -> None:
    with pytest.raises(DarkpixelError, match="species 321 is unknown"):
        deposits(321, 500.0, seed=1)
