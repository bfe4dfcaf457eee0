"""Data and trainings from which no right number comes: each refused, or warned of, by its name.

Every case names the model or the file, what was found, and what to change; beside each stands a
healthy one, of which nothing is said.
"""

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from autoencoder_toys import fitted_vqvae, small_images, write_argon
from image_files import ABOUT, write_images
from overlays import problem
from segmentation_toys import lines_and_blobs
from torch import Tensor
from toy_training import ToyModel, changed, train_toy, write_toy_images

from darkpixel.config.data import SplitSizes
from darkpixel.datasets.splits import write_splits
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.diversity import diversity_rows
from darkpixel.metrics.roc import auc
from darkpixel.models.build import build_model
from darkpixel.tables.diversity import diversity_table
from darkpixel.training.monitors.codebook import vqvae_monitor
from darkpixel.training.monitors.observables import observable_monitor


def train_named(folder: Path, settings: dict[str, Any], columns: str, values: list[Any]) -> None:
    """Train a classifier or SSNet on files whose splits have these values of a column."""
    for split, own in zip(("train", "validation"), values, strict=True):
        images = lines_and_blobs(len(own), side=16)[0]
        write_images(folder / f"{split}.h5", images, {columns: own})
    model: Any = build_model(settings, (16, 16), seed=0)
    train_toy(folder, changed(epochs=1), model)


def labels(kind: str) -> Any:
    """Of the pixels of 12 images: `both`, or `track` or `shower` alone."""
    images, both = lines_and_blobs(12, side=16)
    alone = np.where(images > 0, {"shower": 1, "track": 2, "both": 0}[kind], 0)
    return (both if kind == "both" else alone).astype(np.uint8)


def classes(kind: str) -> Any:
    return (np.arange(12) % 2 if kind == "both" else np.ones(12)).astype(np.int64)


SSNET = {"model": "ssnet", "filters": 2, "depth": 2}
CLASSIFIER = {"model": "classifier", "filters": 2, "units": 4}
SPARSE = {"model": "sparse_classifier", "units": 4}


def ssnet(folder: Path, *kinds: str) -> None:
    train_named(folder, SSNET, "pixel_labels", [labels(kind) for kind in kinds])


def classifier(folder: Path, settings: dict[str, Any], *kinds: str) -> None:
    train_named(folder, settings, "class", [classes(kind) for kind in kinds])


class NotANumber(ToyModel):
    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        return super().loss(images, phase, **columns) * torch.nan


class Draws(ToyModel):
    """Draws the images that it is given."""

    def __init__(self, images: Any) -> None:
        super().__init__()
        self.images = torch.from_numpy(np.asarray(images, np.float32))

    def sample(self, n: int, *, generator: torch.Generator, **options: object) -> Tensor:
        return self.images[:n]


def toy(folder: Path, model: ToyModel, rate: float = 1e-2) -> None:
    for seed, split in enumerate(("train", "validation")):
        write_toy_images(folder / f"{split}.h5", 40, seed)
    train_toy(folder, changed(learning_rate=rate), model)


