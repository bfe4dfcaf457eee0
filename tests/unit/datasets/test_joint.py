"""Images of all labels in one file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_files import write_images

from darkpixel.datasets.joint import join_labels
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile


def write(path: Path, label: str, count: int, value: float, side: int = 5, **about: Any) -> Path:
    images = np.full((count, side, side), value)
    images[:, 0, 0] = np.arange(count)  # tells the images of a label apart
    return write_images(path, images, {"event": np.arange(count)}, label=label, **about)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return {
        "signal": write(tmp_path / "signal.h5", "signal", 5000, 1.0),
        "background": write(tmp_path / "background.h5", "background", 2500, 2.0),
    }


def test_every_image_is_there_once_with_its_class(files: dict[str, Path], tmp_path: Path) -> None:
    join_labels(files, tmp_path / "joint.h5")
    with ImageFile(tmp_path / "joint.h5") as file:
        images, classes = file.read(0, len(file)), file.column("class")
        assert file.attributes["classes"] == "signal,background"
        assert file.attributes["label"] == "joint"
    assert (images[:, 1, 1] == np.where(classes == 0, 1.0, 2.0)).all()
    for index, count in enumerate((5000, 2500)):
        assert sorted(images[classes == index, 0, 0]) == list(range(count))


def test_columns_of_all_labels_go_with_their_images(tmp_path: Path) -> None:
    """The number in a column is that of the image; what one label lacks is left out."""
    paths = {}
    for label, count in (("signal", 70), ("background", 30)):
        number = np.arange(count, dtype=np.float32)
        images = np.broadcast_to(number[:, None, None], (count, 4, 4))
        columns = {"number": number, "pair": np.stack([number, -number], 1)}
        kind = np.int32 if label == "signal" else np.float32
        columns["other"] = number.astype(kind)
        if label == "signal":
            columns["alone"] = number
        paths[label] = write_images(tmp_path / f"{label}.h5", images, columns, label=label)
    join_labels(paths, tmp_path / "joint.h5")
    with ImageFile(tmp_path / "joint.h5") as file:
        assert set(file.columns) == {"number", "pair", "class"}
        images = file.read()
        assert np.array_equal(file.column("number"), images[:, 0, 0])
        assert np.array_equal(file.column("pair")[:, 1], -images[:, 0, 0])
        assert file.column("class").sum() == 30


def test_labels_are_mixed_evenly(files: dict[str, Path], tmp_path: Path) -> None:
    join_labels(files, tmp_path / "joint.h5")
    with ImageFile(tmp_path / "joint.h5") as file:
        shares = file.column("class").reshape(-1, 250).mean(axis=1)
    # a third of background in every stretch, within 5 standard deviations
    assert np.abs(shares - 1 / 3).max() < 5 * (2 / 9 / 250) ** 0.5


def test_labels_of_two_kinds_are_refused(files: dict[str, Path], tmp_path: Path) -> None:
    other = write(tmp_path / "other.h5", "background", 10, 1.0, side=6)
    with pytest.raises(DarkpixelError, match=r"other\.h5: height is 6, but 5 in .*one kind"):
        join_labels({**files, "background": other}, tmp_path / "joint.h5")
    assert not (tmp_path / "joint.h5").exists()


@pytest.mark.parametrize("about", [{"unit": "MeV"}, {"dataset": "muons"}])
def test_labels_of_two_units_or_data_sets_are_refused(
    files: dict[str, Path], tmp_path: Path, about: dict[str, Any]
) -> None:
    other = write(tmp_path / "other.h5", "background", 10, 1.0, **about)
    (name, value), *_ = about.items()
    with pytest.raises(DarkpixelError, match=rf"other\.h5: {name} is '{value}', but ") as error:
        join_labels({**files, "background": other}, tmp_path / "joint.h5")
    assert "\n" not in str(error.value)


def test_every_source_and_digest_counts(files: dict[str, Path], tmp_path: Path) -> None:
    digests = []
    changes: list[dict[str, Any]] = [{}, {"source": "mine"}, {"config_digest": "1"}]
    for number, about in enumerate(changes):
        other = write(tmp_path / "other.h5", "background", 10, 1.0, **about)
        join_labels({**files, "background": other}, tmp_path / f"{number}.h5")
        with ImageFile(tmp_path / f"{number}.h5") as file:
            assert file.attributes["source"] == ("simulate, mine" if number == 1 else "simulate")
            digests.append(file.attributes["config_digest"])
    assert digests[0] == digests[1] != digests[2]
