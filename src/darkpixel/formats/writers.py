"""Which process of which computer writes a file, and whether it is still there."""

import functools
import hashlib
import os
import platform
import re
import shutil
import tempfile
import time
from pathlib import Path

_FORGOTTEN = 3600.0
"""Seconds without a change after which a file of another computer counts as left behind."""

_NAME = re.compile(r"\.(\d+)-([0-9a-f]{8})\.(?:\w+\.)?tmp")


@functools.cache
def computer() -> str:
    """A name that no two running computers share; containers of one have the same."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return platform.node()


def is_alive(pid: int) -> bool:
    """Whether a process of this computer has the number, of whatever program."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def temporary_beside(target: Path) -> Path:
    """A hidden name beside a file, by which its writer can be told; the suffix is kept."""
    return target.with_name(f".{target.stem}.{os.getpid()}-{_token()}.tmp{target.suffix}")


def temporary_folder_beside(target: Path) -> Path:
    """Make a new folder with a hidden name beside a file, by which its writer can be told."""
    beginning, end = f".{target.stem}.{os.getpid()}-{_token()}.", f".tmp{target.suffix}"
    return Path(tempfile.mkdtemp(prefix=beginning, suffix=end, dir=target.parent))


def remove_left_behind(target: Path, *, of_others: bool = True) -> None:
    """Remove temporary files and folders beside a file whose writers were killed.

    Args:
        of_others: also those of other computers that nobody has changed for an hour.
    """
    beginning, end = f".{target.stem}.", f".tmp{target.suffix}"
    for path in target.parent.iterdir():
        if not (path.name.startswith(beginning) and path.name.endswith(end)):
            continue
        writer = _NAME.search(path.name, len(beginning) - 1)
        if writer is None or not _is_left_behind(path, int(writer[1]), writer[2], of_others):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)  # of another user's, or another removes it too
        else:
            path.unlink(missing_ok=True)


def _is_left_behind(path: Path, pid: int, token: str, of_others: bool) -> bool:
    if token == _token():
        return not is_alive(pid)
    if not of_others:
        return False
    try:
        last = max(part.stat().st_mtime for part in (path, *path.rglob("*")))
    except OSError:
        return False
    return time.time() - last > _FORGOTTEN


def _token() -> str:
    """Of the computer and, in a container, of the processes that are seen from there."""
    try:
        seen = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - names no path
    except OSError:
        seen = ""
    return hashlib.sha256(f"{computer()}{seen}".encode()).hexdigest()[:8]
