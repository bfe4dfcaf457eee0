"""How the benchmarks time a call: synchronised clocks, and calls that are given up in time."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch


class TimeUp(Exception):
    """A call has not ended within its bound."""


class Timing(NamedTuple):
    """Seconds of a call."""

    seconds: float
    """Median over the repetitions."""
    spread: float
    """Largest minus smallest."""
    repetitions: int


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type != "cpu":
        torch.get_device_module(device).synchronize(device)


def once(call: Callable[[], object], device: torch.device) -> float:
    """Seconds of one call, what it leaves in the device's queue included."""
    synchronise(device)
    began = time.perf_counter()
    call()
    synchronise(device)
    return time.perf_counter() - began


def repeated(
    call: Callable[[], object], device: torch.device, bound: float, most: int = 50
) -> Timing:
    """Repeat a call, which is warm, until `bound` seconds are spent or `most` calls are made."""
    found: list[float] = []
    while not found or (sum(found) + found[-1] < bound and len(found) < most):
        found.append(once(call, device))
    ordered = sorted(found)
    return Timing(ordered[len(ordered) // 2], ordered[-1] - ordered[0], len(ordered))


def seconds(call: Callable[[], object], repetitions: int) -> float:
    """Median seconds of a call on the CPU, after one to warm up."""
    call()
    return repeated(call, torch.device("cpu"), math.inf, repetitions).seconds


@contextmanager
def time_limit(bound: float) -> Iterator[None]:
    """Raise `TimeUp` in the block after `bound` seconds.

    It comes between two instructions of Python, so a single long call of a library ends first.
    """

    def ring(number: int, frame: object) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(bound, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
