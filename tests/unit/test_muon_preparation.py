"""From muon chunks or a UCI file to splits: matched spectra, no image twice, blank ones kept."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.stats import ks_2samp

from darkpixel.config.data import SplitSizes
from darkpixel.data.image_file import ImageFile, ImageWriter
from darkpixel.data.muon_matching import chunk_events, matched_events, matching_probability
from darkpixel.data.muons import COLUMNS
from darkpixel.data.prepare import Events, write_splits
from darkpixel.data.uci_muons import is_uci, uci_events
from darkpixel.errors import DarkpixelError

SIDE = 12


def spectrum(muons: int, slope: float, seed: int) -> np.ndarray:
    """pT between 10 and 15 GeV, exponential."""
    u = np.random.default_rng(seed).random(muons)
    return 10 - np.log(1 - u * (1 - np.exp(-5 / slope))) * slope


def chunk(path: Path, pt: np.ndarray, seed: int) -> Path:
    """One file of the simulation; every third image is blank, the others hold their number."""
    number = np.arange(len(pt))
    images = np.zeros((len(pt), SIDE, SIDE), np.float32)
    images[:, 0, 0] = np.where(number % 3 == 0, 0, number)
    writer = ImageWriter(
        path,
        height=SIDE,
        width=SIDE,
        dataset="muons",
        label="signal",
        split="events",
        pixel_size=0.025,
        unit="GeV",
        source="test",
        seed=seed,
        config_digest="abc",
        columns=COLUMNS,
    )
    with writer:
        writer.append(images, muon_pt=pt, muon_eta=0 * pt, pileup=number % 90, event=2 * number)
    return path


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


def test_equal_spectra_lose_little_and_few_muons_nothing() -> None:
    signal, background = spectrum(20_000, 2, 1), spectrum(20_000, 2, 2)
    assert matching_probability(signal, background).mean() > 0.85
    assert np.all(matching_probability(signal[:50], background[:50]) == 1)


def test_matched_images_are_each_used_once_and_blank_ones_stay(tmp_path: Path) -> None:
    signal = chunks(tmp_path, "signal", spectrum(6000, 1.5, 1))
    background = chunks(tmp_path, "background", spectrum(3000, 2.5, 2))
    sizes = SplitSizes(train=1200, validation=300, test=800)
    outputs = {name: tmp_path / f"{name}.h5" for name in ("train", "validation", "test")}
    about = {"dataset": "muons", "label": "signal", "pixel_size": 0.025, "unit": "GeV"}
    events = matched_events(signal, background, sizes.total, 5)
    write_splits(*events, outputs, sizes=sizes, seed=5, source="test", config_digest="", **about)
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
    factor = float(message.split()[-1].rstrip("."))
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
    events = uci_events(path)
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
        uci_events(path)
    assert "\n" not in str(error.value)
    with h5py.File(path, "w") as file:
        file["low/train"] = np.zeros((4, SIDE, SIDE))
    with pytest.raises(DarkpixelError, match="low/test is missing"):
        uci_events(path)
    with pytest.raises(DarkpixelError, match="both must have one size"):
        uci_events(uci(path, sides=10))


def test_weights_of_another_length_are_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = uci(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        file["weights/low/train"] = np.ones(3)
    _, columns = collected(uci_events(path))
    assert columns == {}
    assert "weights are left out" in caplog.text
