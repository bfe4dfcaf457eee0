"""Hyper-parameter search: proposals, resuming, the objective, the table, the settings' checks."""

import itertools
import json
import logging
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from image_files import write_images
from sarm_toys import toy_images
from torch import nn

from darkpixel.config.search import Search, Study, has_width, search_space, space_problem
from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.base import GenerativeModel
from darkpixel.studies import search
from darkpixel.studies.density import bits_per_pixel
from darkpixel.studies.search import (
    Trainer,
    Trial,
    first_images,
    next_choice,
    run_study,
    space_size,
)
from darkpixel.studies.search_on_files import search_on_files
from darkpixel.studies.search_rows import COLUMNS, search_rows
from darkpixel.tables.search import search_table
from darkpixel.training.checkpoints import CheckpointFolder
from darkpixel.training.loop import train

SPACE: dict[str, list[Any]] = {
    "centres": [[], [3], [5]],
    "layers": [1, 2, 3],
    "power": [1.0, 1.5, "auto"],
}
SMALL: dict[str, list[Any]] = {"layers": [1, 2], "width": [2, 4]}


def outcome(choice):
    """A made-up trial: fewer layers and a smaller centre are better."""
    value = choice["layers"] + 0.1 * len(choice.get("centres", [])) + 0.01 * choice.get("width", 0)
    return Trial(choice, torch.full((5,), value, dtype=torch.float64), 0.0, 2, 8, 1, 100, 1.0)


def tried(trials):
    return [trial.choice for trial in trials]


def grid(space):
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]


def study(**keys):
    sizes = {"trials": 4, "epochs": 2, "images": 40, "validation_images": 20}
    return Study(**{"model": "sarm2_dd", **sizes, **keys})


def entry(model="sarm", autoencoder=None, **settings):
    return SimpleNamespace(model=model, autoencoder=autoencoder, settings=settings)


def write_toys(path, count, seed=0):
    pixels = toy_images(count, 12, seed)
    pixels[0] = 0  # a blank image
    number = np.arange(count, dtype=np.int32)
    return write_images(path, pixels.numpy(), {"number": number}, pixel_size=0.2)


def test_a_grid_is_tried_whole_and_once(tmp_path):
    done = run_study(SMALL, outcome, trials=9, seed=1, folder=tmp_path, digest="d")
    assert len(done) == space_size(SMALL) == 4
    assert {json.dumps(choice) for choice in tried(done)} == {
        json.dumps({"layers": layers, "width": width}) for layers in (1, 2) for width in (2, 4)
    }
    with pytest.raises(DarkpixelError, match="all 4 settings"):
        next_choice(SMALL, done, trials=4, seed=1)


def test_proposals_are_new_and_depend_on_the_seed_and_on_what_was_found():
    done: list[Trial] = []
    for _ in range(13):
        done.append(outcome(next_choice(SPACE, done, trials=20, seed=1)))
    assert all(choice[key] in SPACE[key] for choice in tried(done) for key in SPACE)
    assert len({json.dumps(choice) for choice in tried(done)}) == 13
    firsts = [next_choice(SPACE, [], trials=4, seed=seed) for seed in range(5)]
    assert any(choice != firsts[0] for choice in firsts)
    worse = [trial._replace(bits=-trial.bits) for trial in done]
    ahead, elsewhere = (
        [next_choice(SPACE, found, trials=20, seed=seed)["layers"] for seed in range(8)]
        for found in (done, worse)
    )
    assert np.mean(ahead) < np.mean(elsewhere)  # where few layers were better, where many were


def test_the_last_of_a_space_is_found_when_tpe_repeats_itself():
    done: list[Trial] = []
    for _ in range(26):
        untried = [c for c in grid(SPACE) if c not in tried(done)]
        done.append(outcome(untried[0]))
    last = next_choice(SPACE, done, trials=26, seed=1)
    assert last not in tried(done)


