"""Who trains in a folder: seen also from another computer, and without comparing clocks.

A lock of the kernel ends with the process that holds it, but on some cluster file systems every
node has locks of its own, and some have none. So the holder of a folder writes into it who it is,
and a number that grows. Whoever comes from another computer watches that number for a while: if it
grows, the holder is alive; if it stands still, the holder's node is lost or its job was killed.
"""

import json
import logging
import os
import platform
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.formats.writers import computer, is_alive

logger = logging.getLogger(__name__)

HOLDER = "holder"
BEAT_SECONDS = 10.0
WATCH_SECONDS = 45.0
"""Four beats: network file systems show a change within seconds of its file being opened anew."""

_SHOWN = ("host", "pid", "since", "Slurm job")


class Holder:
    """The file `holder` of a folder, written every ten seconds from `start` to `stop`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / HOLDER
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._about = {
            "host": platform.node(),
            "pid": os.getpid(),
            "since": datetime.now().astimezone().isoformat(timespec="seconds"),
            "computer": computer(),
        }
        if job := os.environ.get("SLURM_JOB_ID"):
            self._about["Slurm job"] = job

    def check_free(self, has_locks: bool) -> None:
        """Make sure that no living process of another computer holds the folder.

        Args:
            has_locks: this process has the kernel's lock, so that no other one of this computer
                holds the folder.

        Raises:
            DarkpixelError: one does.
        """
        found = read(self.path)
        if not found or (_is_here(found) and (has_locks or not _is_alive(found))):
            return
        logger.warning(
            "%s: last used by another process (%s); waiting up to %.0f s to see whether it lives",
            *(self.path.parent, shown(found), WATCH_SECONDS),
        )
        end = time.monotonic() + WATCH_SECONDS
        while time.monotonic() < end:
            time.sleep(min(1.0, WATCH_SECONDS / 20))
            if not self.path.exists():  # it has ended
                return
            now = read(self.path)
            if now and now != found:
                raise DarkpixelError(
                    f"{self.path.parent}: a living training run holds this checkpoint folder "
                    f"({shown(now)}); wait for it or stop it, then start again."
                )

    def check_own(self) -> None:
        """Make sure that the folder is still this process's.

        A process that stands still for longer than others watch it (a job that is suspended, a
        node without its network) is taken for dead, and finds another holder when it goes on.

        Raises:
            DarkpixelError: the folder is another's, or was, and that has ended.
        """
        found = read(self.path)
        if self._is_own(found) or (not found and self.path.exists()):  # cannot be read just now
            return
        verb, who = ("is held", f" ({shown(found)})") if found else ("was taken and left", "")
        raise DarkpixelError(
            f"{self.path.parent}: this checkpoint folder {verb} by another training run{who}, "
            f"which took this one for dead, since it stood still for {WATCH_SECONDS:.0f} s or "
            "more; let the other one go on."
        )

    def start(self) -> None:
        """Write the file, now and then every `BEAT_SECONDS`."""
        self._write(0)
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write no more, and remove the file."""
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        self._thread = None
        if self._is_own(read(self.path)):
            self.path.unlink(missing_ok=True)

    def _beat(self) -> None:
        beat = 0
        while not self._stop.wait(BEAT_SECONDS):
            beat += 1
            try:
                self.check_own()
            except DarkpixelError as error:  # training will say so itself
                logger.debug("%s", error)
                return
            try:
                self._write(beat)
            except (OSError, DarkpixelError) as error:  # a full disk; training will say so itself
                logger.debug("%s: not written (%s)", self.path, error)

    def _is_own(self, found: dict[str, Any]) -> bool:
        return self._about.items() <= found.items()

    def _write(self, beat: int) -> None:
        with whole_file(self.path) as temporary:
            temporary.write_text(json.dumps({**self._about, "beat": beat}), encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """What a holder wrote; empty where there is none."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def shown(entries: dict[str, Any]) -> str:
    """A holder in words."""
    named = [f"{key} {entries[key]}" for key in _SHOWN if key in entries]
    return ", ".join(named) or "just started"


def _is_here(entries: dict[str, Any]) -> bool:
    return bool(entries.get("computer") == computer())


def _is_alive(entries: dict[str, Any]) -> bool:
    pid = entries.get("pid")
    return isinstance(pid, int) and is_alive(pid)
