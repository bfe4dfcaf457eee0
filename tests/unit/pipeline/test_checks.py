"""Folders that cannot be written, and files of the future, are refused before the first job."""

import os
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.checks import check_dates, check_writable


def test_a_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    check_writable(tmp_path / "results/mine")
    assert list((tmp_path / "results/mine").iterdir()) == []


def test_a_link_to_a_disk_is_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    check_writable(tmp_path / "results/mine")
    assert (tmp_path / "disk/mine").is_dir()


def test_a_link_to_a_disk_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").symlink_to(tmp_path / "not_mounted")
    with pytest.raises(DarkpixelError, match="results is a link to"):
        check_writable(tmp_path / "results/mine")


def test_a_file_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(DarkpixelError, match=r"results/mine: .*results: Not a directory"):
        check_writable(tmp_path / "results/mine")


def test_a_folder_that_even_root_cannot_write_is_refused() -> None:
    with pytest.raises(DarkpixelError, match="no file can be written there"):
        check_writable("/proc/self")


def test_results_of_the_future_are_refused_until_they_are_dated_anew(tmp_path: Path) -> None:
    """What the message says to do is done."""
    early, late, later = (tmp_path / name for name in ("early", "late", "later"))
    for path, ahead in ((early, 0), (late, 3600), (later, 86400)):
        path.write_text("")
        os.utime(path, (time.time() + ahead,) * 2)
    with pytest.raises(DarkpixelError, match=r"later: dated .*\(of 2 such files") as found:
        check_dates(tmp_path)
    command = str(found.value).rpartition("anew: ")[2]
    subprocess.run(shlex.split(command), check=True)
    check_dates(tmp_path)
    assert late.stat().st_mtime == later.stat().st_mtime  # else one would look older than the other