@pytest.mark.parametrize(("space", "trials"), [(SPACE, 13), (SMALL, 4)])
def test_an_interrupted_study_tries_what_an_uninterrupted_one_tries(tmp_path, space, trials):
    whole = run_study(space, outcome, trials=trials, seed=1, folder=tmp_path / "a", digest="d")
    calls = 0

    def dying(choice):
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            raise KeyboardInterrupt
        return outcome(choice)

    for _ in range(trials):
        try:
            pieces = run_study(
                space, dying, trials=trials, seed=1, folder=tmp_path / "b", digest="d"
            )
            break
        except KeyboardInterrupt:
            continue
    assert calls > trials  # it was interrupted, and what was done was not done again
    assert calls <= trials + trials // 2 + 1
    assert tried(pieces) == tried(whole)
    assert [trial.value for trial in pieces] == [trial.value for trial in whole]


def test_more_trials_go_on_and_other_inputs_begin_anew(tmp_path):
    first = run_study(SPACE, outcome, trials=3, seed=1, folder=tmp_path, digest="d")
    fresh = []

    def counted(choice):
        fresh.append(choice)
        return outcome(choice)

    more = run_study(SPACE, counted, trials=5, seed=1, folder=tmp_path, digest="d")
    assert tried(more) == tried(first) + fresh
    assert len(fresh) == 2
    assert (
        tried(run_study(SPACE, counted, trials=2, seed=1, folder=tmp_path, digest="d"))
        == (tried(first)[:2])
    )
    fresh.clear()
    run_study(SPACE, counted, trials=3, seed=1, folder=tmp_path, digest="other")
    assert len(fresh) == 3


def test_subsets_are_the_first_images_with_their_columns(tmp_path):
    source = write_toys(tmp_path / "all.h5", 30)
    part = first_images(source, 7, tmp_path / "part.h5")
    with ImageFile(source) as whole, ImageFile(part) as file:
        np.testing.assert_array_equal(file.read(), whole.read(0, 7))
        assert file.column("number").tolist() == list(range(7))
        assert file.attributes["pixel_size"] == whole.attributes["pixel_size"]
    assert first_images(source, 30, tmp_path / "none.h5") == source


def trainer(folder, data, **keys):
    return Trainer(
        {"model": "sarm", "units": 16, "power": 1.5, **keys}, study(),
        Training(batch_size=20, learning_rate=0.01), data / "train.h5", data / "validation.h5",
        seed=3, folder=folder, digest="d",
    )  # fmt: skip


@pytest.fixture
def data(tmp_path):
    write_toys(tmp_path / "train.h5", 60)
    write_toys(tmp_path / "validation.h5", 30, seed=1)
    return tmp_path


def test_a_trial_trains_the_same_each_time_and_measures_the_density(tmp_path, data):
    first = trainer(tmp_path / "a", data)({"layers": 1, "width": 3})
    again = trainer(tmp_path / "b", data)({"layers": 1, "width": 3})
    other = trainer(tmp_path / "c", data)({"layers": 1, "width": 6})
    assert first.bits.shape == (20,)
    assert torch.equal(first.bits, again.bits)
    assert not torch.equal(first.bits, other.bits)
    assert other.parameters > first.parameters
    assert first.epochs == 2
    assert 1 <= first.best_epoch <= 2
    # The blank image is the most likely of all, and no density is infinite.
    assert first.bits.argmin() == 0
    assert bool(first.bits.isfinite().all())
    with ImageFile(tmp_path / "a" / "train.h5") as file:
        assert len(file) == 40


class Rounded(GenerativeModel):
    """Independent pixels on a grid of whole GeV from 0 to 3."""

    probabilities = torch.tensor([0.7, 0.15, 0.1, 0.05], dtype=torch.float64)

    def __init__(self, quantise=torch.round):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

        self.quantise = quantise

    def loss(self, images, phase="model", **columns):
        raise NotImplementedError

    def sample(self, n, *, generator, **options):
        raise NotImplementedError

    def log_density(self, images):
        return self.probabilities[images.round().long()].log().flatten(1).sum(1)


