"""Gives a reader thousands of damaged files, each in a process whose end is noticed.

A child process reads one damaged file after another and reports each; when it crashes, hangs or
asks for too much memory, its parent notes that and goes on with the next file in a new child.
"""

import contextlib
import logging
import os
import resource
import select
import signal
import struct
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from mutations import Mutate

from darkpixel.errors import DarkpixelError

READ, REFUSED, TRACEBACK, MEMORY, CRASH, HANG = (
    "read", "refused", "traceback", "memory", "crash", "hang",
)  # fmt: skip
GOOD = (READ, REFUSED)
_OUTCOMES = (READ, REFUSED, TRACEBACK, MEMORY)
_SECONDS = 20.0
"""A reader that takes longer for one small file hangs."""
_MEMORY = 3 * 2**30
"""Bytes that a reader may ask for beyond what the process has when it begins, of which the strings
of pandas set 1 GiB aside."""
_HEAD = struct.Struct("<iiii")  # number, outcome, depth, length of the message


class Target(NamedTuple):
    """A reader and the files that it is given.

    Attributes:
        name: for the log.
        file: what a damaged copy is called.
        mutations: of one whole file each.
        read: reads the file to its end, and yields the name of each stage that it has behind it.
    """

    name: str
    file: str
    mutations: list[Mutate]
    read: Callable[[Path], Iterator[str]]


@dataclass
class Counts:
    """What became of the files of one target.

    Attributes:
        outcomes: of how many.
        depths: how many files got how many stages far.
        bad: (number, outcome, message) of what must not happen.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    depths: Counter[int] = field(default_factory=Counter)
    bad: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, number: int, outcome: str, depth: int, message: str) -> None:
        self.outcomes[outcome] += 1
        self.depths[depth] += 1
        if outcome not in GOOD:
            self.bad.append((number, outcome, message))

    def stages(self) -> str:
        """How many files got past how many stages of their reader, for the table."""
        shown = sorted(self.depths.items())
        return "stages passed " + ", ".join(f"{depth}: {count:,}" for depth, count in shown)


def damaged(target: Target, seed: int, number: int) -> bytes:
    """The damaged file of a number: the same for the same seed."""
    rng = np.random.default_rng([seed, number])
    mutate = target.mutations[number % len(target.mutations)]
    return mutate(rng)


def fuzz(target: Target, tries: int, folder: Path, seed: int = 0) -> Counts:
    """Read so many damaged files; those that do harm are left in `folder` under their numbers."""
    counts, number = Counts(), 0
    while number < tries:
        number = _in_child(target, number, tries, folder, seed, counts)
    return counts


def _in_child(
    target: Target, first: int, last: int, folder: Path, seed: int, counts: Counts
) -> int:
    """Read files from `first` on in one child; the number of the first that is not done."""
    receive, send = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads
        child = os.fork()
    if not child:
        os.close(receive)
        try:
            _read_all(target, range(first, last), folder, seed, send)
        finally:
            os._exit(0)
    os.close(send)
    number, hung = first, False
    with open(receive, "rb", buffering=0) as reports:  # noqa: PTH123
        while select.select([reports], [], [], _SECONDS)[0]:
            head = reports.read(_HEAD.size)
            if len(head) < _HEAD.size:
                break
            done, outcome, depth, length = _HEAD.unpack(head)
            message = b""
            while len(message) < length:
                message += reports.read(length - len(message))
            counts.add(done, _OUTCOMES[outcome], depth, message.decode(errors="replace"))
            if _OUTCOMES[outcome] not in GOOD:
                _keep(target, done, folder, seed)
            number = done + 1
        else:
            hung = True
            os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number < last:  # it ended too early
        outcome = HANG if hung else CRASH
        counts.add(number, outcome, 0, signal.Signals(-status).name if status < 0 else "exited")
        _keep(target, number, folder, seed)
        number += 1
    return number


def _keep(target: Target, number: int, folder: Path, seed: int) -> None:
    (folder / f"{number}-{target.file}").write_bytes(damaged(target, seed, number))


def _read_all(target: Target, numbers: range, folder: Path, seed: int, send: int) -> None:
    _limit_memory()
    warnings.simplefilter("ignore")
    logging.disable()
    own = folder / f"child{os.getpid()}"
    own.mkdir()
    path = own / target.file
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        for number in numbers:
            path.write_bytes(damaged(target, seed, number))
            outcome, depth, message = read_one(target, path)
            text = message.encode()[:2000]
            head = _HEAD.pack(number, _OUTCOMES.index(outcome), depth, len(text))
            os.write(send, head + text)
    path.unlink()
    own.rmdir()


def read_one(target: Target, path: Path) -> tuple[str, int, str]:
    """What becomes of one file: outcome, stages reached, message."""
    depth = 0
    try:
        for _ in target.read(path):
            depth += 1
    except DarkpixelError as error:
        message = str(error)
        one_line = "\n" not in message and "\r" not in message and message.isprintable()
        names_file = path.name in message or path.parent.name in message
        if one_line and names_file:
            return REFUSED, depth, message
        return TRACEBACK, depth, f"not one line that names the file: {message!r}"
    except MemoryError as error:
        return MEMORY, depth, repr(error)
    except Exception as error:  # noqa: BLE001 what a user would see as a traceback
        return TRACEBACK, depth, f"{type(error).__name__}: {error}"
    return READ, depth, ""


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + _MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
