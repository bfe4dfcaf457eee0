"""`python -m bench.gpu` at toy size on the CPU: each step, and that its checks can fail."""

import itertools
import json

import numpy as np
import pytest
import torch
import yaml

from bench.gpu import __main__ as program
from bench.gpu import checks, pieces, plan, rates, simulation, training
from bench.gpu.comparison import compare, compare_samples
from bench.gpu.measures import judge
from bench.gpu.plan import Cost, epochs_in
from bench.gpu.recipe import read_recipe
from bench.gpu.report import Report, Run
from bench.gpu.subjects import checked, paper_settings
from bench.timing import TimeUp, time_limit
from darkpixel.config.discovery import model_settings
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.folder import load_generator, load_model, save_model

CPU = torch.device("cpu")


@pytest.fixture
def run(tmp_path):
    return Run(Report(tmp_path / "out", minutes=5), CPU, True, tmp_path / "work")


def subject(name):
    return next(subject for subject in checked(toy=True) if subject.name == name)


def failed(rows):
    return {row["check"] for row in rows if not row["passed"]}


@pytest.mark.parametrize("name", ["sarm2_dd_totals", "lagan", "vqvae", "vqvae_pixelcnn_species"])
def test_the_same_model_passes(name):
    one = subject(name)
    assert failed(compare(one, CPU, images=8)) == set()
    assert failed(compare_samples(one, CPU, 8)) == set()


def test_a_spoilt_model_fails():
    def spoil(model):
        with torch.no_grad():
            next(model.prior.blocks.parameters()).mul_(1.2)

    found = failed(compare(subject("vqvae_pixelcnn"), CPU, images=8, spoil=spoil))
    assert {"loss", "gradient", "logits"} <= found


def test_a_model_without_a_number_fails():
    def spoil(model):
        with torch.no_grad():
            next(model.parameters()).fill_(float("nan"))

    assert "loss" in failed(compare(subject("sarm1_dc"), CPU, images=4, spoil=spoil))


def test_other_samples_fail(monkeypatch):
    one = subject("sarm1_dd")
    monkeypatch.setattr(
        type(one), "copy_of",
        lambda self, model, device: self.build(noise=0.5),
    )  # fmt: skip
    assert "samples: different images" in failed(compare_samples(one, CPU, 16))


def test_checks_and_rates_are_written_and_not_done_twice(run):
    assert checks.main(run, ["sarm1_dd"])
    found = run.report.load("checks")
    names = {row["check"] for row in found["models"]["sarm1_dd"]}
    assert {"loss", "log_density", "resumed: weights"} <= names
    assert found["passed"]
    assert found["finished"]
    found["models"]["sarm1_dd"][0]["passed"] = False
    run.report.save("checks", found)
    assert not checks.main(run, ["sarm1_dd"])  # it goes on from the file, and says what failed

    assert rates.main(run, ["lagan"])
    row = run.report.load("rates")["models"]["lagan"]
    assert row["best_sampling"]["images_per_second"] > 0
    assert row["training"][0]["flops_per_image"] > 0


def test_a_failing_training_is_recorded(run, monkeypatch):
    def broken(*arguments):
        raise ValueError("no such thing")

    monkeypatch.setattr(checks, "check_training", broken)
    assert not checks.main(run, ["classifier"])
    assert run.report.load("checks")["models"]["classifier"][-1]["error"].endswith("no such thing")


def test_a_slow_sampler_is_given_up():
    bounds = rates.Bounds(0.01, 0.05, (1, 2), (1,))

    def draw(n):
        end = torch.tensor(0.0)
        for _ in range(10**7 * (n - 1)):
            end += 1

    rows = rates.rates_by_batch(draw, (1, 2), bounds, CPU)
    assert "images_per_second" in rows[0]
    assert rows[1]["problem"] == "not one batch in 0.05 s"
    assert rows[1]["images_per_second_below"] == pytest.approx(40)


def test_time_limit():
    endless = itertools.repeat(None)
    with pytest.raises(TimeUp), time_limit(0.01):
        all(item is None for item in endless)


def test_the_papers_settings():
    muons = paper_settings("sarm2_dd", "muons", "background")
    assert muons["power"] == 1.3
    assert muons["centres"] == [8]
    assert muons["layers"] == 3
    prior = paper_settings("vqvae_pixelcnn", "lartpc")
    assert (prior["blocks"], prior["filters"]) == (6, 128)
    assert prior["autoencoder"]["model"] == "vqvae"
    for one in rates.subjects(toy=False):
        keys = dict(one.settings)
        model_settings(keys.pop("model")).model_validate(keys)


def test_epochs_in_a_budget():
    cost = Cost(start=1, step=0.1, epoch=0.5, reading=0)
    few = epochs_in(101 / 0.95, cost, 100_000, {"batch_size": 10})
    assert few["epochs"] == 20
    assert few["epoch_images"] == 450  # 45 steps of 0.1 s and 0.5 s are a twentieth of 100 s
    assert epochs_in(101 / 0.95, cost, 200, {"batch_size": 10})["epochs"] == 40
    assert epochs_in(1, cost, 200, {"batch_size": 10}) == {
        "batch_size": 10, "epochs": 1, "epoch_images": 10,
    }  # fmt: skip


