"""Whether the HDF5 library survives a file.

Damaged attributes can crash the library or keep it busy for ever, which no Python code can catch:
of 12,000 files that were damaged where their structure lies, 44 did the second and one the first.
So names and attributes of a file are read in a child process first, which the system ends when it
takes too long, also if this process is gone by then. The files that it links to are looked at in
the same way before anybody follows a link: HDF5 would wait for ever for a named pipe.
"""

import contextlib
import json
import mmap
import os
import signal
import stat
import warnings
from pathlib import Path

import h5py

from darkpixel.errors import DarkpixelError

SECONDS = 30.0
"""Time to read names and attributes; milliseconds are usual, seconds on a slow disk."""

_Known = tuple[str, int, int, int]
"""A file: path, inode, time of change and size."""

_survived: dict[_Known, list[str]] = {}
"""The links to other files of those that have been looked at."""

_UNKNOWN = b"unknown"
_ANSWER = 2**20  # bytes for what the child finds: names of thousands of files


def check_survives(path: Path, remedy: str) -> None:
    """Read names and attributes of an HDF5 file, and of those that it links to, in a child process.

    Args:
        remedy: what to do where the file is damaged.

    Raises:
        DarkpixelError: the child crashed or did not end, its links cannot be read, or one leads to
            what is no file. All else that the library itself reports is left to whoever reads it.
    """
    waiting, seen = [path], {os.path.realpath(path)}
    while waiting:
        current = waiting.pop()
        by = "" if current == path else f" (linked to by {path})"
        for target in _links(current, by, remedy):
            # Where HDF5 looks for it: beside the file, then in the working folder.
            for place in (
                current.parent / target,
                Path(target),
                current.parent / Path(target).name,
            ):
                if _mode(place) is None or os.path.realpath(place) in seen:
                    continue
                if not stat.S_ISREG(_mode(place) or 0):
                    raise DarkpixelError(
                        f"{current}{by}: links to {str(place)!a}, which is not a plain file; "
                        "correct the link, or copy what it means into this file."
                    )
                seen.add(os.path.realpath(place))
                waiting.append(place)


def _mode(place: Path) -> int | None:
    """Of what is there; None if nothing can be."""
    try:
        return place.stat().st_mode
    except (OSError, ValueError):
        return None


def _links(path: Path, by: str, remedy: str) -> list[str]:
    """Names of the files that a file links to, once it has been looked at."""
    try:
        about = path.stat()
    except OSError:  # whoever opens it says why
        return []
    known = (str(path), about.st_ino, about.st_mtime_ns, about.st_size)
    if known in _survived or not hasattr(os, "fork"):
        return _survived.get(known, [])
    # Not a pipe: another child of this process would keep its other end open.
    answer = mmap.mmap(-1, _ANSWER)
    with warnings.catch_warnings():
        # Of threads, none of which the child has or waits for.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            _read(path, answer)
        os._exit(0)
    try:
        _, status = os.waitpid(child, 0)
    except ChildProcessError:  # whoever started this process has it wait for no child
        status = 0
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        problem = f"crashes the HDF5 library ({signal.Signals(number).name})"
        if number == signal.SIGALRM:
            problem = f"keeps the HDF5 library busy for more than {SECONDS:g} s"
        raise DarkpixelError(f"{path}{by}: damaged: reading it {problem}; {remedy}.")
    text = answer[:].rstrip(b"\0")
    answer.close()
    if text == _UNKNOWN:
        raise DarkpixelError(f"{path}{by}: damaged: its links cannot be read; {remedy}.")
    _survived[known] = [os.fsdecode(bytes.fromhex(name)) for name in json.loads(text or b"[]")]
    return _survived[known]


def _read(path: Path, answer: mmap.mmap) -> None:
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    with h5py.File(path, "r", locking=False) as file:
        for _ in file.attrs.items():
            pass
        found: set[str] = set()

        def see(name: bytes, about: h5py.h5l.LinkInfo) -> None:
            if about.type == h5py.h5l.TYPE_EXTERNAL:
                found.add(file.id.links.get_val(name)[0].hex())
            elif about.type == h5py.h5l.TYPE_HARD:
                with contextlib.suppress(Exception):
                    thing = h5py.h5o.open(file.id, name)
                    if isinstance(thing, h5py.h5d.DatasetID):
                        thing.get_space()  # put together from others, it opens them for this

        answer.seek(0)
        answer.write(_UNKNOWN)
        file.id.links.visit(see, info=True)
        text = json.dumps(sorted(found)).encode()
        if len(text) <= _ANSWER:
            answer[: len(_UNKNOWN)] = bytes(len(_UNKNOWN))
            answer[: len(text)] = text
    os._exit(0)