def real(count: int = 30, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    return (rng.exponential(5.0, (count, 8, 8)) * (rng.random((count, 8, 8)) < 0.4)).astype("f4")


def monitored(folder: Path, images: Any) -> None:
    monitor = observable_monitor(write_images(folder / "validation.h5", real(30, 1)), 30, 1)
    assert monitor is not None
    monitor(Draws(images), 3)


def measured(folder: Path, images: Any) -> None:
    test = write_images(folder / "test.h5", real(60, 1))
    made = write_images(folder / "made.h5", images)
    rows = diversity_rows({"lagan": [made]}, test, dataset="jets", label="signal", n=30)
    diversity_table(rows, folder / "diversity")
    note = (folder / "diversity.md").read_text(encoding="utf-8")
    if "Collapsed" in note:
        logging.getLogger("table").warning("%s", note[note.index("Collapsed") :])


def codebook(folder: Path, alike: bool) -> None:
    model = fitted_vqvae(small_images(40)[0], collapse_after=2)
    if alike:
        with torch.no_grad():
            model.codebook.vectors.fill_(1.0)
    vqvae_monitor(write_argon(folder / "validation.h5"))(model, 3)


def prepared(folder: Path, images: Any) -> None:
    about = {key: value for key, value in ABOUT.items() if key not in ("split", "source", "seed")}
    write_splits(
        iter([(images, {})]),
        len(images),
        {split: folder / f"{split}.h5" for split in ("train", "validation", "test")},
        sizes=SplitSizes(train=10, validation=5, test=5),
        seed=1,
        source="mine.h5",
        **about,
    )


def flat(value: float = 3.0) -> Any:
    return np.full((30, 8, 8), value, np.float32)


def broken() -> Any:
    images = real()
    images[4, 2, 2] = np.inf
    return images


def beams() -> Any:
    """Images that vary in one direction alone: one pattern, brighter or darker."""
    return real()[:1] * np.linspace(0.1, 3.0, 30, dtype=np.float32)[:, None, None]


REFUSED = {
    "NaN loss": (lambda f: toy(f, NotANumber()), "model toy: .*not finite.* smaller learning_rate"),
    "codebook": (lambda f: codebook(f, True), "codebook has collapsed: .*kmeans_start: true"),
    "SSNet, training": (
        lambda f: ssnet(f, "track", "both"),
        r"train\.h5: .*shower.*give it images",
    ),
    "SSNet, validation": (
        lambda f: ssnet(f, "both", "shower"),
        r"validation\.h5: .*labelled track .*give it images that have both",
    ),
    "classifier": (
        lambda f: classifier(f, CLASSIFIER, "one", "both"),
        r"train\.h5: all 12 images are of class 1; classifier .*give it images of both",
    ),
    "sparse classifier": (
        lambda f: classifier(f, SPARSE, "both", "one"),
        r"validation\.h5: all 12 images are of class 1; sparse_classifier .*images of both",
    ),
    "AUC": (
        lambda _: auc([0.1, 0.2], [True, True]),
        "2 images of signal and of 0 .*images of both",
    ),
    "constant": (lambda f: prepared(f, flat()), r"all 30 images of mine\.h5 are the same.*differ"),
    "blank": (lambda f: prepared(f, flat(0.0)), r"every pixel of mine\.h5 is zero"),
    "infinite pixels": (
        lambda f: monitored(f, broken()),
        r"model toy: 1 of 30 images .* bad pixels \(the first is inf.*smaller learning_rate",
    ),
}

WARNED = {
    "explosion": (lambda f: toy(f, ToyModel(), 1e4), "model toy: .*explode.*smaller learning_rate"),
    "GAN, copies": (
        lambda f: monitored(f, real()[:3].repeat(10, 0)),
        r"model toy, epoch 3: .*collapsed.*nearest 0 \(below 0\.1\).*another seed",
    ),
    "GAN, one direction": (
        lambda f: monitored(f, beams()),
        r"model toy, epoch 3: .*collapsed.*dimensions 0\.0\d+ \(below 0\.05\).*another seed",
    ),
    "samples": (
        lambda f: measured(f, real()[:3].repeat(10, 0)),
        r"jets/signal: lagan: .*collapsed.*\n.*Collapsed, .*LAGAN \(jets, signal\).*another seed",
    ),
}

HEALTHY = {
    "training": lambda f: toy(f, ToyModel()),
    "codebook": lambda f: codebook(f, False),
    "SSNet": lambda f: ssnet(f, "both", "both"),
    "classifier": lambda f: classifier(f, CLASSIFIER, "both", "both"),
    "sparse classifier": lambda f: classifier(f, SPARSE, "both", "both"),
    "AUC": lambda _: auc([0.1, 0.2, 0.3, 0.4], [True, False] * 2),
    "images": lambda f: prepared(f, np.concatenate([flat()[:-1], flat(2.0)[:1]])),
    "monitor": lambda f: monitored(f, real()),
    "samples": lambda f: measured(f, real()),
}


@pytest.mark.parametrize("case", REFUSED)
def test_where_no_result_can_be_right_one_line_says_so(case: str, tmp_path: Path) -> None:
    run, message = REFUSED[case]
    with pytest.raises(DarkpixelError) as refused:
        run(tmp_path)
    text = str(refused.value)
    assert re.search(message, text), text
    assert "\n" not in text


@pytest.mark.parametrize("case", WARNED)
def test_what_is_a_judgement_is_a_warning(
    case: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, message = WARNED[case]
    run(tmp_path)
    assert re.search(message, "\n".join(caplog.messages)), caplog.messages


@pytest.mark.parametrize("case", HEALTHY)
def test_of_what_is_healthy_nothing_is_said(
    case: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    HEALTHY[case](tmp_path)
    assert not [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize(("split", "least"), [("train", 1), ("validation", 1), ("test", 2)])
def test_no_split_is_empty(split: str, least: int, tmp_path: Path) -> None:
    """Nor has `test`, of which one half is compared with the other, a single image."""
    assert problem(tmp_path, f"datasets: {{jets: {{images: {{{split}: {least - 1}}}}}}}").endswith(
        f"mine.yaml: datasets.jets.images.{split}: found {least - 1}; input should be greater than "
        f"or equal to {least}"
    )
