"""Outputs appear whole or not at all."""

import errno

import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file


def test_appears_at_the_end_and_keeps_its_suffix(tmp_path):
    target = tmp_path / "new" / "figure.png"
    with whole_file(target) as path:
        assert path.suffix == ".png"
        path.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert [file.name for file in target.parent.iterdir()] == ["figure.png"]


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def write_half():
        with whole_file(target) as path:
            path.write_text("half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        write_half()
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_is_one_line(tmp_path, number):
    with pytest.raises(DarkpixelError, match="disk full") as caught, whole_file(tmp_path / "a"):
        raise OSError(number, "no space")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_forbidden_folder_is_one_line(tmp_path):
    with pytest.raises(DarkpixelError, match="cannot be written"), whole_file(tmp_path / "a"):
        raise OSError(errno.EACCES, "permission denied")
