"""Muon images from Pythia 8: seeds, batches, pile-up, labels, errors."""

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from darkpixel.config.data import MuonData
from darkpixel.config.muons import MuonDetector, MuonImaging, MuonSimulation
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.workers import CAN_FORK
from darkpixel.simulation.muons import simulation as muons_module
from darkpixel.simulation.muons.collisions import Collisions, pythia_settings
from darkpixel.simulation.muons.particles import Deposits, choose_muons
from darkpixel.simulation.muons.pileup import eta_reach, read_pileup, simulate_pileup
from darkpixel.simulation.muons.simulation import Label, simulate
from darkpixel.studies.simulation_speed import BATCH, simulation_speed
from darkpixel.studies.simulation_speed import simulate as simulate_for_speed

# Without multiple interactions in diffraction, Pythia starts 5 seconds sooner.
FAST = MuonSimulation(
    multi_parton_interactions=False,
    forced_b_to_muon=True,
    pileup_events=120,
    pileup=20,
    pythia=["Diffraction:mMinPert = 1e6"],
)
QUIET = FAST.model_copy(update={"pileup": 0.0})
IMAGING = MuonImaging()


@pytest.fixture(scope="module")
def pool_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pool") / "pileup.h5"
    simulate_pileup(FAST, 5, path)
    return path


@pytest.fixture(scope="module")
def pool(pool_file: Path) -> Deposits:
    return read_pileup(pool_file)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """400 images of both labels without pile-up."""
    folder = tmp_path_factory.mktemp("quiet")
    labels: tuple[Label, ...] = ("signal", "background")
    paths: dict[str, Path] = {}
    for label in labels:
        paths[label] = path = folder / f"{label}.h5"
        simulate(QUIET, IMAGING, label, 400, 3, path)
    return paths


