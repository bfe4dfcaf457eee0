"""The compact argon simulator (not Geant4) against tabulated physics: a figure of the docs.

Drawn by `python -m darkpixel.figures.lartpc.argon_validation docs/figures/argon_validation`, in
about a minute.
"""

import argparse
import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from darkpixel.figures.style import look, save
from darkpixel.simulation.argon import validation
from darkpixel.simulation.argon.physics import (
    DENSITY,
    MUON_MASS,
    PROTON_MASS,
    RADIATION_LENGTH,
    heavy_loss,
)
from darkpixel.simulation.argon.tables import (
    COMPTON,
    PAIR,
    PHOTOELECTRIC,
    argon_tables,
    place_in_tables,
    value,
)
from darkpixel.simulation.argon.transport import SPECIES, deposits
from darkpixel.simulation.argon.voxels import SIDE

SIMULATED, REFERENCE = "#0072B2", "#D55E00"
SYMBOLS = dict(zip(SPECIES, ("e$^-$", "γ", "µ$^-$", "π$^+$", "p"), strict=True))

# Momentum in MeV/c; csda range in cm: PDG muon tables; PSTAR, with its stopping power in MeV cm2/g.
MUON_RANGES = {300.0: 82.03, 800.0: 309.3}
PROTON_MOMENTA = np.array([300.0, 400.0, 500.0, 600.0, 700.0, 800.0])
PROTON_RANGES = np.array([2.852, 7.655, 16.121, 29.002, 46.722, 69.398]) / DENSITY
PROTON_LOSS = np.array([9.241, 6.047, 4.446, 3.530, 2.959, 2.581]) * DENSITY
# ESTAR: kinetic energy in MeV, radiative stopping power in MeV cm2/g.
ELECTRON_ENERGIES = np.array([1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000])
RADIATED = (
    np.array([0.0275, 0.0558, 0.1600, 0.3595, 0.7949, 2.1916, 4.6144, 9.5732, 24.687, 50.071])
    * DENSITY
)
MINIMUM_LOSS = 1.508 * DENSITY  # PDG, MeV/cm
CRITICAL_ENERGY = 32.84  # PDG, electrons in liquid argon, MeV
MICHEL_END = 52.83  # MeV


