"""Which process of which computer writes a file, and whether it is still there."""

import functools
import hashlib
import os
import platform
import re
import time
from pathlib import Path

_FORGOTTEN = 3600.0
"""Seconds without a change after which a file of another computer counts as left behind."""

_NAME = re.compile(r"\.(\d+)-([0-9a-f]{8})\.tmp")


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


def remove_left_behind(target: Path) -> None:
    """Remove temporaries of a file whose writers were killed."""
    beginning, end = f".{target.stem}.", f".tmp{target.suffix}"
    for path in target.parent.iterdir():
        if not (path.name.startswith(beginning) and path.name.endswith(end)):
            continue
        writer = _NAME.search(path.name, len(beginning) - 1)
        if writer is not None and _is_left_behind(path, int(writer[1]), writer[2]):
            path.unlink(missing_ok=True)


def _is_left_behind(path: Path, pid: int, token: str) -> bool:
    if token == _token():
        return not is_alive(pid)
    try:
        return time.time() - path.stat().st_mtime > _FORGOTTEN
    except OSError:
        return False


def _token() -> str:
    return hashlib.sha256(computer().encode()).hexdigest()[:8]
