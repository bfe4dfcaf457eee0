"""A checkpoint folder has one holder, whole states, and a digest that must agree."""

import errno
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from darkpixel.errors import DarkpixelError
from darkpixel.training.checkpoints import CheckpointFolder

STATE = {"epoch": 3, "weights": {"w": torch.arange(5.0)}, "history": [{"loss": 1.5}]}


def epoch(folder):
    state = folder.load()
    assert state is not None
    return state["epoch"]


def test_state_comes_back(tmp_path):
    with CheckpointFolder(tmp_path / "c", "d1") as folder:
        assert folder.load() is None
        folder.save(STATE)
    with CheckpointFolder(tmp_path / "c", "d1") as folder:
        state = folder.load()
    assert state is not None
    assert state["epoch"] == 3
    assert torch.equal(state["weights"]["w"], torch.arange(5.0))


def test_other_digest_is_not_resumed_but_overwritten(tmp_path, caplog):
    with CheckpointFolder(tmp_path, "d1") as folder:
        folder.save(STATE)
    with CheckpointFolder(tmp_path, "d2") as folder:
        assert folder.load() is None
        message = caplog.records[-1].getMessage()
        assert "d1" in message
        assert "d2" in message
        folder.save({"epoch": 0})
        assert folder.load() == {"epoch": 0}


def test_held_folder_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    with CheckpointFolder(tmp_path, "d1"):
        with (
            pytest.raises(DarkpixelError, match="living training run") as error,
            CheckpointFolder(tmp_path, "d1"),
        ):
            pass
        message = str(error.value)
        assert "\n" not in message
        for part in (str(tmp_path), f"pid {os.getpid()}", os.uname().nodename, "4711", "since"):
            assert part in message
    with CheckpointFolder(tmp_path, "d1"):
        pass  # free again


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_lock_of_a_dead_process_does_not_hold(tmp_path):
    child = os.fork()
    if child == 0:
        _folder = CheckpointFolder(tmp_path, "d1").__enter__()  # held until it dies
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert json.loads((tmp_path / "holder").read_text())["pid"] == child
    with CheckpointFolder(tmp_path, "d1"):
        pass


def test_lock_file_removed_by_the_last_holder_is_not_trusted(tmp_path, monkeypatch):
    """Between open and lock the holder ends and removes the file: the folder is locked anew."""
    plain = fcntl.flock
    calls: list[int] = []

    def late(file, operation):
        if not calls:
            (tmp_path / "lock").unlink()
        calls.append(operation)
        plain(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with CheckpointFolder(tmp_path, "d1"):
        assert len(calls) == 2
        assert (tmp_path / "lock").exists()
        with pytest.raises(DarkpixelError), CheckpointFolder(tmp_path, "d1"):
            pass


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_file_system_without_locks_is_named(tmp_path, monkeypatch, caplog, number):
    def refuse(file, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with CheckpointFolder(tmp_path, "d1") as folder:
        folder.save(STATE)
    assert "no locks" in caplog.text
    with CheckpointFolder(tmp_path, "d1") as folder:  # nothing that a crash leaves behind counts
        assert epoch(folder) == 3


def test_a_forked_child_does_not_keep_the_lock_of_a_dead_process(tmp_path):
    """As a reader process of the training run, left behind when that is killed."""
    code = f"""
import os, time
from darkpixel.training.checkpoints import CheckpointFolder
folder = CheckpointFolder({str(tmp_path)!r}, "d1").__enter__()
child = os.fork()
if child == 0:
    time.sleep(60)
print(child, flush=True)
os.kill(os.getpid(), 9)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.wait()
    try:
        with CheckpointFolder(tmp_path, "d1"):
            os.kill(child, 0)  # it is alive
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_folder_that_cannot_be_written_is_not_called_one_without_locks(
    tmp_path, monkeypatch, caplog
):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(PermissionError), CheckpointFolder(tmp_path, "d1"):
            pass
    assert "no locks" not in caplog.text


def test_failed_write_leaves_the_old_state(tmp_path, monkeypatch):
    with CheckpointFolder(tmp_path, "d1") as folder:
        folder.save(STATE)

        def half(path, content):
            with path.open("wb") as file:
                file.write(content[: len(content) // 2])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", half)
        with pytest.raises(DarkpixelError, match="disk full"):
            folder.save({"epoch": 4})
        assert epoch(folder) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lock", "state.pt"]


def test_temporary_files_of_a_killed_process_are_removed(tmp_path):
    for name in (".state.999.tmp.pt", ".holder.999.tmp"):
        (tmp_path / name).write_bytes(b"half")
    with CheckpointFolder(tmp_path, "d1"):
        assert sorted(p.name for p in tmp_path.iterdir()) == ["holder", "lock"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04 cut off"])
def test_unreadable_state(tmp_path, content):
    (tmp_path / "state.pt").write_bytes(content)
    with (
        CheckpointFolder(tmp_path, "d1") as folder,
        pytest.raises(DarkpixelError, match="not a readable checkpoint") as error,
    ):
        folder.load()
    assert "\n" not in str(error.value)


def test_pickled_code_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"digest": "d1", "state": Evil()}, tmp_path / "state.pt")
    with CheckpointFolder(tmp_path, "d1") as folder, pytest.raises(DarkpixelError):
        folder.load()
    assert not (tmp_path / "ran").exists()


def test_remove_leaves_nothing(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with CheckpointFolder(tmp_path / "c", "d1") as folder:
        folder.save(STATE)
        (tmp_path / "c" / "epoch2.safetensors").write_bytes(b"x")
        folder.remove()
    assert not (tmp_path / "c").exists()
