"""A checkpoint folder that a process of another computer holds, or held until it was killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.training import holder
from darkpixel.training.checkpoints import CheckpointFolder
from darkpixel.training.holder import HOLDER, Holder, read


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(holder, "WATCH_SECONDS", 2.0)


def beat(folder: Path, number: int, **about: object) -> None:
    entries = {"host": "node7", "pid": 1, "computer": "another", "Slurm job": "99", **about}
    temporary = folder / "new"
    temporary.write_text(json.dumps({**entries, "beat": number}))
    temporary.replace(folder / HOLDER)


def test_the_number_grows_and_the_file_goes_with_its_holder(tmp_path: Path) -> None:
    with CheckpointFolder(tmp_path, "d"):
        first = read(tmp_path / HOLDER)
        assert first["pid"] == os.getpid()
        end = time.monotonic() + 20
        while read(tmp_path / HOLDER)["beat"] == first["beat"]:
            assert time.monotonic() < end
            time.sleep(0.02)
    assert not (tmp_path / HOLDER).exists()


def test_a_living_holder_on_another_computer_is_named(tmp_path: Path) -> None:
    """Its locks are not ours: on this computer the folder can be locked."""
    stop = threading.Event()

    def live() -> None:
        number = 0
        while not stop.wait(0.05):
            number += 1
            beat(tmp_path, number)

    beat(tmp_path, 0)
    thread = threading.Thread(target=live)
    thread.start()
    try:
        with pytest.raises(DarkpixelError) as error, CheckpointFolder(tmp_path, "d"):
            pass
    finally:
        stop.set()
        thread.join()
    assert "a living training run holds this checkpoint folder" in str(error.value)
    assert "host node7, pid 1, Slurm job 99" in str(error.value)
    beat(tmp_path, 7)
    (tmp_path / HOLDER).unlink()
    with CheckpointFolder(tmp_path, "d"):  # the lock that the refused one took is free again
        pass


def test_a_lost_node_does_not_hold(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    beat(tmp_path, 12)
    with CheckpointFolder(tmp_path, "d"):
        assert read(tmp_path / HOLDER)["pid"] == os.getpid()
    assert "last used by another process (host node7" in caplog.text


def test_a_holder_that_ends_while_it_is_watched_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holder, "WATCH_SECONDS", 20.0)
    beat(tmp_path, 1)
    timer = threading.Timer(0.2, (tmp_path / HOLDER).unlink)
    timer.start()
    before = time.monotonic()
    with CheckpointFolder(tmp_path, "d"):
        assert time.monotonic() - before < 10
    timer.join()


def test_a_killed_process_of_this_computer_is_not_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    code = f"""
import os
from darkpixel.training.checkpoints import CheckpointFolder
CheckpointFolder({str(tmp_path)!r}, "d").__enter__()
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert (tmp_path / HOLDER).exists()
    with CheckpointFolder(tmp_path, "d"):
        pass
    assert not caplog.text


def take_over(folder: Path) -> None:
    """Once more where the holder was just about to write."""
    for _ in range(20):
        beat(folder, 7)
        time.sleep(3 * holder.BEAT_SECONDS)
        if read(folder / HOLDER)["host"] == "node7":
            return
    raise AssertionError("the holder goes on, though the folder is another's")


def test_who_was_taken_for_dead_writes_no_more(tmp_path: Path) -> None:
    """After a suspension: nothing of the other one's is touched, its beats least of all."""
    with CheckpointFolder(tmp_path, "d") as folder:
        folder.save({"step": 1})
        take_over(tmp_path)
        with pytest.raises(DarkpixelError) as error:
            folder.save({"step": 2})
        assert "is held by another training run (host node7, pid 1, Slurm job 99)" in str(
            error.value
        )
        assert "\n" not in str(error.value)
        with pytest.raises(DarkpixelError, match="held by another training run"):
            folder.remove()
        time.sleep(10 * holder.BEAT_SECONDS)
        assert read(tmp_path / HOLDER)["host"] == "node7"
        state = folder.load()
    assert state == {"step": 1}
    assert read(tmp_path / HOLDER)["host"] == "node7"


def test_who_was_taken_for_dead_writes_nothing_where_the_other_has_ended(tmp_path: Path) -> None:
    with CheckpointFolder(tmp_path / "a", "d") as folder:
        for path in folder.folder.iterdir():
            path.unlink()
        folder.folder.rmdir()
        with pytest.raises(DarkpixelError, match="was taken and left by"):
            folder.save({"step": 2})
        time.sleep(10 * holder.BEAT_SECONDS)
        assert not folder.folder.exists()


def test_a_process_that_was_suspended_stops_in_one_line(tmp_path: Path) -> None:
    code = f"""
import sys
from darkpixel.errors import DarkpixelError
from darkpixel.training.checkpoints import CheckpointFolder
try:
    with CheckpointFolder({str(tmp_path)!r}, "d") as folder:
        while True:
            folder.save({{"who": "first"}})
            print("saved", flush=True)
            sys.stdin.readline()
except DarkpixelError as error:
    print(error, flush=True)
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "saved\n"
    child.send_signal(signal.SIGSTOP)
    os.waitpid(child.pid, os.WUNTRACED)
    beat(tmp_path, 3)
    before = (tmp_path / "state.pt").stat().st_ino
    child.send_signal(signal.SIGCONT)
    *_, last = child.communicate("\n", timeout=60)[0].splitlines()
    assert "is held by another training run (host node7" in last
    assert (tmp_path / "state.pt").stat().st_ino == before
    assert read(tmp_path / HOLDER)["beat"] == 3


@pytest.mark.parametrize("content", ["", "[]", '{"computer": 3}', "\x00"])
def test_a_damaged_file_does_not_hold(tmp_path: Path, content: str) -> None:
    (tmp_path / HOLDER).write_text(content)
    with CheckpointFolder(tmp_path, "d"):
        pass


def test_without_locks_a_living_process_of_this_computer_holds(tmp_path: Path) -> None:
    first, second = Holder(tmp_path), Holder(tmp_path)
    first.start()
    with pytest.raises(DarkpixelError, match="a living training run"):
        second.check_free(has_locks=False)
    first.stop()
    second.check_free(has_locks=False)