def scored_bits(*arguments):
    found = bits_per_pixel(*arguments)
    assert found is not None
    return found.of_images


def write_pixels(path, pixels):
    return write_images(path, np.reshape(pixels, (-1, 1, 1)))


def test_the_density_with_the_zero_level_shared_out_integrates_to_one(tmp_path):
    """A point mass at zero and a density beside it: what grids of any step have in common."""
    step = 0.001
    values = np.arange(0.5 * step, 3.5, step)  # to the end of the highest level
    train = write_pixels(tmp_path / "train.h5", [0.0] * 60 + [0.2, 0.3, 0.4] * 10 + [2.0] * 10)
    scored = write_pixels(tmp_path / "scored.h5", np.append(0.0, values))
    bits = scored_bits(Rounded(), scored, len(values) + 1, train)
    mass, density = 2.0 ** -bits[0], 2.0 ** -bits[1:]
    assert mass + density.sum() * step == pytest.approx(1.0, abs=1e-3)
    assert mass == pytest.approx(0.7 * 61 / 92)  # 60 of 90 pixels of the level are exact zeros
    assert density[0] == pytest.approx(0.7 * (31 / 92) / 0.5, rel=1e-3)
    assert density[-1] == pytest.approx(0.05, rel=1e-6)


def test_nothing_is_added_where_nothing_is_rounded_to_zero(tmp_path):
    path = write_pixels(tmp_path / "images.h5", [0.0, 0.001, 3.0])
    for quantise in (None, lambda images: images, lambda images: images.ceil()):
        model = Rounded(quantise)
        bits = scored_bits(model, path, 3, path)
        images = torch.tensor([0.0, 0.001, 3.0]).view(3, 1, 1)
        expected = -model.log_density(images) / np.log(2)
        np.testing.assert_allclose(bits, expected.numpy())


def test_a_short_trial_leaves_the_warm_up(tmp_path, data, monkeypatch):
    seen = []

    def recorded(model, train_file, validation_file, settings, **rest):
        seen.append(settings)
        train(model, train_file, validation_file, settings, **rest)

    monkeypatch.setattr(search, "train", recorded)
    for name, keys in (
        ("warm", {"warmup_steps": 100}),
        ("cool", {"warmup_steps": 1, "epoch_images": 30, "batch_size": 3}),
    ):
        trial = Trainer(
            {"model": "sarm", "units": 16, "power": 1.5, "width": 3, "layers": 1},
            study(epochs=3),
            Training(**{"batch_size": 4, "learning_rate": 0.01, **keys}),
            data / "train.h5",
            data / "validation.h5",
            seed=3,
            folder=tmp_path / name,
            digest="d",
        )({})
        assert trial.steps == 30  # of 40 images in tens, of 30 in tens
    # of 30 steps a tenth; a warm-up that is short enough stays
    assert [settings.warmup_steps for settings in seen] == [3, 1]


def test_the_trial_in_progress_goes_on_where_it_was_stopped(tmp_path, data, monkeypatch, caplog):
    """Stopped after the first epoch of the second of two trials, both of two epochs."""

    def searched(folder):
        rows = search_on_files(
            data / "train.h5", data / "validation.h5", folder, name="few",
            study=study(trials=2).model_dump(), space={"layers": [1], "width": [2, 4]},
            settings={"model": "sarm", "units": 16, "power": 1.5},
            training=Training(batch_size=20, learning_rate=0.01, checkpoint_seconds=0).model_dump(),
            seed=3, threads=1, code="c",
        )  # fmt: skip
        return rows.drop(columns="seconds")

    caplog.set_level(logging.INFO, "darkpixel")
    whole = searched(tmp_path / "a")
    assert "resumed" not in caplog.text
    saved, real = [], CheckpointFolder.save

    def dying(self, state):
        real(self, state)
        saved.append(self.folder.name)
        if saved.count("training") == 9:
            raise KeyboardInterrupt

    monkeypatch.setattr(CheckpointFolder, "save", dying)
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "b")
    monkeypatch.undo()
    # A checkpoint after each of the two steps of an epoch, and after the epoch.
    assert saved == ["training"] * 6 + ["b"] + ["training"] * 3
    caplog.clear()
    pieces = searched(tmp_path / "b")
    assert "1 of 2 trials are done already" in caplog.text
    assert "resumed at epoch 2, step 0" in caplog.text
    pd.testing.assert_frame_equal(pieces, whole, check_exact=True)


