"""From muon chunks or a UCI file to splits: matched spectra, no image twice, blank ones kept."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from image_files import write_images
from scipy.stats import ks_2samp

from darkpixel.config.data import SplitSizes
from darkpixel.config.muons import MuonImaging
from darkpixel.config.names import SPLITS
from darkpixel.datasets import muons
from darkpixel.datasets.muon_matching import chunk_events, matched_events, matching_probability
from darkpixel.datasets.splits import write_splits
from darkpixel.datasets.uci_muons import is_uci, uci_events
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Events
from darkpixel.formats.image_file import ImageFile
from darkpixel.simulation.muons.simulation import COLUMNS

SIDE = 12


def spectrum(muons: int, slope: float, seed: int) -> np.ndarray:
    """pT between 10 and 15 GeV, exponential."""
    u = np.random.default_rng(seed).random(muons)
    pt: np.ndarray = 10 - np.log(1 - u * (1 - np.exp(-5 / slope))) * slope
    return pt


def chunk(path: Path, pt: np.ndarray, seed: int) -> Path:
    """One file of the simulation; every third image is blank, the others hold their number."""
    number = np.arange(len(pt))
    images = np.zeros((len(pt), SIDE, SIDE), np.float32)
    images[:, 0, 0] = np.where(number % 3 == 0, 0, number)
    columns = {"muon_pt": pt, "muon_eta": 0 * pt, "pileup": number % 90, "event": 2 * number}
    typed = {name: values.astype(COLUMNS[name]) for name, values in columns.items()}
    about: dict[str, Any] = {
        "dataset": "muons",
        "split": "events",
        "pixel_size": 0.025,
        "seed": seed,
    }
    return write_images(path, images, typed, **about)


def chunks(folder: Path, label: str, pt: np.ndarray) -> list[Path]:
    half = len(pt) // 2
    parts = (pt[:half], pt[half:])
    return [chunk(folder / f"{label}{i}.h5", part, 7 + i) for i, part in enumerate(parts)]


def test_matched_spectra_agree() -> None:
    signal, background = spectrum(20_000, 1.5, 1), spectrum(10_000, 2.5, 2)
    assert ks_2samp(signal, background).pvalue < 1e-6  # else there is nothing to show
    probability = matching_probability(signal, background)
    assert 0 < probability.min() < probability.max() <= 1
    kept = np.random.default_rng(3).random(len(signal)) < probability
    assert ks_2samp(signal[kept], spectrum(10_000, 2.5, 4)).pvalue > 0.01
    # The best that accept-reject can do is the smallest ratio of the spectra.
    edges = np.linspace(10, 15, 11)
    shapes = [np.histogram(pt, edges, density=True)[0] for pt in (signal, background)]
    assert kept.mean() == pytest.approx(np.min(shapes[0] / shapes[1]), rel=0.2)


def test_equal_spectra_lose_little_and_few_muons_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    signal, background = spectrum(20_000, 2, 1), spectrum(20_000, 2, 2)
    assert matching_probability(signal, background).mean() > 0.85
    assert matching_probability(signal, background[:200]).min() < 1
    assert not caplog.records
    assert np.all(matching_probability(signal[:60], background[:199]) == 1)
    assert "199 background and 60 signal muons are too few" in caplog.text
    assert "200 are needed" in caplog.text


def test_matched_images_are_each_used_once_and_blank_ones_stay(tmp_path: Path) -> None:
    signal = chunks(tmp_path, "signal", spectrum(6000, 1.5, 1))
    background = chunks(tmp_path, "background", spectrum(3000, 2.5, 2))
    sizes = SplitSizes(train=1200, validation=300, test=800)
    outputs = {name: tmp_path / f"{name}.h5" for name in ("train", "validation", "test")}
    write_splits(
        *matched_events(signal, background, sizes.total, 5), outputs, sizes=sizes, seed=5,
        source="test", config_digest="", dataset="muons", label="signal", pixel_size=0.025,
        unit="GeV",
    )  # fmt: skip
    names, blank, pt = set(), 0, []
    for path in outputs.values():
        with ImageFile(path) as file:
            images = file.read()
            event, seed = file.column("source_event"), file.column("chunk_seed")
            pt.append(file.column("muon_pt"))
            # Images and columns stay together.
            expected = np.where(event // 2 % 3 == 0, 0, event // 2)
            np.testing.assert_array_equal(images[:, 0, 0], expected)
            names |= set(zip(seed.tolist(), event.tolist(), strict=True))
            blank += int(np.sum(~images.any((1, 2))))
    assert len(names) == sizes.total
    assert blank == pytest.approx(sizes.total / 3, abs=4 * np.sqrt(sizes.total * 2 / 9))
    assert ks_2samp(np.concatenate(pt), spectrum(3000, 2.5, 2)).pvalue > 0.01


def collected(events: Events) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    blocks = list(events.blocks)
    images = np.concatenate([images for images, _ in blocks])
    names = blocks[0][1]
    return images, {name: np.concatenate([c[name] for _, c in blocks]) for name in names}


def test_matching_is_drawn_by_the_seed(tmp_path: Path) -> None:
    signal = chunks(tmp_path, "signal", spectrum(3000, 1.5, 1))
    background = chunks(tmp_path, "background", spectrum(3000, 2.5, 2))
    first, again, other = (
        collected(matched_events(signal, background, 100, seed))[1]["source_event"]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_too_few_left_says_what_to_raise(tmp_path: Path) -> None:
    signal = chunks(tmp_path, "signal", spectrum(3000, 1.5, 1))
    background = chunks(tmp_path, "background", spectrum(3000, 2.5, 2))
    with pytest.raises(
        DarkpixelError, match=r"raise datasets\.muons\.signal_oversampling"
    ) as error:
        matched_events(signal, background, 3000, 1)
    message = str(error.value)
    assert "\n" not in message
    # With the advice followed, enough are left.
    factor = float(message.rsplit(maxsplit=1)[-1].rstrip("."))
    more = chunks(tmp_path, "more", spectrum(int(3000 * factor), 1.5, 6))
    assert matched_events(more, background, 3000, 1).total >= 3000


def test_without_matching_all_images_pass(tmp_path: Path) -> None:
    pt = spectrum(501, 2, 1)
    images, columns = collected(chunk_events(chunks(tmp_path, "signal", pt)))
    assert images.shape == (501, SIDE, SIDE)
    np.testing.assert_allclose(columns["muon_pt"], pt, rtol=1e-6)
    assert columns["chunk_seed"].tolist() == [7] * 250 + [8] * 251


def uci(
    path: Path, axes: tuple[int, ...] = (), weights: str | None = None, sides: int = SIDE
) -> Path:
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for part, count in (("train", 30), ("test", 20)):
            shape = (count, sides, sides) if part == "train" else (count, SIDE, SIDE)
            images = rng.random(shape) * (rng.random(shape) < 0.1)
            file[f"low/{part}"] = images.reshape(count, *axes, *shape[1:])
            if weights:
                file[f"{weights}/{part}"] = np.arange(count) + (100.0 if part == "test" else 0)
    return path


@pytest.mark.parametrize("axes", [(), (1,)])
@pytest.mark.parametrize("weights", [None, "weights/low", "weights"])
def test_uci_file(axes: tuple[int, ...], weights: str | None, tmp_path: Path) -> None:
    path = uci(tmp_path / "images_signal.h5", axes, weights)
    assert is_uci(path)
    events = uci_events(path, seed=None)
    images, columns = collected(events)
    assert images.shape == (events.total, SIDE, SIDE) == (50, SIDE, SIDE)
    with h5py.File(path) as file:
        stored = np.concatenate([file[f"low/{part}"][:] for part in ("train", "test")])
    np.testing.assert_allclose(images, stored.reshape(images.shape), rtol=1e-6)
    if weights is None:
        assert columns == {}
    else:
        assert columns["weight"].tolist() == [*range(30), *range(100, 120)]


def test_our_own_files_and_others_are_not_uci(tmp_path: Path) -> None:
    assert not is_uci(chunk(tmp_path / "ours.h5", spectrum(5, 2, 1), 1))
    (tmp_path / "text.h5").write_text("text")
    assert not is_uci(tmp_path / "text.h5")


def test_other_layouts_are_explained(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["low/train"] = np.zeros((4, 144))
    with pytest.raises(
        DarkpixelError, match=r"low/train is of shape \(4, 144\), expected"
    ) as error:
        uci_events(path, seed=1)
    assert "\n" not in str(error.value)
    with h5py.File(path, "w") as file:
        file["low/train"] = np.zeros((4, SIDE, SIDE))
    with pytest.raises(DarkpixelError, match="low/test is missing"):
        uci_events(path, seed=1)
    with pytest.raises(DarkpixelError, match="both must have one size"):
        uci_events(uci(path, sides=10), seed=1)


def test_weights_of_another_length_leave_all_images_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = uci(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        file["weights/low/train"] = np.ones(3)
    images, columns = collected(uci_events(path, seed=1))
    assert len(images) == 50
    assert columns == {}
    assert "no entry per image; all images are kept" in caplog.text


def weighted(path: Path, weights: np.ndarray) -> Path:
    """A UCI file whose images hold their own number."""
    number = np.arange(1, len(weights) + 1, dtype=np.float32)
    images = number[:, None, None] * np.eye(SIDE, dtype=np.float32)
    half = len(weights) // 3
    with h5py.File(path, "w") as file:
        for part, chosen in (("train", slice(half)), ("test", slice(half, None))):
            file[f"low/{part}"] = images[chosen]
            file[f"weights/{part}"] = weights[chosen]
    return path


def test_uci_weights_thin_the_images_in_proportion(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As many images of a weight are left as it says, each once and with its own number."""
    caplog.set_level("INFO")
    weights = np.tile([0.0, 1.0, 2.0, 4.0], 1500)
    path = weighted(tmp_path / "a.h5", weights)
    events = uci_events(path, seed=3)
    images, columns = collected(events)
    number = images[:, 0, 0].astype(int) - 1
    assert columns == {}  # an image's weight is used up
    assert len(number) == events.total
    assert np.all(np.diff(number) > 0)
    shares = np.bincount(number % 4, minlength=4) / 1500
    assert shares[[0, 3]].tolist() == [0, 1]
    np.testing.assert_allclose(shares[1:3], [0.25, 0.5], atol=4 * np.sqrt(0.25 / 1500))
    assert f"of 6000 images {events.total} are kept ({events.total / 60:.1f} %)" in caplog.text
    again, other = (collected(uci_events(path, seed=seed))[0] for seed in (3, 4))
    np.testing.assert_array_equal(images, again)
    assert not np.array_equal(images[:, 0, 0][:500], other[:, 0, 0][:500])


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ([1.0, 2, -0.5, 1], "that of image 2 is -0.5"),
        ([1.0, np.nan, 1, 1], "that of image 1 is nan"),
        ([1.0, 1, 1, np.inf], "that of image 3 is inf"),
        ([0.0, 0, 0, 0], "all are 0"),
    ],
)
def test_bad_uci_weights_are_explained(weights: list[float], found: str, tmp_path: Path) -> None:
    path = weighted(tmp_path / "a.h5", np.array(weights))
    with pytest.raises(DarkpixelError, match=found) as error:
        uci_events(path, seed=1)
    assert "\n" not in str(error.value)
    assert "match_pt: false" in str(error.value)
    assert uci_events(path, seed=None).total == 4


