"""What is made once for all workers of a test session."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first worker to ask for it fills, and that no test may change.

    Args:
        make: fills the folder, which is not there yet; if it fails, the next one tries again.
    """
    base = factory.getbasetemp()
    # Workers have folders of their own in that of the session.
    session = base.parent if base.name.startswith("popen-") else base
    folder, done = session / f"shared {name}" / "a copy", session / f"shared {name}.done"
    with (session / f"shared {name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder
