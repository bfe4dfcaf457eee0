"""Files of conditions: text and HDF5 give the same columns, and every fault is one line."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.formats.condition_file import read_conditions

NAMES = ("species", "momentum")


def test_text_and_hdf5_agree(tmp_path: Path) -> None:
    text, hdf5 = tmp_path / "a.csv", tmp_path / "a.h5"
    text.write_text("momentum, species\n500,13\n2.5e2,11\n\n")
    with h5py.File(hdf5, "w") as file:
        file["momentum"], file["species"] = [500.0, 250.0], [13, 11]
        file["event"], file["images"] = [1, 2], np.zeros((2, 4, 4))
    for path in (text, hdf5):
        columns = read_conditions(path, NAMES)
        assert set(columns) == set(NAMES)
        assert columns["momentum"].tolist() == [500, 250]
        assert columns["species"].tolist() == [13, 11]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("momentum\n", "no row"),
        ("pt\n1\n", "column 'pt' is no condition of the model, which takes species, momentum"),
        ("momentum\nfast\n", "row 1: 'momentum' is 'fast'"),
        ("momentum,species\n1\n", "row 1 has 1 values for 2 columns"),
        ("momentum,momentum\n1,2\n", "occurs twice"),
        ("momentum\n1\nnan\n", r"momentum\[1\] is nan"),
    ],
)
def test_faults_of_text_are_one_line(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(DarkpixelError, match=words) as raised:
        read_conditions(path, NAMES)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_faults_of_other_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(DarkpixelError, match=r"ends in '\.txt'"):
        read_conditions(tmp_path / "a.txt", NAMES)
    for name in ("none.csv", "none.h5"):
        with pytest.raises(DarkpixelError, match="no such file"):
            read_conditions(tmp_path / name, NAMES)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["pt"] = [1.0]
    with pytest.raises(DarkpixelError, match="no column of the model's conditions"):
        read_conditions(path, NAMES)
    with h5py.File(path, "w") as file:
        file["momentum"], file["species"] = [1.0, 2.0], [11]
    with pytest.raises(DarkpixelError, match="momentum has 2 values but species has 1"):
        read_conditions(path, NAMES)
    with h5py.File(path, "w") as file:
        file["momentum"] = np.zeros((3, 2))
    with pytest.raises(DarkpixelError, match="not a list of numbers"):
        read_conditions(path, NAMES)
