"""Accuracies of labels: counts, errors, rows, table and figures."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from segmentation_toys import lines_and_blobs, write_toys

from darkpixel.errors import DarkpixelError
from darkpixel.figures.lartpc.segmentation import confusion_matrix, ssnet_training
from darkpixel.metrics.segmentation import accuracy, confusion_counts
from darkpixel.metrics.segmentation_rows import Labelled, accuracy_rows, file_confusion
from darkpixel.tables.segmentation import accuracy_table

COUNT = 40
PUBLISHED = {"ssnet": {"pixel_accuracy": 0.985}}
SPECIES = np.resize(np.array([2212, 11], np.int32), COUNT)


def mislabelled(labels, share, seed):
    """Labels with a share of the lit pixels changed from track to shower and back."""
    wrong = np.random.default_rng(seed).random(labels.shape) < share
    return np.where(wrong & (labels > 0), 3 - labels, labels).astype(np.uint8)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Two data sets; the second with species, and protons labelled without a mistake."""
    folder = tmp_path_factory.mktemp("labels")
    images, labels = lines_and_blobs(COUNT)
    perfect = np.where((SPECIES == 2212)[:, None, None], labels, mislabelled(labels, 0.4, 3))
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("lartpc_vertex", mislabelled(labels, 0.1, 2), {}),
        ("lartpc", perfect, {"species": SPECIES}),
    ]
    return [
        Labelled(
            dataset,
            1,
            str(write_toys(folder / f"{dataset}.h5", 0, images=images, labels=labels, **columns)),
            str(write_toys(folder / f"{dataset}-labels.h5", 0, images=images, labels=found)),
        )
        for dataset, found, columns in cases
    ]


def value(rows, dataset, label, observable, column="value"):
    chosen = rows.set_index(["dataset", "label", "observable"])[column]
    assert chosen.index.is_unique
    return chosen[dataset, label, observable]


def test_counts_are_those_of_pixel_by_pixel():
    random = np.random.default_rng(1)
    true, predicted = random.integers(0, 3, (2, 4, 3, 5)).astype(np.uint8)
    counts = confusion_counts(true, predicted)
    assert counts.shape == (4, 3, 3)
    for image in range(4):
        for i in range(3):
            for j in range(3):
                both = (true[image] == i) & (predicted[image] == j)
                assert counts[image, i, j] == both.sum()


def test_accuracies_of_one_image_by_hand():
    counts = np.array([[[50, 1, 2], [3, 20, 4], [5, 6, 30]]])
    shares = {
        "accuracy_all": 100 / 121,
        "accuracy_nonzero": 50 / 63,
        "accuracy_shower": 20 / 24,
        "accuracy_track": 30 / 36,
    }
    for name, share in shares.items():
        found, error = accuracy(counts, name)
        assert found == pytest.approx(share)
        assert np.isnan(error)
    assert np.isnan(accuracy(np.zeros((2, 3, 3), int), "accuracy_nonzero")[0])


def test_error_is_that_of_drawing_images_again():
    random = np.random.default_rng(4)
    pixels = random.integers(20, 400, 300)
    right = random.binomial(pixels, random.beta(8, 2, 300))  # pixels of an image go together
    counts = np.zeros((300, 3, 3), int)
    counts[:, 1, 1], counts[:, 1, 2] = right, pixels - right
    share, error = accuracy(counts, "accuracy_nonzero")
    drawn = random.integers(300, size=(2000, 300))
    bootstrap = right[drawn].sum(1) / pixels[drawn].sum(1)
    assert error == pytest.approx(bootstrap.std(), rel=0.1)
    assert error > 2 * np.sqrt(share * (1 - share) / pixels.sum())  # not of independent pixels


