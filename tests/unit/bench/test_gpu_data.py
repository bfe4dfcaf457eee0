"""Images that `python -m bench.gpu` simulates for a training, at toy size."""

import os
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
import yaml

from bench.gpu import __main__ as program
from bench.gpu import chunks, simulation
from bench.gpu import recipe as recipe_module
from bench.gpu.chunks import Chunk, chunks_of, make_chunk, pileup_parts
from bench.gpu.data import Data
from bench.gpu.recipe import SPLITS, Bounds, read_recipe
from bench.gpu.report import Report, Run
from darkpixel.config.discovery import model_settings
from darkpixel.config.jets import JetImaging, JetSimulation
from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.folder import load_generator
from darkpixel.models.sample_file import write_shard
from darkpixel.simulation.jets.images import event_blocks
from darkpixel.simulation.jets.simulation import simulate

TRAININGS = sorted(Path(recipe_module.__file__).parent.glob("*.yaml"))
JETS: dict[str, Any] = {
    "dataset": "jets", "images": {"train": 160, "validation": 20, "test": 40},
    "simulation": {"multi_parton_interactions": False},
    "imaging": {"pixels": 14, "pixel_size": 0.2},
}  # fmt: skip
MUONS: dict[str, Any] = {
    "dataset": "muons", "images": {"train": 20, "validation": 10, "test": 10},
    "simulation": {"multi_parton_interactions": False, "forced_b_to_muon": True, "pileup": 2,
                   "pileup_events": 12, "pythia": ["Diffraction:mMinPert = 1e6"]},  # starts sooner
    "imaging": {"pixels": 16, "pixel_size": 0.05},
}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    return Run(Report(tmp_path / "out", minutes=5), torch.device("cpu"), True, tmp_path)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "_LARGEST", {"lartpc": 40, "jets": 40, "muons": 80})
    monkeypatch.setattr(chunks, "_PILEUP_PART", 8)


def until(happened, seconds=60):
    """Whether it happens in time."""
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(happened())


def group_lives(number):
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def recipe_of(**keys):
    return read_recipe({**JETS, **keys})[0]


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: path.stem)
def test_shipped_trainings(path):
    content = yaml.safe_load(path.read_text())
    recipe, bounds = read_recipe(content["data"])
    assert recipe.images["test"] >= 20_000  # two halves of 10,000 for the noise floor
    assert bounds.least <= recipe.images["train"]
    for model in content["models"].values():
        keys = dict(model["settings"])
        model_settings(keys.pop("model")).model_validate(keys)
        Training(**model["training"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset": "tops"}, "dataset: found 'tops'"),
        ({"pixels": 3}, "the key 'pixels'"),
        ({"images": {"train": 3}}, "images: found"),
        ({"images": {"train": 3, "validation": 0, "test": 2}}, "images: found"),
        ({"simulation": {"energie": 3}}, "simulation.energie"),
        ({"imaging": {"pixels": "many"}}, "imaging.pixels"),
        ({"seed": 0}, "seed: found 0"),
    ],
)
def test_bad_recipes(change, message):
    with pytest.raises(DarkpixelError, match=message):
        read_recipe({**JETS, **change})


def test_a_folder_is_of_the_images_alone(tmp_path):
    one = recipe_of().folder(tmp_path)
    assert recipe_of(seconds=3, least=2).folder(tmp_path) == one
    assert recipe_of(simulation={"jet_radius": 0.9}).folder(tmp_path) != one
    # What is a default need not be named.
    assert recipe_of(simulation={**JETS["simulation"], "jet_radius": 1.0}).folder(tmp_path) == one


@pytest.mark.parametrize("entry", [JETS, MUONS])
def test_every_chunk_has_a_seed_of_its_own(tmp_path, small_chunks, entry):
    recipe, _ = read_recipe({**entry, "seed": 800})
    found = [c for split in SPLITS for c in chunks_of(tmp_path, recipe, split)]
    seeds = [chunk.seed for chunk in found] + [part[3] for part in pileup_parts(tmp_path, recipe)]
    assert len(set(seeds)) == len(seeds)
    assert max(seeds) <= 900_000_000
    for split, wanted in entry["images"].items():
        for label in ("signal", "background"):
            mine = [c.images for c in found if (c.split, c.label) == (split, label)]
            twice = entry is MUONS and label == "signal"
            assert sum(mine) == wanted * (2 if twice else 1)