def test_models_without_a_likelihood_are_told(tmp_path, data):
    with pytest.raises(DarkpixelError, match=r"'layers': 1.*no exact likelihood"):
        trainer(tmp_path / "a", data, totals=True)({"layers": 1})


def test_rows_and_table(tmp_path):
    random = np.random.default_rng(0)
    shared = random.normal(1, 0.5, 200)
    trials = [
        outcome({"layers": layers})._replace(
            bits=torch.from_numpy(shared + 0.1 * layers + random.normal(0, 0.01, 200))
        )
        for layers in (3, 1, 2)
    ]
    rows = search_rows(
        trials, name="few", study=study(), space={"layers": [1, 2, 3, 4]}, images=40, hardware="cpu"
    )
    assert list(rows.columns) == COLUMNS
    assert rows["best"].tolist() == [False, True, False]
    assert rows["method"].tolist() == ["TPE"] * 3
    assert rows["value"].to_numpy() == pytest.approx([1.3, 1.1, 1.2], abs=0.1)
    assert rows["difference"].to_numpy() == pytest.approx([0.2, 0.0, 0.1], abs=0.005)
    # Same images: the difference is known far better than either value.
    assert rows["difference_error"][0] < 0.1 * rows["error"][0]
    search_table(rows, tmp_path / "table")
    text = (tmp_path / "table.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("| few")]
    assert ["layers 1" in lines[0], "layers 2" in lines[1], "layers 3" in lines[2]] == [True] * 3
    assert "**best**" in lines[0]
    assert "3 of 4 settings, at random (layers of [1, 2, 3, 4]); 40 training images" in text
    assert "epochs at most 2 (8 steps)" in text
    assert len(pd.read_csv(tmp_path / "table.csv")) == 3


def test_the_papers_spaces():
    discrete = entry(likelihood="discrete")
    space = search_space(study(), discrete)
    assert space["power"] == [1.0, 1.1, 1.2, 1.3, 1.5, 2.0]
    assert space["centres"] == [[], [3], [5], [7]]
    assert "power" not in search_space(study(), entry(likelihood="truncated_logistic"))
    pixelcnn = entry("pixelcnnpp")
    assert search_space(study(), pixelcnn) == {"filters": [5, 10, 20], "blocks": [2, 3]}
    for model in (discrete, pixelcnn, entry(likelihood="truncated_logistic")):
        assert space_problem(study(), model) is None
    assert search_space(study(space=SMALL), discrete) == SMALL
    assert has_width(discrete)
    assert not has_width(entry(likelihood="truncated_logistic"))
    assert not has_width(pixelcnn)


@pytest.mark.parametrize(
    ("keys", "model", "where", "message"),
    [
        ({"space": {"layres": [1]}}, entry(), ("space", "layres"), "Extra inputs"),
        ({"space": {"layers": [2, 0]}}, entry(), ("space", "layers"), "refuses 0"),
        ({}, entry(likelihood="gamma"), ("space",), "the paper has none"),
        ({}, entry("vqvae_pixelcnn", autoencoder="vqvae"), ("model",), "no likelihood"),
    ],
)
def test_wrong_studies_are_refused(keys, model, where, message):
    problem = space_problem(study(**keys), model)
    assert problem is not None
    found, text = problem
    assert found == where
    assert message in text


def test_wrong_spaces_and_names_are_refused():
    with pytest.raises(ValueError, match="none twice"):
        study(space={"layers": [1, 2, 1]})
    with pytest.raises(ValueError, match="letters, digits"):
        Search(studies={"a/b": study()})