def test_rows_by_data_set_and_species(sources):
    rows = accuracy_rows(sources, published=PUBLISHED)
    assert list(dict.fromkeys(rows["label"])) == ["all", "e-", "p"]
    assert value(rows, "lartpc", "p", "accuracy_nonzero") == 1
    assert value(rows, "lartpc", "p", "accuracy_nonzero", "n") == COUNT // 2
    assert value(rows, "lartpc", "e-", "accuracy_nonzero") == pytest.approx(0.6, abs=0.05)
    vertex = value(rows, "lartpc_vertex", "all", "accuracy_nonzero")
    assert vertex == pytest.approx(0.9, abs=0.03)
    assert value(rows, "lartpc_vertex", "all", "accuracy_all") > vertex
    counts = file_confusion(sources[0], batch_size=7).sum(0)
    for i, true in enumerate(("background", "shower", "track")):
        for j, found in enumerate(("background", "shower", "track")):
            assert value(rows, "lartpc_vertex", "all", f"{true}_as_{found}") == counts[i, j]
    published = rows.dropna(subset="published")
    assert published[["dataset", "label", "observable", "published"]].to_numpy().tolist() == [
        ["lartpc_vertex", "all", "accuracy_nonzero", 0.985]
    ]


def test_seeds_are_averaged(sources):
    vertex = sources[0]
    perfect = vertex._replace(seed=2, labels=vertex.truth)
    one, two = (
        accuracy_rows(chosen, published=PUBLISHED) for chosen in ([vertex], [vertex, perfect])
    )
    name = ("lartpc_vertex", "all", "accuracy_nonzero")
    assert value(two, *name) == pytest.approx((value(one, *name) + 1) / 2)
    assert value(two, *name, "error") == pytest.approx(value(one, *name, "error") / 2**0.5)
    assert value(two, *name, "seeds") == 2


def test_files_that_do_not_belong_together_are_named(sources, tmp_path):
    fewer = write_toys(tmp_path / "fewer.h5", 3)
    with pytest.raises(DarkpixelError, match=r"fewer.h5: images of shape \(3, 16, 16\), but \(40"):
        accuracy_rows([sources[0]._replace(labels=str(fewer))], published={})


def test_table(sources, tmp_path):
    rows = accuracy_rows(sources, published=PUBLISHED)
    accuracy_table(rows, tmp_path / "ssnet_accuracy")
    text = (tmp_path / "ssnet_accuracy.md").read_text()
    found = value(rows, "lartpc_vertex", "all", "accuracy_nonzero")
    line = next(line for line in text.splitlines() if line.startswith("| lartpc_vertex"))
    assert f"{100 * found:.2f} ± " in line
    assert "(98.5)" in line
    assert text.count("(98.5)") == 1
    again = pd.read_csv(tmp_path / "ssnet_accuracy.csv")
    pd.testing.assert_frame_equal(again, rows, check_dtype=False)


def history(path, drop=()):
    names = ["epoch", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy",
             "validation_accuracy_all"]  # fmt: skip
    epochs = np.arange(1, 6)
    frame = pd.DataFrame(dict.fromkeys(names, 1 - 0.5 / epochs))
    frame.assign(epoch=epochs).drop(columns=list(drop)).to_csv(path, index=False)
    return path


def test_figures_are_written(sources, tmp_path):
    rows = accuracy_rows(sources, published=PUBLISHED)
    confusion_matrix(rows, tmp_path / "confusion")
    ssnet_training([history(tmp_path / "history.csv")], tmp_path / "training")
    written = sorted(path.name for path in tmp_path.iterdir() if path.suffix in (".pdf", ".png"))
    assert written == ["confusion.pdf", "confusion.png", "training.pdf", "training.png"]
    assert all((tmp_path / name).stat().st_size > 5000 for name in written)


def test_another_models_history_is_named(tmp_path):
    path = history(tmp_path / "history.csv", drop=["train_accuracy"])
    with pytest.raises(DarkpixelError, match="no column `train_accuracy`; found epoch"):
        ssnet_training([path], tmp_path / "training")
