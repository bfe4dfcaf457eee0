"""How far a long task is: a bar on a terminal, a line now and then where output goes to a file."""

import sys
from typing import Any

from tqdm import tqdm

_EVERY = 30.0  # seconds between lines


def progress(total: int | None, unit: str, what: str = "", *, leave: bool = True) -> "tqdm[Any]":
    """Progress on standard error, of a task that is over within seconds none but on a terminal.

    Args:
        total: of `unit`s; None: not known.
        what: is done.
        leave: the bar stays when the task is done.
    """
    if sys.stderr.isatty():
        return tqdm(total=total, desc=what or None, unit=f" {unit}", leave=leave)
    words = "{n_fmt} of {total_fmt} " + unit + ", {elapsed} gone, about {remaining} left"
    title = f"{what}: " if what else None  # with the colon that set_description appends, too
    return tqdm(
        total=total,
        desc=title,
        leave=False,
        delay=_EVERY,
        mininterval=_EVERY,
        miniters=0,
        file=_Lines(),
        bar_format="{desc}" + words,
    )


class _Lines:
    """Standard error for a bar that is no bar: each state of it is a line."""

    def write(self, text: str) -> None:
        if line := text.strip():
            sys.stderr.write(f"{line}\n")

    def flush(self) -> None:
        sys.stderr.flush()
