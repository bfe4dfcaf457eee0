"""The classifier of SARM 8.6: layers, what it learns from toys, splits, resuming, scores."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from image_files import write_images
from torch import nn
from torch.nn import functional as F
from toy_training import write_toy_images

from darkpixel.config.classifier import ClassifierJudge, ClassifierTraining
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.roc import auc
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_config, load_model
from darkpixel.studies import classifiers as classification
from darkpixel.studies.classifiers import log_odds, train_classifiers, write_split
from darkpixel.training.loop import train

SMALL = {"model": "classifier", "filters": 4, "units": 8}
TRAINING = ClassifierTraining(epochs=4, batch_size=20, learning_rate=0.01, device="cpu")
LABELS = ("signal", "background")
SIDE = 12


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def build(side=SIDE, **settings):
    return build_model({**SMALL, **settings}, (side, side), seed=1)


def toys(folder, count, seed, separation):
    """Label -> file of sparse images in GeV; signal has its energy in the upper half instead."""
    random = np.random.default_rng(seed)
    paths = {}
    for label in LABELS:
        images = random.exponential(20, (count, SIDE, SIDE)).astype(np.float32)
        images *= random.random(images.shape) < 0.1
        if label == "signal":
            images[:, SIDE // 2 :] *= 1 - separation
        images[0] = 0  # blank
        paths[label] = write_images(folder / f"{label}{seed}.h5", images)
    return paths


def judge(folder, separation=1.0, training=TRAINING, sources=None, **more):
    """Train on toys and score others; the score file."""
    folder.mkdir(exist_ok=True)
    arguments = {
        "settings": SMALL, "training": training, "repetitions": 2, "images": 90,
        "test_images": None, "seed": 5, "checkpoint_dir": folder / "checkpoints", "digest": "d",
    }  # fmt: skip
    if sources is None:
        sources = {label: [path] for label, path in toys(folder, 100, 1, separation).items()}
    tests = toys(folder, 120, 2, separation)
    train_classifiers(sources, tests, folder / "judge", **(arguments | more))
    return pd.read_parquet(folder / "judge" / "scores.parquet")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judge")
    return folder, judge(folder)


def areas(scores):
    return [auc(own["score"], own["label"] == "signal") for _, own in scores.groupby("repetition")]


def test_layers_are_those_of_the_paper():
    model = build_model({"model": "classifier"}, (28, 28), seed=1)
    shapes = [tuple(p.shape) for p in model.parameters() if p.dim() > 1]
    assert shapes == [
        (30, 1, 3, 3), (30, 30, 3, 3), (30, 30, 3, 3), (30, 30, 3, 3),
        (100, 30 * 7 * 7), (100, 100), (1, 100),
    ]  # fmt: skip


def test_a_block_is_two_rectified_convolutions_and_the_largest_of_four():
    model = build()
    x = torch.rand(3, 1, SIDE, SIDE)
    first, second = (m for m in list(model.convolutions)[:5] if isinstance(m, nn.Conv2d))
    expected = F.max_pool2d(F.relu(second(F.relu(first(x)))), 2)
    torch.testing.assert_close(model.convolutions[:5](x), expected)


@pytest.mark.parametrize("side", [12, 25, 28, 32])
def test_any_image_size_and_blank_images(side):
    model = build(side)
    images = torch.zeros(2, side, side)
    loss = model.loss(images, **{"class": torch.tensor([0, 1], dtype=torch.uint8)})
    loss.backward()
    assert loss.item() == pytest.approx(np.log(2), abs=0.2)
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_the_reference_code_is_another_network():
    model = build(25, reference_code="architecture", filters=30, units=100)
    shapes = [tuple(p.shape) for p in model.parameters() if p.dim() > 1]
    assert shapes[3:] == [(1, 30, 3, 3), (100, 169), (1, 100)]
    with pytest.raises(DarkpixelError, match="13x13"):
        build(12, reference_code="architecture")


def test_the_first_label_is_signal():
    model = build()
    images = torch.rand(6, SIDE, SIDE)
    classes = torch.tensor([0, 0, 1, 1, 1, 0], dtype=torch.uint8)
    probability = torch.sigmoid(model(images))
    right = torch.where(classes == 0, probability, 1 - probability)
    torch.testing.assert_close(model.loss(images, **{"class": classes}), -right.log().mean())


def test_the_unit_of_energy_does_not_matter_when_scaled():
    images = torch.rand(8, SIDE, SIDE)
    answers = {}
    for inputs in ("scaled", "value"):
        for unit in (1.0, 1000.0):
            model = build(inputs=inputs)
            model.fit_to_data(lambda unit=unit: iter((unit * images[:3], unit * images[3:])))
            answers[inputs, unit] = model(unit * images)
    torch.testing.assert_close(answers["scaled", 1.0], answers["scaled", 1000.0])
    assert not torch.allclose(answers["value", 1.0], answers["value", 1000.0])
    blank = build()
    blank.fit_to_data(lambda: iter([torch.zeros(4, SIDE, SIDE)]))
    assert blank(torch.zeros(1, SIDE, SIDE)).isfinite().all()


def test_scores_keep_their_digits_in_bfloat16():
    model = build()
    images = torch.rand(40, SIDE, SIDE)
    with torch.autocast("cpu", torch.bfloat16):
        scores = model(images)
    assert scores.dtype == torch.float32
    assert len(scores.unique()) == 40


def test_the_split_is_disjoint_and_a_tenth_of_each_class(tmp_path):
    count = 60
    sources = {}
    for index, label in enumerate(LABELS):  # the pixel names the image
        numbers = 1 + np.arange(count) + 1000 * index
        images = np.broadcast_to(numbers[:, None, None], (count, 4, 4)).astype(np.float32)
        sources[label] = write_images(tmp_path / f"{label}.h5", images)
    held = []
    for path in write_split(sources, 40, tmp_path, seed=3):
        with ImageFile(path) as file:
            assert file.attributes["classes"] == "signal,background"
            classes, pixels = file.column("class"), file.read()[:, 0, 0]
            np.testing.assert_array_equal(pixels > 1000, classes == 1)
            held.append(pixels)
            assert np.count_nonzero(np.diff(classes)) > 1  # mixed
    train, validation = held
    assert [np.count_nonzero(part < 1000) for part in held] == [36, 4]
    assert (len(train), len(validation)) == (72, 8)
    assert len(set(train) | set(validation)) == 80
    with ImageFile(write_split(sources, 40, tmp_path, seed=4)[1]) as file:
        assert set(file.read()[:, 0, 0]) != set(validation)


def test_separable_images_are_separated(judged):
    folder, scores = judged
    assert min(area for area, _ in areas(scores)) > 0.95
    first = scores[scores["repetition"] == 1]
    assert list(first["label"].unique()) == list(LABELS)
    assert len(first) == 240
    model = load_model(folder / "judge")
    again = log_odds(model, folder / "signal2.h5")
    np.testing.assert_array_equal(again, first["score"][first["label"] == "signal"])
    np.testing.assert_array_equal(log_odds(model, folder / "signal2.h5", 7), again[:7])
    assert load_config(folder / "judge")["images"]["classes"] == "signal,background"
    assert not (folder / "checkpoints").exists()


def test_labels_that_mean_nothing_are_chance(tmp_path):
    scores = judge(
        tmp_path,
        separation=0.0,
        training=TRAINING.model_copy(update={"epochs": 2, "learning_rate": 0.003}),
        settings={"model": "classifier", "filters": 8, "units": 32},
    )
    assert scores["score"].nunique() > 100
    for area, error in areas(scores):
        assert abs(area - 0.5) < 3.5 * error


def test_same_seed_same_scores_and_repetitions_differ(judged, tmp_path):
    _, scores = judged
    pd.testing.assert_frame_equal(judge(tmp_path / "again"), scores)
    first, second = (own["score"].to_numpy() for _, own in scores.groupby("repetition"))
    assert np.abs(first - second).max() > 0.1


def test_a_finished_repetition_is_not_trained_again(judged, tmp_path, monkeypatch):
    _, scores = judged
    plain, calls = train, []

    def stops(model, *files, **more):
        calls.append(more["output_dir"])
        if len(calls) == 2:
            raise SystemExit(143)
        plain(model, *files, **more)

    monkeypatch.setattr(classification, "train", stops)
    with pytest.raises(SystemExit):
        judge(tmp_path)
    assert not (tmp_path / "judge").exists()
    pd.testing.assert_frame_equal(judge(tmp_path), scores)
    assert [path.name for path in calls] == ["trained1", "trained2", "trained2"]


def test_a_repetition_of_other_inputs_is_trained_again(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "rmtree", lambda path: None)  # as if interrupted
    one = judge(tmp_path, repetitions=1)
    assert (tmp_path / "checkpoints" / "trained1").exists()
    other = judge(tmp_path, repetitions=1, seed=6, digest="other")
    assert not other["score"].equals(one["score"])


def test_repetitions_take_the_files_of_a_source_in_turn(tmp_path, monkeypatch):
    plain, used = classification.write_split, []

    def noted(sources, *rest):
        used.append([path.name for path in sources.values()])
        return plain(sources, *rest)

    monkeypatch.setattr(classification, "write_split", noted)
    by_seed = [toys(tmp_path, count, seed, 1.0) for count, seed in ((50, 3), (60, 4))]
    sources = {label: [paths[label] for paths in by_seed] for label in LABELS}
    scores = judge(
        tmp_path / "judged", sources=sources, repetitions=3, images=40,
        training=TRAINING.model_copy(update={"epochs": 1}),
    )  # fmt: skip
    assert used == [[f"{label}{seed}.h5" for label in LABELS] for seed in (3, 4, 3)]
    assert scores.groupby("repetition")["pool"].unique().explode().tolist() == [50, 60, 50]


def test_unfit_sources_are_refused_in_one_line(tmp_path):
    with pytest.raises(DarkpixelError, match=r"100 images.*judges\.classifier\.images"):
        judge(tmp_path, images=101)
    sources: dict[str, str | Path] = {
        "signal": write_toy_images(tmp_path / "a.h5", 9),
        "background": "b.h5",
    }
    with pytest.raises(DarkpixelError, match="signal first"):
        train_classifiers(
            {label: [path] for label, path in sources.items()}, {"signal": "c.h5"}, tmp_path,
            settings=SMALL, training=TRAINING, repetitions=1, images=5,
            test_images=None, seed=1, checkpoint_dir=tmp_path, digest="",
        )  # fmt: skip
    sources["background"] = write_toy_images(tmp_path / "b.h5", 9, side=5)
    with pytest.raises(DarkpixelError, match="5x5 pixels"):
        write_split(sources, 5, tmp_path, seed=1)


def test_the_judge_stops_early_at_the_papers_rate():
    training = ClassifierJudge.model_validate({"training": {"epochs": 3}}).training
    assert (training.learning_rate, training.batch_size) == (1e-3, 128)
    assert training.early_stopping is not None
    assert training.epochs == 3