def test_labels_get_on_alike(tmp_path, small_chunks):
    recipe, _ = read_recipe({**MUONS, "images": {"train": 600, "validation": 1, "test": 1}})
    shares = {"signal": 0.0, "background": 0.0}
    for chunk in chunks_of(tmp_path, recipe, "train"):
        shares[chunk.label] += chunk.images / (1200 if chunk.label == "signal" else 600)
        assert abs(shares["signal"] - shares["background"]) <= 80 / 600 + 1e-9


@pytest.fixture(scope="module")
def jets(tmp_path_factory):
    """Jets whose training images are cut off."""
    folder = tmp_path_factory.mktemp("jets") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "_LARGEST", {"jets": 40})
        made = simulation.make(folder, recipe_of(), 1, Bounds(0.0, 40))
    return folder, made


def test_splits_of_each_label_and_of_all(jets):
    folder, made = jets
    collisions = []
    for label in ("signal", "background"):
        for split in ("train", "validation", "test"):
            with ImageFile(folder / label / f"{split}.h5") as file:
                about = {key: file.attributes[key] for key in ("dataset", "label", "split", "unit")}
                assert about == {"dataset": "jets", "label": label, "split": split, "unit": "GeV"}
                assert file.shape[1:] == (14, 14)
                assert len(file) == made["images"][label][split]
                seeds, events = file.column("chunk_seed"), file.column("event")
                collisions += [(label, *pair) for pair in zip(seeds, events, strict=True)]
        assert made["images"][label]["test"] == 40
        assert made["images"][label]["validation"] == 20
        # One worker has at most two chunks on the way when there are 40 images of each label.
        assert 40 <= made["images"][label]["train"] < 160
    assert len(set(collisions)) == len(collisions)
    assert not list((folder / "chunks").iterdir())
    with ImageFile(folder / "joint" / "validation.h5") as file:
        assert file.attributes["classes"] == "signal,background"
        classes, images = file.column("class"), file.read()
    for place, label in enumerate(("signal", "background")):
        with ImageFile(folder / label / "validation.h5") as file:
            sums = np.sort(file.read().sum((1, 2)))
        np.testing.assert_array_equal(np.sort(images[classes == place].sum((1, 2))), sums)
    assert not (folder / "joint" / "test.h5").exists()


def test_images_are_those_of_the_rules(jets, tmp_path, small_chunks):
    folder, _ = jets
    recipe = recipe_of()
    first = next(chunks_of(folder, recipe, "test"))
    assert first.label == "signal"
    simulate(
        JetSimulation(**recipe.simulation), "signal", first.images, first.seed,
        tmp_path / "events.h5", progress=False,
    )  # fmt: skip
    blocks = event_blocks([tmp_path / "events.h5"], JetImaging(**recipe.imaging))
    expected = np.concatenate([images for images, _ in blocks])
    with ImageFile(folder / first.label / "test.h5") as file:
        np.testing.assert_array_equal(file.read(0, first.images), expected)


def test_what_is_made_is_not_made_again(jets, monkeypatch, tmp_path, small_chunks):
    folder, made = jets

    def never(*arguments, **keys):
        raise AssertionError("simulated again")

    monkeypatch.setattr(chunks, "simulate_jets", never)
    assert simulation.make(folder, recipe_of(), 1) == made
    # Chunks of a call that was ended are taken as they are.
    chunk = next(chunks_of(tmp_path, recipe_of(), "test"))
    chunk.path.parent.mkdir()
    chunk.path.write_bytes(b"there")
    assert make_chunk(chunk) == chunk.path
    with pytest.raises(AssertionError):
        make_chunk(chunk._replace(number=1))


def test_a_failure_ends_the_simulation(tmp_path, monkeypatch, small_chunks):
    def broken(*arguments, **keys):
        raise DarkpixelError("no Pythia here")

    monkeypatch.setattr(chunks, "simulate_jets", broken)
    with pytest.raises(DarkpixelError, match="no Pythia here"):
        simulation.make(tmp_path / "data", recipe_of(), 1)