def test_pieces_make_the_model_again(tmp_path):
    one = subject("sarm2_dc")
    model = one.build(noise=0.1)
    save_model(model, tmp_path / "model", images={"label": "all"})
    paths = pieces.split(tmp_path / "model", tmp_path / "out", "sarm", limit=20_000)
    assert len(paths) > 2
    assert max(path.stat().st_size for path in paths) < 20_000 + 15_000  # and the header
    pieces.join(tmp_path / "out", tmp_path / "joined")
    joined = load_model(tmp_path / "joined")
    for key, values in model.state_dict().items():
        torch.testing.assert_close(joined.state_dict()[key], values, rtol=0, atol=0)
    paths[1].unlink()
    with pytest.raises(DarkpixelError, match="piece 2 is missing"):
        pieces.join(tmp_path / "out", tmp_path / "again")


def test_halves_round_large_matrices_and_nothing_else(tmp_path):
    model = subject("sarm2_dc").build(noise=0.1)
    save_model(model, tmp_path / "model", images={"label": "all"})
    paths = pieces.split(tmp_path / "model", tmp_path / "out", "sarm", half=True)
    pieces.join(tmp_path / "out", tmp_path / "joined")
    joined = load_model(tmp_path / "joined").state_dict()
    rounded = set()
    for key, values in model.state_dict().items():
        halved = values.half().float() if values.ndim > 1 and values.numel() > 2048 else values
        torch.testing.assert_close(joined[key], halved, rtol=0, atol=0)
        if not torch.equal(halved, values):
            rounded.add(key)
    saved = sum(2 * model.state_dict()[key].numel() for key in rounded)
    whole = sum(path.stat().st_size for path in (tmp_path / "model").glob("*.safetensors"))
    assert rounded
    assert sum(path.stat().st_size for path in paths) < whole - saved + 15_000  # and the header


@pytest.fixture(scope="module")
def entry(tmp_path_factory):
    """A training of two stages on images that are simulated once."""
    folder = tmp_path_factory.mktemp("argon")
    recipe, _ = read_recipe(
        {"images": {"train": 60, "validation": 20, "test": 40}, "imaging": {"pixels": 32}}
    )
    simulation.make(folder / "data", recipe, workers=1)
    small = {"codes": 16, "dimension": 4, "encoder_filters": [4, 6], "decoder_filters": [6, 4]}
    common = {"batch_size": 8, "learning_rate": 0.003, "schedule": "cosine"}
    content = {
        "data": {"folder": str(folder / "data")},
        "models": {
            "vqvae": {"settings": {"model": "vqvae", **small}, "training": common},
            "prior": {
                "autoencoder": "vqvae",
                "settings": {"model": "vqvae_pixelcnn", "blocks": 2, "filters": 8},
                "training": {**common, "average": 0.9},
            },
        },
        "sampling": {"images": 16, "block_size": 8},
    }
    path = folder / "toy.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_simulated_splits(entry):
    folder = entry.parent / "data"
    events = []
    for split, images in {"train": 60, "validation": 20, "test": 40}.items():
        with ImageFile(folder / f"{split}.h5") as file:
            assert file.shape == (images, 32, 32)
            assert file.attributes["unit"] == "0.255 MeV"
            events.append(file.column("event"))
    assert len(np.unique(np.concatenate(events))) == 120
    assert not list(folder.glob("*.npz"))


def arguments(entry, tmp_path, *more):
    return [
        "--device", "cpu", "--toy", "--steps", "train", "--train", str(entry), "--out",
        str(tmp_path / "out"), "--work", str(tmp_path / "work"), "--train-seconds", "1",
        "--calibration-steps", "6", "--minutes", "5", *more,
    ]  # fmt: skip


def test_training_within_a_budget(entry, tmp_path):
    assert program.main(arguments(entry, tmp_path, "--keep-samples")) == 0
    found = json.loads((tmp_path / "out" / "train.json").read_text())
    assert found["finished"]
    assert found["models"]["prior"]["plan"]["epochs"] >= 1
    assert found["models"]["prior"]["history"][-1]["epoch"] > 0
    assert found["sampling"]["joint"]["images"] == 16
    assert {row["observable"] for row in found["measures"]["prior"]} >= {"pixels", "charge"}
    assert (tmp_path / "out" / "samples-prior.h5").exists()
    pieces.join(tmp_path / "out", tmp_path / "joined", "prior")
    model = load_generator(tmp_path / "joined")
    assert model.sample(2, generator=torch.Generator()).shape == (2, 32, 32)
    # It goes on elsewhere from the pieces, and the second call has nothing to do.
    assert program.main(arguments(entry, tmp_path)) == 0
    other = arguments(entry, tmp_path / "other", "--start", str(tmp_path / "out"))
    assert program.main(other) == 0
    log = (tmp_path / "other" / "out" / "log.txt").read_text()
    assert "goes on from" in log


def test_a_training_that_takes_too_long_is_stopped(entry, tmp_path, monkeypatch):
    slow = plan.epochs_in
    monkeypatch.setattr(training, "epochs_in", lambda *given: {**slow(*given), "epochs": 10**6})
    monkeypatch.setattr(training, "_AFTERWARDS", 300 - 2.0)  # of five minutes two seconds are left
    options = arguments(entry, tmp_path)
    assert program.main(options) == 0
    found = json.loads((tmp_path / "out" / "train.json").read_text())
    assert found["models"]["prior"]["stopped_early"]
    assert found["measures"]["prior"]


def test_the_judges_tables(entry, tmp_path):
    ssnet = subject("ssnet").build(images=50)
    save_model(ssnet, tmp_path / "ssnet", images={"pixel_size": 0.5, "unit": "0.255 MeV"})
    folder = entry.parent / "data"
    found = judge(
        ssnet, tmp_path / "ssnet", {"same": folder / "train.h5"}, folder / "test.h5",
        tmp_path / "labels",
    )  # fmt: skip
    assert {row["model"] for row in found["divergences"]} == {"same"}
    assert "track_length" in {row["observable"] for row in found["distances"]}
