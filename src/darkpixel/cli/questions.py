"""What `darkpixel init` asks at a terminal, where it was not told."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from darkpixel.cli.options import labelled, side
from darkpixel.errors import DarkpixelError

KINDS = ("jets", "muons", "lartpc")
DEFAULT_MODELS = ["sparse_transformer"]


def ask(options: argparse.Namespace) -> None:
    """For what was not given: files, kind, models, size and unit of the pixels.

    Raises:
        DarkpixelError: there is no terminal, or its user has left.
    """
    if not sys.stdin.isatty():
        raise DarkpixelError("no files; name them as LABEL=FILE, one a label.")
    try:
        _ask(options)
    except (EOFError, KeyboardInterrupt):
        raise DarkpixelError("nothing was written.") from None


def _ask(options: argparse.Namespace) -> None:
    def file(text: str) -> Any:
        return _file(text, options) if text else None

    print("Image files, one a label, such as signal=w.h5; an empty line ends the list.")
    looks = []
    while (found := _asked("LABEL=FILE", file)) is not None or not options.files:
        if found is not None:
            options.files.append(found[0])
            looks.append(found[1])
    if options.dataset is None:
        options.dataset = _asked(
            f"Kind: {', '.join(KINDS)}; empty: as the files say, else jets", _kind
        )
    if options.models is None:
        options.models = _asked("Models to train", _words, " ".join(DEFAULT_MODELS))
    if options.pixel_size is None and any(look.pixel_size is None for look in looks):
        where = "cm" if options.dataset == "lartpc" else "eta and phi"
        options.pixel_size = _asked(f"Side of a pixel in {where}", _side)
    if options.unit is None and any(not (look.is_image_file or look.unit) for look in looks):
        from darkpixel.datasets.foreign_file import usual_unit

        options.unit = _asked("Unit of the pixels", str, usual_unit(options.dataset or "jets"))


def _asked(question: str, take: Callable[[str], Any], otherwise: str = "") -> Any:
    """The answer; asked again where it makes no sense."""
    shown = f"{question} [{otherwise}]: " if otherwise else f"{question}: "
    while True:
        try:
            return take(input(shown).strip() or otherwise)
        except (argparse.ArgumentTypeError, ValueError, DarkpixelError) as error:
            print(f"  {error}")


def _file(text: str, options: argparse.Namespace) -> Any:
    from darkpixel.datasets.foreign_file import look_at

    label, path = labelled(text)
    if label in (known for known, _ in options.files):
        raise ValueError(f"label '{label}' is there already")
    return (label, path), look_at(path, options.shape)


def _kind(text: str) -> str | None:
    if text not in ("", *KINDS):
        raise ValueError(f"found '{text}'; {', '.join(KINDS)}, or nothing")
    return text or None


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _side(text: str) -> float | None:
    return side(text) if text else None