def test_muons_over_a_pool_in_parts(tmp_path, small_chunks):
    recipe, bounds = read_recipe(MUONS)
    assert [part[2] for part in pileup_parts(tmp_path, recipe)] == [8, 4]
    made = simulation.make(tmp_path, recipe, 2, bounds)
    assert made["images"]["signal"] == MUONS["images"]
    assert made["images"]["background"] == MUONS["images"]
    assert len(chunks._pool(tmp_path)) == 12
    with ImageFile(tmp_path / "joint" / "train.h5") as file:
        assert file.shape == (40, 16, 16)


def muon_chunks(folder, recipe, signal_pt, background_pt):
    """Chunks of a test split with the given muons and blank images but for one pixel."""
    found = []
    for label, pt in (("signal", signal_pt), ("background", background_pt)):
        for number, part in enumerate(np.array_split(pt, 2)):
            chunk = Chunk("test", label, number, len(part), 0, 1, folder, recipe)
            chunk.path.parent.mkdir(exist_ok=True)
            images = np.zeros((len(part), 16, 16), np.float32)
            images[:, 8, 8] = part
            np.savez(chunk.path, images=images, muon_pt=part.astype(np.float32))
            found.append(chunk)
    return found


def test_spectra_of_muons_are_matched(tmp_path):
    random = np.random.default_rng(1)
    images = {"train": 1, "validation": 1, "test": 2000}
    recipe, _ = read_recipe({**MUONS, "images": images})
    signal, background = 10 + 5 * random.random(6000) ** 0.7, 10 + 5 * random.random(3000)
    made = muon_chunks(tmp_path, recipe, signal, background)
    simulation.write_splits(tmp_path, ["test"], made, recipe)
    means = {}
    for label in ("signal", "background"):
        with ImageFile(tmp_path / label / "test.h5") as file:
            assert len(file) == 2000
            values = file.column("muon_pt")
            # Images go with their muons.
            np.testing.assert_array_equal(file.read()[:, 8, 8], values)
        means[label] = values.mean()
    error = 5 / 12**0.5 * (2 / 2000) ** 0.5
    assert signal.mean() - background.mean() > 6 * error
    assert abs(means["signal"] - means["background"]) < 4 * error


def test_too_few_muons(tmp_path):
    random = np.random.default_rng(1)
    recipe, _ = read_recipe({**MUONS, "images": {"train": 1, "validation": 1, "test": 2000}})
    made = muon_chunks(tmp_path, recipe, 15 - random.random(2100), 10 + 5 * random.random(2000))
    with pytest.raises(DarkpixelError, match="raise signal_oversampling, now 2"):
        simulation.write_splits(tmp_path, ["test"], made, recipe)


def test_given_files(jets, run, tmp_path):
    folder, _ = jets
    data = Data(run, {"folder": str(folder)})
    assert data.labels == ("signal", "background")
    assert data.path("train") == folder / "joint" / "train.h5"
    assert data.path("test", "signal") == folder / "signal" / "test.h5"
    with pytest.raises(DarkpixelError, match="counts signal, background"):
        Data(run, {"folder": str(folder), "labels": ["background", "signal"]})
    # Without a joint file one is made, not beside the given ones.
    given = tmp_path / "given"
    given.mkdir()
    for label in data.labels:
        (given / label).symlink_to(folder / label)
    with h5py.File(Data(run, {"folder": str(given)}).path("validation")) as file:
        assert set(file["class"][:]) == {0, 1}
    assert not (given / "joint").exists()
    with pytest.raises(DarkpixelError, match=r"test\.h5: not there; name the folder"):
        Data(run, {"folder": str(tmp_path / "none")}).path("test", "signal")


def test_data_of_a_later_call(run, small_chunks):
    entry = {**JETS, "images": {"train": 3, "validation": 2, "test": 2}}
    later = Data(run, entry, later=True)
    try:
        with ImageFile(later.path("train")) as file:
            assert len(file) == 6
        assert until(later.made)
    finally:
        later.stop()
    now = Data(run, entry)
    assert now.made()["images"]["signal"]["train"] == 3
    assert "is there" in (run.report.folder / "log.txt").read_text()


def test_a_simulation_can_be_ended(run):
    data = Data(run, {**JETS, "images": {"train": 10**6, "validation": 10**6, "test": 10**6}})
    process = data._process
    assert process is not None
    data.stop()
    assert process.poll() is not None
    assert until(lambda: not group_lives(process.pid))
    with pytest.raises(DarkpixelError, match="not there, the simulation ended"):
        data.path("validation")
    assert "ended" not in (run.report.folder / "log.txt").read_text()  # it was asked to


