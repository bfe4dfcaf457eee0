"""What a call does in a process of its own: what comes of it, and how much memory it took."""

import json
import os
import resource
import signal
from collections.abc import Callable
from typing import NamedTuple

from darkpixel.errors import DarkpixelError


class End(NamedTuple):
    """How a call ended.

    Attributes:
        message: of a DarkpixelError; None: there was none.
        mebibytes: how much the most memory that it had grew.
    """

    message: str | None
    mebibytes: float


def bounded(call: Callable[[], object], *, seconds: int = 60) -> End:
    """Make a call in a child process, which ends after so many seconds.

    Raises:
        RuntimeError: it did not end by itself, or raised another error than a DarkpixelError.
    """
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(seconds)
            before, message = _peak(), None
            try:
                call()
            except DarkpixelError as error:
                message = str(error)
            os.write(send, json.dumps([message, _peak() - before]).encode())
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    if status or not text:
        raise RuntimeError(f"the child ended with status {status} and said {text!r}")
    return End(*json.loads(text))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