@pytest.mark.parametrize("reference", [True, False])
def test_simulated_muons_are_matched_where_there_is_a_reference(
    tmp_path: Path, reference: bool
) -> None:
    signal = chunks(tmp_path, "signal", spectrum(600, 2, 1))
    others = chunks(tmp_path, "background", spectrum(600, 5, 2)) if reference else []
    paths = {split: tmp_path / f"{split}.h5" for split in SPLITS}
    sizes = SplitSizes(train=40, validation=5, test=10)
    muons.prepare(
        "simulate", signal, paths, label="signal", imaging=MuonImaging(pixels=SIDE), sizes=sizes,
        seed=4, config_digest="x", reference=others,
    )  # fmt: skip
    expected = matched_events(signal, others, 55, 4) if others else chunk_events(signal)
    kept = collected(expected)[1]["source_event"]
    with ImageFile(paths["train"]) as file:
        assert set(file.column("source_event")) <= set(kept)
        assert file.attributes["source"] == "Pythia 8"


def test_muons_of_a_uci_file_are_recognised(tmp_path: Path) -> None:
    path = uci(tmp_path / "images_signal.h5", (), "weights/low")
    paths = {split: tmp_path / f"{split}.h5" for split in SPLITS}
    muons.prepare(
        "file", [path], paths, label="signal", imaging=MuonImaging(pixels=SIDE),
        sizes=SplitSizes(train=30, validation=5, test=10), seed=4, config_digest="x",
        match_pt=False, beside=[path],
    )  # fmt: skip
    with ImageFile(paths["train"]) as file:
        assert "weight" in file.columns
        assert file.attributes["source"] == str(path)


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [
        ((16, 32), None, "own.h5: images of 16 x 32 pixels; square ones needed"),
        ((32, 32), (12, 12), "own.h5: images of 32 x 32 pixels, but those of .*other.h5 have 12 x"),
        ((12, 12), (32, 32), "own.h5: images of 12 x 12 pixels, but those of .*other.h5 have 32 x"),
    ],
)
def test_labels_of_both_layouts_must_be_alike(
    tmp_path: Path, own: tuple[int, int], other: tuple[int, int] | None, words: str
) -> None:
    """Images of UCI's layout beside plain ones, or not square: refused in the first job."""
    for name, size in (("own", own), ("other", other)):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            if size == (12, 12):
                file["images"] = np.ones((20, *size))
            elif size is not None:
                for part in ("train", "test"):
                    file[f"low/{part}"] = np.ones((20, 1, *size))
    paths = {split: tmp_path / f"{split}.h5" for split in SPLITS}
    with pytest.raises(DarkpixelError, match=words):
        muons.prepare(
            "file", [tmp_path / "own.h5"], paths, label="signal", imaging=MuonImaging(pixels=SIDE),
            sizes=SplitSizes(train=5, validation=2, test=4), seed=4, config_digest="x",
            beside=[] if other is None else [tmp_path / "other.h5"],
        )  # fmt: skip
