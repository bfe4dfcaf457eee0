"""Outputs appear whole or not at all."""

import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import folder_beside, scratch_folder, whole_file, writable


def test_appears_at_the_end_and_keeps_its_suffix(tmp_path):
    target = tmp_path / "new" / "figure.png"
    with whole_file(target) as path:
        assert path.suffix == ".png"
        path.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert [file.name for file in target.parent.iterdir()] == ["figure.png"]


def test_what_killed_writers_left_is_removed_by_the_next(tmp_path):
    """Files of living writers, of other targets and of other computers stay for now."""
    target = tmp_path / "a.h5"
    code = f"""
import os
from darkpixel.formats.files import whole_file
with whole_file({str(target)!r}) as path:
    path.write_text("half")
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".a.")
    pid, token = left.name.split(".")[2].split("-")
    old, new = (tmp_path / f".a.{pid}-{other}.tmp.h5" for other in ("0" * 8, "1" * 8))
    kept = [
        tmp_path / f".a.{os.getppid()}-{token}.tmp.h5",  # alive
        tmp_path / f".b.{pid}-{token}.tmp.h5",
        tmp_path / f".a.{pid}-{token}.tmp.csv",
        tmp_path / ".a.notes.tmp.h5",
        new,
    ]
    for path in (old, *kept):
        path.write_text("half")
    hours_ago = time.time() - 7200
    os.utime(old, (hours_ago, hours_ago))
    with whole_file(target) as path:
        path.write_text("whole")
    assert sorted(tmp_path.iterdir()) == sorted([target, *kept])


_KILLED = """
import os, sys
from darkpixel.formats.files import folder_beside, scratch_folder
with {folder} as path:
    (path / "part").mkdir()
    (path / "part" / "file").write_text("half")
    print(path)
    sys.stdout.flush()
    os.kill(os.getpid(), 9)
"""


def killed_in(folder: str, **variables: str) -> Path:
    """The folder that a process was using when it was killed."""
    done = subprocess.run(
        [sys.executable, "-c", _KILLED.format(folder=folder)], check=False, text=True,
        capture_output=True, env=os.environ | variables,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    path = Path(done.stdout.strip())
    assert (path / "part" / "file").is_file()
    return path


@pytest.mark.parametrize("writer", [folder_beside, whole_file])
def test_folders_of_killed_writers_are_removed_by_the_next(tmp_path, writer):
    """By whoever writes the file next; those of living ones and of other computers stay for now."""
    target = tmp_path / "new" / "a.h5"
    left = killed_in(f"folder_beside({str(target)!r})")
    assert left.parent == target.parent
    assert left.name.startswith(".a.")
    token = left.name.split("-")[1].split(".")[0]
    other = left.with_name(left.name.replace(token, "0" * 8))
    (other / "part").mkdir(parents=True)
    hours_ago = time.time() - 7200
    os.utime(other, (hours_ago, hours_ago))  # but not what is in it
    with folder_beside(target) as living:
        with writer(target) as path:
            if writer is whole_file:
                path.write_text("whole")
            else:
                assert path.is_dir()
                assert path != living
        assert not left.exists()
        assert living.is_dir()
        assert other.is_dir()
    assert not living.exists()
    os.utime(other / "part", (hours_ago, hours_ago))
    os.utime(other, (hours_ago, hours_ago))
    write(target)
    assert [path.name for path in target.parent.iterdir()] == ["a.h5"]


def test_scratch_folders_of_killed_processes_are_removed_by_the_next(tmp_path, monkeypatch):
    """Only of this computer: another one that shares TMPDIR may use its own for hours."""
    left = killed_in("scratch_folder()", TMPDIR=str(tmp_path))
    assert left.parent == tmp_path
    token = left.name.split("-")[1].split(".")[0]
    other = left.with_name(left.name.replace(token, "0" * 8))
    other.mkdir()
    hours_ago = time.time() - 7200
    os.utime(other, (hours_ago, hours_ago))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch_folder() as path, scratch_folder() as second:
        assert sorted(tmp_path.iterdir()) == sorted([path, second, other])
    assert list(tmp_path.iterdir()) == [other]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(DarkpixelError, match="cannot be written") as caught,
        folder_beside(tmp_path / "file" / "a.h5"),
    ):
        pass
    assert "\n" not in str(caught.value)


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


def write(path):
    with whole_file(path) as temporary:
        temporary.write_text("new")


@pytest.mark.parametrize("exists", [True, False])
def test_links_are_followed(tmp_path, exists):
    """Also links to links, and to a file of another folder that is not there yet."""
    target = tmp_path / "far" / "table.csv"
    target.parent.mkdir()
    if exists:
        target.write_text("old")
    link, second = tmp_path / "link.csv", tmp_path / "second.csv"
    link.symlink_to(target)
    second.symlink_to("link.csv")
    write(second)
    assert second.is_symlink()
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert len(list(tmp_path.rglob("*.csv"))) == 3


def test_only_files_are_replaced(tmp_path):
    pipe, folder, link = tmp_path / "pipe", tmp_path / "folder", tmp_path / "link"
    os.mkfifo(pipe)
    folder.mkdir()
    link.symlink_to(pipe)
    for path, kind in ((pipe, "a pipe"), (folder, "a folder"), (link, "a pipe")):
        with pytest.raises(DarkpixelError, match=f"{path}: is {kind}, which must not be repl"):
            write(path)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["folder", "link", "pipe"]
    # A device is only looked at: as root, a test that failed would lose it.
    with pytest.raises(DarkpixelError, match="/dev/null: is a device"):
        writable("/dev/null")
    for path in (".", "/"):
        with pytest.raises(DarkpixelError, match="is a folder"):
            write(path)


def test_paths_that_cannot_be_are_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "file" / "a.csv", tmp_path / ("a" * 300), tmp_path / "loop"):
        with pytest.raises(DarkpixelError) as caught:
            write(path)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "loop"]
