"""Signals that ask a long computation to stop: noted when they come, obeyed between two steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class StopRequested(Exception):
    """A signal has asked for a stop; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def name(self) -> str:
        return signal.Signals(self.number).name


@dataclass
class StopRequest:
    """The number of the last signal that has come, if any."""

    number: int | None = None

    def check(self) -> None:
        """Raise `StopRequested` if a signal has come."""
        if self.number is not None:
            raise StopRequested(self.number)


@contextmanager
def noted_signals() -> Iterator[StopRequest]:
    """Within the block SIGTERM and SIGINT are noted instead of ending the process.

    Repeated signals change nothing. Outside the main thread, to which alone Python delivers
    signals, nothing is caught.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def note(number: int, _frame: object) -> None:
        request.number = number

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