def argon_validation(stem: str, *, events: int = 400, seed: int = 1) -> None:
    """Draw the eight panels; `events` per point, more where a distribution is shown."""
    with look():
        figure = Figure(figsize=(13.5, 6.4), layout="constrained")
        panels = figure.subplots(2, 4).ravel()
        _ranges(panels[0], max(20, events // 4), seed)
        _losses(panels[1], events, seed)
        _radiation(panels[2])
        _conversions(panels[3], 10 * events, seed)
        _spread(panels[4], events, seed)
        _showers(panels[5], events, seed)
        _michel(panels[6], 5 * events, seed)
        _balance(panels[7], events, seed)
        for axes, letter in zip(panels, "abcdefgh", strict=True):
            axes.set_title(f"({letter}) {axes.get_title()}", fontsize=10)
        figure.suptitle("Compact argon simulator (not Geant4) against tabulated physics")
        save(figure, stem)


def _ranges(axes: Axes, events: int, seed: int) -> None:
    for species, momenta, expected, marker in (
        (13, np.array(list(MUON_RANGES)), np.array(list(MUON_RANGES.values())), "s"),
        (2212, PROTON_MOMENTA, PROTON_RANGES, "o"),
    ):
        ratio = []
        for momentum, length in zip(momenta, expected, strict=True):
            lengths = validation.ranges(species, momentum, events=events, seed=seed)
            ratio.append((lengths.mean() / length, lengths.std() / math.sqrt(events) / length))
        mean, error = np.array(ratio).T
        source = "PDG" if species == 13 else "PSTAR"
        label = f"{SYMBOLS[species]} / {source}"
        colour = SIMULATED if species == 13 else "#009E73"
        axes.errorbar(momenta, mean, error, fmt=marker, color=colour, label=label, capsize=2)
    axes.axhline(1, color=REFERENCE)
    axes.axhspan(0.97, 1.03, color=REFERENCE, alpha=0.15, linewidth=0)
    axes.set(title="range, band ±3%", xlabel="momentum [MeV/c]", ylim=(0.92, 1.08))
    axes.set_ylabel("simulated / tabulated")
    axes.legend()


def _losses(axes: Axes, events: int, seed: int) -> None:
    momentum = np.linspace(120, 800, 200)
    for mass, name in ((MUON_MASS, SYMBOLS[13]), (PROTON_MASS, SYMBOLS[2212])):
        use = momentum > (280 if mass == PROTON_MASS else 0)
        energy = np.hypot(momentum[use], mass) - mass
        axes.plot(momentum[use], heavy_loss(energy, mass), color="0.5", linewidth=1)
        axes.annotate(
            name, (450, float(np.interp(450, momentum[use], heavy_loss(energy, mass))) + 0.6)
        )
    axes.plot(PROTON_MOMENTA, PROTON_LOSS, "x", color=REFERENCE, label="PSTAR")
    axes.axhline(MINIMUM_LOSS, color=REFERENCE, linestyle="--", label="PDG minimum, µ")
    points = np.array([250.0, 360.0, 500.0, 700.0])
    losses = [validation.mean_loss(13, p, events=events, seed=seed, length=5.0) for p in points]
    axes.plot(points, losses, "o", color=SIMULATED, markersize=4, label="simulated, first 5 cm")
    axes.set(title="energy loss", xlabel="momentum [MeV/c]", ylim=(0, 14))
    axes.set_ylabel("dE/dx [MeV/cm]")
    axes.legend()


def _radiation(axes: Axes) -> None:
    losses = np.array([validation.radiative_loss(energy) for energy in ELECTRON_ENERGIES])
    axes.plot(ELECTRON_ENERGIES, losses / RADIATED, "o", color=SIMULATED)
    axes.axhline(1, color=REFERENCE)
    axes.axhspan(0.9, 1.1, color=REFERENCE, alpha=0.15, linewidth=0)
    axes.set(title="radiative loss of electrons, band ±10%", xscale="log", ylim=(0.8, 1.2))
    axes.set(xlabel="kinetic energy [MeV]", ylabel="simulated / ESTAR")


def _conversions(axes: Axes, events: int, seed: int) -> None:
    edges = np.linspace(0, 100, 41)
    centres = (edges[1:] + edges[:-1]) / 2
    tables = argon_tables()
    columns = (PHOTOELECTRIC, COMPTON, PAIR)
    depths = validation.conversion_depths(600.0, events=events, seed=seed)
    counts = np.histogram(depths, edges)[0]
    norm = events * np.diff(edges)
    label = f"600 MeV, median {np.median(depths):.1f} cm"
    axes.errorbar(
        centres, counts / norm, np.sqrt(counts) / norm, fmt=".", color=SIMULATED, label=label
    )
    rate = sum(value(tables, column, *place_in_tables(600.0)) for column in columns)
    label = f"XCOM, {math.log(2) / rate:.1f} cm"
    axes.plot(centres, rate * np.exp(-rate * centres), color=REFERENCE, label=label)
    axes.set(title="photons: first interaction", xlabel="depth [cm]", yscale="log")
    axes.set_ylabel("share / cm")
    axes.legend()


def _spread(axes: Axes, events: int, seed: int) -> None:
    depths = np.array([4.0, 8.0, 14.0, 20.0, 30.0])
    for momentum, colour in ((600.0, SIMULATED), (400.0, "#009E73")):
        spread = np.array(
            [
                validation.lateral_offsets(momentum, depth, events=events, seed=seed).std()
                for depth in depths
            ]
        )
        error = spread / math.sqrt(4 * events)
        label = f"{momentum:.0f} MeV/c"
        axes.errorbar(depths, spread, error, fmt="o", color=colour, label=label, markersize=4)
        line = np.linspace(2, 32, 60)
        expected = [
            validation.highland_offset(momentum, MUON_MASS, depth, RADIATION_LENGTH)
            for depth in line
        ]
        axes.plot(line, expected, color=REFERENCE, label="Highland" if momentum == 600 else None)
    axes.set(title="muons: lateral spread", xlabel="depth [cm]", ylabel="rms in a plane [cm]")
    axes.legend()


def _showers(axes: Axes, events: int, seed: int) -> None:
    edges = np.arange(0.0, 122.0, 2.0)
    for momentum, colour in ((100.0, "#CC79A7"), (300.0, "#009E73"), (800.0, SIMULATED)):
        profile = validation.shower_profile(momentum, edges, events=events, seed=seed)
        axes.stairs(profile, edges, color=colour, label=f"{momentum:.0f} MeV/c")
        # PDG eq. 34.36
        maximum = (math.log(momentum / CRITICAL_ENERGY) - 0.5) * RADIATION_LENGTH
        axes.plot(maximum, profile.max() * 1.06, "v", color=colour)
    axes.plot([], [], "v", color="0.5", label="PDG: ln(E/E$_c$) − ½")
    axes.set(title="electron showers", xlabel="depth [cm]", ylabel="dE/dz [MeV/cm]")
    axes.legend()


def _michel(axes: Axes, events: int, seed: int) -> None:
    energies = validation.michel_energies(events=events, seed=seed)
    edges = np.linspace(0, 60, 31)
    counts = np.histogram(energies, edges)[0]
    centres = (edges[1:] + edges[:-1]) / 2
    norm = len(energies) * np.diff(edges)
    axes.errorbar(
        centres, counts / norm, np.sqrt(counts) / norm, fmt=".", color=SIMULATED, label="simulated"
    )
    x = np.linspace(0, 1, 100)
    expected = 2 * x**2 * (3 - 2 * x) / MICHEL_END
    axes.plot(x * MICHEL_END, expected, color=REFERENCE, label="2x²(3 − 2x)")
    axes.set(title="π$^+$ → µ$^+$ → e$^+$", xlabel="positron energy [MeV]", ylabel="share / MeV")
    axes.legend(loc="upper left")


def _balance(axes: Axes, events: int, seed: int) -> None:
    parts = ("deposited", "escaped", "neutrinos", "nuclear", "rest")
    colours = (SIMULATED, "0.6", "#F0E442", "#CC79A7", REFERENCE)
    worst = 0.0
    half_width = SIDE * 0.5
    for row, species in enumerate(SPECIES):
        simulated = deposits(species, 500.0, seed=seed, events=events, half_width=half_width)
        total = sum(event.initial for event in simulated)
        worst = max(
            worst, *(abs(sum(e.balance.values()) - e.initial) / e.initial for e in simulated)
        )
        left = 0.0
        for part, colour in zip(parts, colours, strict=True):
            width = sum(event.balance[part] for event in simulated) / total
            label = part if row == 0 else None
            axes.barh(row, width, left=left, color=colour, label=label)
            left += width
    axes.set_yticks(range(len(SPECIES)), list(SYMBOLS.values()))
    axes.set(title="energy balance, 500 MeV/c", xlabel="share of initial energy", xlim=(0, 1))
    axes.set_ylim(-0.6, 6.6)
    exponent = math.ceil(math.log10(max(worst, 1e-16)))
    axes.text(0.02, 4.75, f"worst event off by less than 10$^{{{exponent}}}$", fontsize=8)
    axes.legend(ncols=3, loc="upper center", fontsize=7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stem", help="path of the figure without its suffix")
    parser.add_argument("--events", type=int, default=400, help="simulated particles per point")
    options = parser.parse_args()
    argon_validation(options.stem, events=options.events)


if __name__ == "__main__":
    main()
