"""Simulation of jets with Pythia 8, and the events file."""

import errno
import io
import subprocess
import sys
from pathlib import Path

import awkward
import fastjet
import h5py
import numpy as np
import pytest

from darkpixel.config.jets import JetSimulation
from darkpixel.errors import DarkpixelError
from darkpixel.formats import hdf5
from darkpixel.formats.hdf5 import Disk
from darkpixel.simulation.jets import simulation as jets_module
from darkpixel.simulation.jets.events import (
    COLUMNS,
    JetEvents,
    JetEventsWriter,
    concatenate,
    read_blocks,
    read_header,
)
from darkpixel.simulation.jets.finding import JetFinder, Particles
from darkpixel.simulation.jets.simulation import Label, simulate

FAST = JetSimulation(multi_parton_interactions=False)
IMAGES = 400


def made(folder: Path, label: Label) -> Path:
    path = folder / f"{label}.h5"
    simulate(FAST, label, IMAGES, 11, path)
    return path


@pytest.fixture(scope="module")
def signal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("jets"), "signal")


@pytest.fixture(scope="module")
def background(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("jets"), "background")


def whole(path: Path) -> JetEvents:
    return concatenate(list(read_blocks(path)))


def one_line(error: pytest.ExceptionInfo[DarkpixelError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_same_seed_same_bytes_whatever_the_batch(tmp_path: Path) -> None:
    for name, seed, batch in (("a", 5, 200), ("b", 5, 200), ("c", 5, 23), ("d", 6, 200)):
        simulate(FAST, "signal", 60, seed, tmp_path / f"{name}.h5", batch=batch)
    a, b, c, d = ((tmp_path / f"{name}.h5").read_bytes() for name in "abcd")
    assert a == b == c
    assert a != d


def test_more_images_of_a_seed_begin_with_the_same_jets(signal: Path, tmp_path: Path) -> None:
    simulate(FAST, "signal", 50, 11, tmp_path / "fewer.h5")
    few, many = whole(tmp_path / "fewer.h5"), whole(signal)[:50]
    np.testing.assert_array_equal(few.cells, many.cells)
    np.testing.assert_array_equal(few.columns["event"], many.columns["event"])


def test_header_says_what_was_made(background: Path) -> None:
    header = read_header(background)
    assert (header.label, header.seed, header.images) == ("background", 11, IMAGES)
    assert header.settings == FAST.model_dump(mode="json")
    assert header.generated == whole(background).columns["event"][-1] + 1
    assert "pythia8mc" in header.software
    with h5py.File(background) as file:
        assert file.attrs["acceptance"] == pytest.approx(IMAGES / header.generated)


@pytest.mark.parametrize("label", ["signal", "background"])
def test_jets_are_in_the_window_and_consist_of_their_cells(
    label: str, request: pytest.FixtureRequest
) -> None:
    jets = whole(request.getfixturevalue(label))
    pt, eta, mass = (jets.columns[name] for name in ("jet_pt", "jet_eta", "jet_mass"))
    assert pt.min() > 200
    assert pt.max() < 300
    assert np.abs(eta).max() < 2
    assert np.all(np.diff(jets.columns["event"]) > 0)
    # Invariants under the shift to the leading subjet: a jet is the sum of its massless cells.
    owner = np.repeat(np.arange(len(jets)), np.diff(jets.offsets))
    deta, dphi, cell_pt = jets.cells.astype(float).T

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(owner, values)

    px, py = total(cell_pt * np.cos(dphi)), total(cell_pt * np.sin(dphi))
    energy, pz = total(cell_pt * np.cosh(deta)), total(cell_pt * np.sinh(deta))
    np.testing.assert_allclose(np.hypot(px, py), pt, rtol=1e-5)
    squared = energy**2 - px**2 - py**2 - pz**2
    np.testing.assert_allclose(np.sqrt(np.maximum(squared, 0)), mass, atol=0.5)


def test_cells_lie_on_the_grid(signal: Path) -> None:
    jets = whole(signal)
    for jet in range(50):
        cells = jets.cells[jets.offsets[jet] : jets.offsets[jet + 1]].astype(float)
        steps = (cells[:, 0] - cells[0, 0]) / FAST.cell_size
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-4)


def found(*particles: tuple[float, float, float]) -> JetEvents:
    """The jet of one collision with massless particles of (rapidity, phi, pT)."""
    y, phi, pt = np.array(particles).T
    event = np.zeros(len(y), np.int64)
    momentum = (pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(y), pt * np.cosh(y))
    finder = JetFinder(fastjet, awkward, FAST)
    return finder.trimmed_jets(Particles(1, event, *momentum), first_event=7)


def test_soft_subjets_are_trimmed_and_hard_ones_kept() -> None:
    core, second = (0.05, 1.05, 220.0), (0.55, 1.35)
    soft = found(core, (*second, 10.0))  # below 5 % of the jet's pT
    assert len(soft.cells) == soft.columns["subjets"][0] == 1
    assert np.isnan(soft.columns["subjet_deta"][0])
    assert soft.columns["jet_pt"][0] == pytest.approx(220, rel=1e-6)
    hard = found(core, (*second, 15.0))
    assert hard.columns["subjets"][0] == 2
    assert hard.columns["subjet_deta"][0] == pytest.approx(0.5, abs=1e-6)
    assert hard.columns["subjet_dphi"][0] == pytest.approx(0.3, abs=1e-6)
    assert hard.columns["event"][0] == 7
    np.testing.assert_allclose(np.sort(hard.cells[:, 2]), [15, 220], rtol=1e-6)


def test_particles_share_cells_across_phi_zero_and_out_of_reach_ones_are_lost() -> None:
    jet = found((0.02, 0.02, 150.0), (0.08, 0.08, 70.0), (0.02, 6.22, 20.0), (5.1, 0.0, 900.0))
    cells = jet.cells[np.argsort(jet.cells[:, 1])]
    assert len(cells) == 2
    # The energy of a cell is the sum; 0.05 + 2 pi - 6.25 between the cell centres.
    assert cells[1, 2] == pytest.approx(
        (150 * np.cosh(0.02) + 70 * np.cosh(0.08)) / np.cosh(0.05), rel=1e-6
    )
    assert cells[1, 1] - cells[0, 1] == pytest.approx(0.05 + 2 * np.pi - 6.25, abs=1e-5)


def test_jet_outside_the_acceptance_is_lost() -> None:
    assert len(found((0.05, 1.05, 250.0))) == 1
    for y, pt in ((2.15, 250.0), (0.05, 190.0), (0.05, 310.0)):
        assert len(found((y, 1.05, pt))) == 0


def test_subjets(background: Path) -> None:
    columns = whole(background).columns
    distance = np.hypot(columns["subjet_deta"], columns["subjet_dphi"])
    alone = columns["subjets"] == 1
    np.testing.assert_array_equal(np.isnan(distance), alone)
    assert 0.2 < alone.mean() < 0.9
    # kT subjets of R = 0.3 stay apart, inside a jet of R = 1.
    assert distance[~alone].min() > 0.25
    assert distance[~alone].max() < 2.0


def test_signal_is_a_boosted_w_and_background_is_not(signal: Path, background: Path) -> None:
    w, qcd = (whole(path).columns["jet_mass"] for path in (signal, background))
    near = w[(w > 60) & (w < 100)]
    assert len(near) > 0.6 * len(w)  # most W are inside one jet at this pT
    assert np.median(near) == pytest.approx(79, abs=2)  # PDG: 80.4 GeV; trimming takes a little
    assert np.mean((qcd > 60) & (qcd < 100)) < 0.3
    assert np.median(qcd) < 50


def test_multi_parton_interactions_add_particles(tmp_path: Path) -> None:
    simulate(JetSimulation(), "signal", 25, 3, tmp_path / "on.h5")
    simulate(FAST, "signal", 25, 3, tmp_path / "off.h5")
    on, off = (len(whole(tmp_path / f"{name}.h5").cells) for name in ("on", "off"))
    assert on > off


def test_nothing_is_printed_when_not_a_terminal(tmp_path: Path) -> None:
    program = (
        "from darkpixel.config.jets import JetSimulation\n"
        "from darkpixel.simulation.jets.simulation import simulate\n"
        "settings = JetSimulation(multi_parton_interactions=False)\n"
        f"simulate(settings, 'signal', 5, 1, {str(tmp_path / 'a.h5')!r})\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert result.stdout == b""
    assert result.stderr == b""


def test_progress_shows_a_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    simulate(FAST, "signal", 5, 1, tmp_path / "a.h5", progress=True)
    assert "5/5" in screen.getvalue()
    assert "images/s" in screen.getvalue()


@pytest.mark.parametrize("package", ["pythia8mc", "fastjet", "awkward"])
def test_missing_package_is_one_line(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # `import` then raises ImportError
    with pytest.raises(DarkpixelError, match=f"needs {package}.*pip install") as error:
        simulate(FAST, "signal", 5, 1, tmp_path / "a.h5")
    one_line(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"pythia": ["Foo:bar = 1"]}, "Foo:bar = 1"),
        ({"pythia": ["Tune:pp = 999"]}, "Tune:pp = 999"),
        ({"pythia": ["Random:seed = 3"]}, "Random:seed = 3"),
        ({"pythia": ["Beams:idA = 7"]}, "Beams:idA = 7"),
        ({"energy": 100.0}, "energy = 100"),
    ],
)
def test_setting_that_pythia_refuses_is_named(
    settings: dict[str, object], named: str, tmp_path: Path
) -> None:
    with pytest.raises(DarkpixelError) as error:
        simulate(JetSimulation(**settings), "signal", 5, 1, tmp_path / "a.h5")
    assert named in one_line(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", [0, -1, 900_000_001])
def test_seed_outside_pythias_range(seed: int, tmp_path: Path) -> None:
    with pytest.raises(DarkpixelError, match=f"seed {seed} is outside"):
        simulate(FAST, "signal", 5, seed, tmp_path / "a.h5")


def test_window_without_jets_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jets_module, "_PATIENCE", 300)
    settings = JetSimulation(multi_parton_interactions=False, jet_pt=(3000, 3100))
    with pytest.raises(DarkpixelError, match=r"0 jets accepted.*\[3000, 3100\]") as error:
        simulate(settings, "signal", 5, 1, tmp_path / "a.h5")
    one_line(error)
    assert list(tmp_path.iterdir()) == []


class SmallDisk(Disk):
    """A disk with room for a hundred kilobytes."""

    def write(self, data: memoryview) -> int:
        if self.tell() + len(data) > 100_000 and self._error is None:
            self._error = OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_full_disk_is_one_line_and_leaves_nothing(
    signal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signal.stat().st_size > 100_000  # so that it does not fit
    monkeypatch.setattr(hdf5, "Disk", SmallDisk)
    with pytest.raises(DarkpixelError, match="disk full while writing") as error:
        simulate(FAST, "signal", IMAGES, 11, tmp_path / "a.h5")
    one_line(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("window", [(300.0, 200.0), (200.0, 200.0), (-1.0, 200.0)])
def test_windows_ascend(window: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="low < high"):
        JetSimulation(jet_pt=window)


def toy(jets: int, start: int = 0) -> JetEvents:
    """`jets` jets of 1 to 3 cells."""
    counts = np.arange(start, start + jets) % 3 + 1
    cells = np.ones((counts.sum(), 3), np.float32)
    columns = {
        name: np.arange(start, start + jets).astype(dtype) for name, dtype in COLUMNS.items()
    }
    return JetEvents(cells, np.concatenate([[0], np.cumsum(counts)]), columns)


def test_writer_and_reader_agree_across_blocks(tmp_path: Path) -> None:
    header = {"label": "signal", "seed": 1, "settings": "{}", "config_digest": "", "software": ""}
    jets = toy(5000)
    for name, step in (("a", 5000), ("b", 37)):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            writer = JetEventsWriter(file, header)
            for start in range(0, 5000, step):
                writer.append(jets[start : start + step])
            writer.finish(generated=9000)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    blocks = list(read_blocks(tmp_path / "a.h5", block=999))
    assert [len(block) for block in blocks] == [999] * 5 + [5]
    read = concatenate(blocks)
    np.testing.assert_array_equal(read.offsets, jets.offsets)
    np.testing.assert_array_equal(read.columns["event"], jets.columns["event"])


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def change(path: Path, name: str, value: object) -> None:
    with h5py.File(path, "r+") as file:
        if name in file.attrs:
            file.attrs[name] = value
        else:
            del file[name]
            if value is not None:
                file[name] = value


BROKEN = {
    "not HDF5": (lambda p: p.write_text("text"), "not a whole HDF5 file"),
    "truncated": (truncate, "not a whole HDF5 file"),
    "absent": (lambda p: p.unlink(), "no such file"),
    "format": (lambda p: change(p, "format", "other"), "attribute format is 'other'"),
    "version": (lambda p: change(p, "version", 9), "attribute version is 9, expected 1"),
    "no cells": (lambda p: change(p, "cells", None), "cells is missing"),
    "dtype": (lambda p: change(p, "event", np.zeros(IMAGES)), "event is float64, expected int64"),
    "length": (lambda p: change(p, "jet_pt", np.zeros(3, "f4")), r"jet_pt has shape \(3,\)"),
    "offsets": (
        lambda p: change(p, "offsets", np.r_[np.zeros(IMAGES, int), len(whole(p).cells)]),
        "offsets do not increase",
    ),
    "NaN": (
        lambda p: change(p, "jet_mass", np.full(IMAGES, np.nan, "f4")),
        "jet_mass has values that are not finite",
    ),
    "negative": (lambda p: change(p, "cells", -whole(p).cells), "cells has pT"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_bad_events_file_is_explained(fault: str, signal: Path, tmp_path: Path) -> None:
    path = tmp_path / "events.h5"
    path.write_bytes(signal.read_bytes())
    spoil, message = BROKEN[fault]
    spoil(path)
    with pytest.raises(DarkpixelError, match=message) as error:
        list(read_blocks(path))
    assert one_line(error).startswith(str(path))
