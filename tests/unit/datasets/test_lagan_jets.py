"""The public file of jet images: what is read of it, and what is refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from jet_splits import ABOUT, outputs

from darkpixel.config.data import SplitSizes
from darkpixel.config.jets import JetImaging
from darkpixel.datasets import jets, lagan_jets
from darkpixel.datasets.lagan_jets import COLUMNS, lagan_events
from darkpixel.datasets.splits import write_splits
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile


def write_lagan(path: Path, total: int, **changes: Any) -> dict[str, np.ndarray]:
    """A file in the layout of the public one: labels mixed, float64 images."""
    rng = np.random.default_rng(5)
    images = rng.exponential(5.0, (total, 25, 25)) * (rng.random((total, 25, 25)) < 0.1)
    images[:, 0, 0] = 9e-4  # below LAGAN's threshold
    images[:, 0, 1] = 1.1e-3
    images[:, 0, 2] = -1e-9  # rounding
    data = {"image": images, "signal": rng.integers(0, 2, total).astype(np.float64)}
    data |= {name: rng.random(total) for name in COLUMNS}
    data |= changes
    with h5py.File(path, "w") as file:
        for name, values in data.items():
            if values is not None:
                file[name] = values
    return data


@pytest.mark.parametrize(("label", "value"), [("signal", 1), ("background", 0)])
def test_lagan_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str, value: int
) -> None:
    monkeypatch.setattr(lagan_jets, "_BLOCK", 128)
    data = write_lagan(tmp_path / "lagan.h5", 500)
    source = lagan_events(tmp_path / "lagan.h5", label)
    assert source.total == np.sum(data["signal"] == value)
    paths = outputs(tmp_path)
    sizes = SplitSizes(train=100, validation=40, test=60)
    write_splits(*source, paths, sizes=sizes, seed=3, **ABOUT)
    for path in paths.values():
        with ImageFile(path) as file:
            rows = file.column("event")
            assert (data["signal"][rows] == value).all()
            expected = data["image"][rows].astype(np.float32)
            assert (file.read()[:, 0, :3] == [0, np.float32(1.1e-3), 0]).all()
            expected[expected < 1e-3] = 0
            np.testing.assert_array_equal(file.read(), expected)
            for name in COLUMNS:
                np.testing.assert_array_equal(file.column(name), data[name][rows])


def test_lagan_labels_share_no_event(tmp_path: Path) -> None:
    write_lagan(tmp_path / "lagan.h5", 300)
    rows = [
        {int(row) for _, columns in lagan_events(path, label).blocks for row in columns["event"]}
        for path in [tmp_path / "lagan.h5"]
        for label in ("signal", "background")
    ]
    assert rows[0].isdisjoint(rows[1])
    assert rows[0] | rows[1] == set(range(300))


def spoiled(value: float) -> np.ndarray:
    images = np.ones((50, 25, 25))
    images[31, 4, 4] = value
    return images


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": None}, "image is missing"),
        ({"signal": None}, "signal is missing"),
        ({"tau_32": None}, "tau_32 is missing"),
        ({"jet_pt": np.ones(49)}, "jet_pt is of shape (49,)"),
        ({"image": np.ones((50, 625))}, "image is of shape (50, 625)"),
        ({"image": spoiled(np.nan)}, "image[31] holds NaN"),
        ({"image": spoiled(-0.5)}, "image[31] holds"),
    ],
)
def test_lagan_faults(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    write_lagan(tmp_path / "lagan.h5", 50, **{"signal": np.ones(50), **changes})
    with pytest.raises(DarkpixelError) as caught:
        list(lagan_events(tmp_path / "lagan.h5", "signal").blocks)
    message = str(caught.value)
    assert words in message
    assert str(tmp_path / "lagan.h5") in message
    assert "\n" not in message


def test_lagan_file_absent_cut_or_mislabelled(tmp_path: Path) -> None:
    path = tmp_path / "lagan.h5"
    with pytest.raises(DarkpixelError, match="no such file"):
        lagan_events(path, "signal")
    write_lagan(path, 50)
    with pytest.raises(DarkpixelError, match="no label 'w'"):
        lagan_events(path, "w")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DarkpixelError, match="not a whole HDF5 file"):
        lagan_events(path, "signal")


def test_jets_of_the_public_file_keep_its_pixels(tmp_path: Path) -> None:
    write_lagan(tmp_path / "lagan_jets.h5", 80)
    paths = outputs(tmp_path / "out")
    jets.prepare(
        "download", [tmp_path / "lagan_jets.h5"], paths, label="signal",
        imaging=JetImaging(pixel_size=0.2), sizes=SplitSizes(train=6, validation=2, test=4), seed=3,
        config_digest="x",
    )  # fmt: skip
    with ImageFile(paths["train"]) as file:
        assert file.shape == (6, 25, 25)
        assert file.attributes["pixel_size"] == lagan_jets.PIXEL_SIZE
        assert (file.attributes["source"], file.attributes["unit"]) == ("lagan_jets", "GeV")