def test_a_simulation_that_fails_is_reported_before_it_is_waited_for(run):
    data = Data(run, {**JETS, "simulation": {"pythia": ["No:such = setting"]}})
    log = run.report.folder / "log.txt"
    try:
        assert until(lambda: "the simulation ended with status 1" in log.read_text())
    finally:
        data.stop()
    line = log.read_text().splitlines()[-1]
    assert "jets: Pythia 8 refuses the setting 'No:such = setting'" in line


def train(folder, tmp_path, models, *more, images=30):
    content = {
        "data": {"folder": str(folder)}, "models": models,
        "sampling": {"images": images, "block_size": 10},
    }  # fmt: skip
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(content))
    code = program.main(
        ["--device", "cpu", "--toy", "--steps", "train", "--train", str(tmp_path / "toy.yaml"),
         "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work"), "--train-seconds", "1",
         "--calibration-steps", "4", "--minutes", "5", *more]
    )  # fmt: skip
    report = Report(tmp_path / "out", minutes=1)
    return code, report.load("train"), (tmp_path / "out" / "log.txt").read_text()


def test_one_model_of_all_labels(jets, tmp_path):
    settings = {"model": "lagan", "generator_filters": 4, "discriminator_filters": 4}
    models = {"lagan": {"settings": settings, "training": {"batch_size": 10}}}
    code, found, _ = train(jets[0], tmp_path, models, "--keep-samples")
    assert code == 0
    assert found["models"]["lagan"]["training_images"] == sum(
        counts["train"] for counts in jets[1]["images"].values()
    )
    for label in ("signal", "background"):
        assert found["sampling"][label]["images"] == 30
        rows = {row["observable"]: row for row in found["measures"][label]["lagan"]}
        assert set(rows) == {"pt", "mass", "sum", "nonzero", "girth", "maximum"}
        assert rows["sum"]["n"] == 20  # half the test images
        tested = {row["model"] for row in found["two_sample"][label]["rows"]}
        assert tested == {"monte_carlo", "monte_carlo_scaled", "lagan"}
    with ImageFile(tmp_path / "out" / "samples-lagan.h5") as file:
        assert np.bincount(file.column("class")).tolist() == [30, 30]
        kept = file.read()[file.column("class") == 1]
    # They are those of the rule that draws samples.
    (folder,) = (tmp_path / "work").glob("train-*/lagan")
    about = {"dataset": "jets", "label": "background", "pixel_size": 0.2, "unit": "GeV"}
    write_shard(
        load_generator(folder, label="background"), tmp_path / "again.h5", images=30, block_size=10,
        blocks=range(3), seed=1, about=about, source="lagan", config_digest="0",
    )  # fmt: skip
    with ImageFile(tmp_path / "again.h5") as file:
        expected = file.read()
    np.testing.assert_array_equal(np.sort(kept.sum((1, 2))), np.sort(expected.sum((1, 2))))


SARM = {
    "settings": {"model": "sarm", "layers": 1, "units": 8, "width": 2, "centres": [],
                 "likelihood": "discrete", "levels": 16},
    "training": {"batch_size": 10},
}  # fmt: skip


def test_a_model_of_each_label(jets, tmp_path):
    models = {f"sarm_{label}": {**SARM, "label": label} for label in ("signal", "background")}
    code, found, _ = train(jets[0], tmp_path, models, "--no-two-sample")
    assert code == 0
    assert found["sampling"]["signal"]["model"] == "sarm_signal"
    assert list(found["measures"]["background"]) == ["sarm_background"]
    assert found["two_sample"]["signal"] == {"skipped": "--no-two-sample"}
    pixels = {row["observable"]: row for row in found["measures"]["signal"]["sarm_signal"]}
    with ImageFile(jets[0] / "signal" / "test.h5") as file:
        expected = np.count_nonzero(file.read(), axis=(1, 2)).mean()
    assert pixels["nonzero"]["test_mean"] == pytest.approx(expected)


def test_a_label_without_a_model(jets, tmp_path):
    code, _, log = train(jets[0], tmp_path, {"sarm": {**SARM, "label": "signal"}})
    assert code == 1
    assert "no model of the label background" in log
