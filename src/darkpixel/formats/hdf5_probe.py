"""Whether the HDF5 library survives a file.

Damaged attributes can crash the library or keep it busy for ever, which no Python code can catch:
of 12,000 files that were damaged where their structure lies, 44 did the second and one the first.
So names and attributes of a file are read in a child process first, which the system ends when it
takes too long, also if this process is gone by then.
"""

import contextlib
import os
import signal
import warnings
from pathlib import Path

import h5py

from darkpixel.errors import DarkpixelError

SECONDS = 30.0
"""Time to read names and attributes; milliseconds are usual, seconds on a slow disk."""

_survived: set[tuple[str, int, int, int]] = set()
"""Files that have been looked at: path, inode, time of change and size."""


def check_survives(path: Path, remedy: str) -> None:
    """Read names and attributes of an HDF5 file in a child process.

    Args:
        remedy: what to do where the file is damaged.

    Raises:
        DarkpixelError: the child crashed or did not end. All that the library itself reports is
            left to whoever reads the file.
    """
    try:
        about = path.stat()
    except OSError:  # whoever opens it says why
        return
    known = (str(path), about.st_ino, about.st_mtime_ns, about.st_size)
    if known in _survived or not hasattr(os, "fork"):
        return
    with warnings.catch_warnings():
        # Of threads, none of which the child has or waits for.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            _read(path)
        os._exit(0)
    try:
        _, status = os.waitpid(child, 0)
    except ChildProcessError:  # whoever started this process has it wait for no child
        return
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        problem = f"crashes the HDF5 library ({signal.Signals(number).name})"
        if number == signal.SIGALRM:
            problem = f"keeps the HDF5 library busy for more than {SECONDS:g} s"
        raise DarkpixelError(f"{path}: damaged: reading it {problem}; {remedy}.")
    _survived.add(known)


def _read(path: Path) -> None:
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    with h5py.File(path, "r", locking=False) as file:
        for _ in file.attrs.items():
            pass
        for name in file:
            file.get(name, getlink=True)
    os._exit(0)