def one_line(error: pytest.ExceptionInfo[DarkpixelError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_same_seed_same_bytes_whatever_the_batch(pool: Deposits, tmp_path: Path) -> None:
    # More images than are drawn at once, so that blocks and batches end in different places.
    for name, seed, batch in (("a", 5, 200), ("b", 5, 200), ("c", 5, 71), ("d", 6, 200)):
        simulate(FAST, IMAGING, "signal", 140, seed, tmp_path / name, pool=pool, batch=batch)
    a, b, c, d = ((tmp_path / name).read_bytes() for name in "abcd")
    assert a == b == c
    assert a != d


def test_pool_has_same_bytes_whatever_the_batch(pool_file: Path, tmp_path: Path) -> None:
    simulate_pileup(FAST, 5, tmp_path / "again.h5", batch=37)
    assert (tmp_path / "again.h5").read_bytes() == pool_file.read_bytes()
    simulate_pileup(FAST, 6, tmp_path / "other.h5")
    assert (tmp_path / "other.h5").read_bytes() != pool_file.read_bytes()


def test_pool_holds_visible_particles_in_the_acceptance(pool: Deposits) -> None:
    assert len(pool) == FAST.pileup_events
    assert np.abs(pool.particles[:, 0]).max() < eta_reach(FAST)
    assert np.all(pool.particles[:, 2:].sum(1) > 0)
    # Inelastic collisions at 13 TeV: six to seven charged and as many neutral per unit of eta.
    assert 30 < np.diff(pool.offsets).mean() < 120


def test_columns(quiet: dict[str, Path]) -> None:
    for label, path in quiet.items():
        with ImageFile(path) as file:
            assert file.shape == (400, 32, 32)
            assert (file.attributes["label"], file.attributes["unit"]) == (label, "GeV")
            assert file.attributes["pixel_size"] == 0.025
            pt, eta = file.column("muon_pt"), file.column("muon_eta")
            assert 10 <= pt.min() < pt.max() <= 15
            assert 1 < np.abs(eta).max() <= 2.4
            assert np.all(np.diff(file.column("event")) > 0)
            assert not file.column("pileup").any()


def test_muons_of_b_quarks_have_company_and_those_of_a_resonance_have_not(
    quiet: dict[str, Path],
) -> None:
    total = {}
    for label, path in quiet.items():
        with ImageFile(path) as file:
            total[label] = file.read().sum((1, 2))
    # Isolated: the muon itself leaves nothing, so most images are blank, and they are kept.
    assert np.mean(total["signal"] == 0) > 0.6
    assert np.mean(total["background"] == 0) < 0.3
    assert total["background"].mean() > 3 * total["signal"].mean()


def mirror_odd(images: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Means, in standard errors, of what a mirror image turns round: row, column, row x column.

    Each is weighted with the pixels, from the image's centre, where the muon is.
    """
    total = images.sum((1, 2), dtype=float)
    weight = images[total > 0] / total[total > 0, None, None]
    place = np.arange(images.shape[1]) - (images.shape[1] - 1) / 2
    row, column = weight.sum(2) @ place, weight.sum(1) @ place
    values = np.stack([row, column, np.einsum("nrc,r,c->n", weight, place, place)], 1)
    means: NDArray[np.float64] = values.mean(0) / (values.std(0, ddof=1) / np.sqrt(len(values)))
    return means


def test_images_are_as_likely_as_their_mirror_images(quiet: dict[str, Path]) -> None:
    """Beams, calorimeter and charges are symmetric, though the field bends charges one way."""
    with ImageFile(quiet["background"]) as file:
        images, eta = file.read(), file.column("muon_eta")
    assert np.abs(mirror_odd(images)).max() < 4
    assert abs(eta.mean()) < 4 * eta.std() / np.sqrt(len(eta))
    # The control: images that are off by two pixels are not.
    assert mirror_odd(np.roll(images, 2, 1))[0] > 4
    assert mirror_odd(np.roll(images, 2, 2))[1] > 4


def test_pileup_adds_energy_and_is_counted(
    pool: Deposits, quiet: dict[str, Path], tmp_path: Path
) -> None:
    simulate(FAST, IMAGING, "signal", 400, 3, tmp_path / "busy.h5", pool=pool)
    with ImageFile(tmp_path / "busy.h5") as busy, ImageFile(quiet["signal"]) as calm:
        # The same muons: the detector's random numbers are not Pythia's.
        np.testing.assert_array_equal(busy.column("muon_pt"), calm.column("muon_pt"))
        pileup, total = busy.column("pileup"), busy.read().sum((1, 2))
        assert total.mean() > calm.read().sum((1, 2)).mean() + 1
    assert pileup.mean() == pytest.approx(20, abs=4 * np.sqrt(20 / 400))
    assert pileup.var() == pytest.approx(20, rel=0.3)
    assert np.corrcoef(pileup, total)[0, 1] > 0.05


def test_small_images(pool: Deposits, tmp_path: Path) -> None:
    imaging = MuonImaging(pixels=12, pixel_size=0.06)
    simulate(FAST, imaging, "background", 5, 1, tmp_path / "a.h5", pool=pool)
    with ImageFile(tmp_path / "a.h5") as file:
        assert file.shape == (5, 12, 12)


def test_signal_is_a_resonance_of_the_configured_mass() -> None:
    # The two muons alone, before photons take energy from them.
    bare = ["HadronLevel:all = off", "TimeShower:QEDshowerByL = off"]
    settings = QUIET.model_copy(update={"pythia": bare})
    particles = next(iter(Collisions(settings, "signal", 3, 300)))
    muons = particles[np.abs(particles.species) == 13]
    assert np.bincount(muons.event, minlength=300).tolist() == [2] * 300
    assert not np.bincount(muons.event, np.sign(muons.species)).any()
    energy, *momentum = (
        np.bincount(muons.event, getattr(muons, name)) for name in ("energy", "px", "py", "pz")
    )
    mass = np.sqrt(energy**2 - np.square(momentum).sum(0))
    low, high = settings.mass_window
    assert low <= mass.min() < mass.max() <= high
    assert mass.mean() == pytest.approx(settings.resonance_mass, abs=4 * mass.std() / 300**0.5)
    assert 0 < mass.std() < 2  # a resonance, not a flat spectrum between the bounds


def test_forced_decays_give_many_more_muons() -> None:
    shares = {}
    for forced, collisions in ((True, 400), (False, 1500)):
        settings = QUIET.model_copy(update={"forced_b_to_muon": forced})
        particles = next(iter(Collisions(settings, "background", 3, collisions)))
        found = choose_muons(particles, settings.muon_pt, settings.muon_eta_max)
        shares[forced] = len(found) / collisions
    assert 0 < 4 * shares[False] < shares[True]


def test_switches_reach_pythia() -> None:
    plain, fast = (pythia_settings(s, "background") for s in (MuonSimulation(), FAST))
    assert "511:onIfAny = 13" in fast
    assert "511:onIfAny = 13" not in plain
    assert "511:onIfAny = 13" not in pythia_settings(FAST, "signal")
    assert "PartonLevel:MPI = off" in pythia_settings(FAST, "signal")
    # The pile-up has nothing but soft interactions.
    assert "PartonLevel:MPI = off" not in pythia_settings(FAST, "pileup")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"pythia": ["Foo:bar = 1"]}, "Foo:bar = 1"),
        ({"pythia": ["Random:seed = 3"]}, "Random:seed = 3"),
        ({"energy": 30.0}, "energy = 30"),
    ],
)
def test_setting_that_pythia_refuses_is_named(
    settings: dict[str, object], named: str, tmp_path: Path
) -> None:
    refused = MuonSimulation(pileup=0, **settings)
    with pytest.raises(DarkpixelError) as error:
        simulate(refused, IMAGING, "background", 5, 1, tmp_path / "a.h5")
    assert named in one_line(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"seed": 900_000_001}, "outside Pythia's range"),
        ({"images": 0}, "0 images asked for"),
        ({"label": "tau"}, "label 'tau' is unknown"),
        ({"settings": FAST}, "pileup 20 needs a pool"),
    ],
)
def test_calls_that_cannot_work(call: dict[str, Any], message: str, tmp_path: Path) -> None:
    usual: dict[str, Any] = {
        "settings": QUIET,
        "imaging": IMAGING,
        "label": "signal",
        "images": 5,
        "seed": 1,
    }
    with pytest.raises(DarkpixelError, match=message) as error:
        simulate(**{**usual, **call}, path=tmp_path / "a.h5")
    one_line(error)
    assert list(tmp_path.iterdir()) == []


def test_window_without_muons_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(muons_module, "_PATIENCE", 300)
    settings = QUIET.model_copy(update={"muon_pt": (3000.0, 3100.0)})
    with pytest.raises(DarkpixelError, match=r"0 muons accepted.*\[3000, 3100\]") as error:
        simulate(settings, IMAGING, "signal", 5, 1, tmp_path / "a.h5")
    one_line(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", ["pythia8mc", "awkward"])
def test_missing_package_is_one_line(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # `import` then raises ImportError
    with pytest.raises(DarkpixelError, match=f"needs {package}.*pip install") as error:
        simulate(QUIET, IMAGING, "signal", 5, 1, tmp_path / "a.h5")
    one_line(error)


def test_bad_pool_is_explained(pool_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "pool.h5"
    with pytest.raises(DarkpixelError, match="no such file"):
        read_pileup(path)
    path.write_bytes(pool_file.read_bytes()[:3000])
    with pytest.raises(DarkpixelError, match="not a whole HDF5 file") as error:
        read_pileup(path)
    assert one_line(error).startswith(str(path))
    path.write_bytes(pool_file.read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["version"] = 9
    with pytest.raises(DarkpixelError, match="attribute version is 9, expected 1"):
        read_pileup(path)


def test_configuration_refuses_what_cannot_be() -> None:
    sizes = {"train": 1, "validation": 1, "test": 2}
    with pytest.raises(ValueError, match="no public file of muon images"):
        MuonData(images=sizes, source="download")
    with pytest.raises(ValueError, match="low < high"):
        MuonSimulation(muon_pt=(15, 10))
    with pytest.raises(ValueError, match="inside mass_window"):
        MuonSimulation(resonance_mass=91)
    with pytest.raises(ValueError, match="none of them negative"):
        MuonDetector(ecal_resolution=(0, -1, 0))
    assert MuonData(images=sizes).labels == ("signal", "background")


@pytest.mark.parametrize("label", ["signal", "background"])
def test_a_timed_simulation_counts_its_collisions(label: Label, tmp_path: Path) -> None:
    """Those that the speed tables divide by are those of the file that is thrown away."""
    simulate(QUIET, IMAGING, label, 30, 3, tmp_path / "a.h5", batch=BATCH)
    with ImageFile(tmp_path / "a.h5") as file:
        needed = int(file.column("event").max()) + 1
    recipe = QUIET.model_dump(), IMAGING.model_dump()
    found = simulate_for_speed("muons", label, 30, 3, *recipe)
    assert found.needed == needed
    assert found.made % BATCH == 0
    assert 0 <= found.made - found.needed < BATCH


def test_the_speed_on_two_cores_is_that_of_two_simulations() -> None:
    recipe = QUIET.model_dump(), IMAGING.model_dump()
    rate = simulation_speed("muons", "signal", 3, *recipe, None, seconds=0.1, cores=2)
    assert rate.cores == (2 if CAN_FORK else 1)
    assert rate.value > 0
