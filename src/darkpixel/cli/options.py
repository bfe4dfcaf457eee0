"""What the options of the commands take, and how it is refused."""

import argparse
import json
import math
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from darkpixel.errors import DarkpixelError

Commands = Any
"""`argparse`'s object that new commands are added to, whose class is not public."""


def add_command(
    commands: Commands, name: str, summary: str, *examples: str, description: str = ""
) -> Any:
    """The parser of a new command.

    Args:
        summary: its line in the help of `darkpixel`.
        examples: lines that a user can type, without `darkpixel NAME`; a comment comes after `#`.
        description: for its own help; empty: the summary.
    """
    text = description or f"{summary[:1].upper()}{summary[1:]}."
    width = max(40, shutil.get_terminal_size().columns - 2)
    return commands.add_parser(
        name,
        help=summary,
        description=textwrap.fill(text, width),
        epilog="examples:\n" + "\n".join(f"  darkpixel {name} {line}" for line in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_device(command: Any) -> None:
    """The option `--device`."""
    command.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="where the network runs; auto is the first of cuda, mps and cpu that is here (auto)",
    )


def add_json(command: Any) -> None:
    """The option `--json` of a command that writes a file."""
    command.add_argument("--json", action="store_true", help="print what was written as JSON")


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def seed(text: str) -> int:
    value = int(text)
    if not -(2**63) <= value < 2**63:  # it is kept in the file, in 64 bits
        raise argparse.ArgumentTypeError(f"found {text}; must be between -2^63 and 2^63 - 1")
    return value


def threshold(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"found {text}; must be a finite number, 0 or more")
    return value


def species(text: str) -> list[int]:
    """PDG codes, or names of those that are simulated, each once."""
    return list(dict.fromkeys(map(one_species, text.split(","))))


def one_species(text: str) -> int:
    from darkpixel.formats.particle_names import pdg_code

    try:
        return pdg_code(text)
    except DarkpixelError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def momentum(text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        found = float(low), float(high or low)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"found '{text}'; give MeV/c, such as 500, or a range such as 300:800"
        ) from error
    if not 0 < found[0] <= found[1] < math.inf:
        raise argparse.ArgumentTypeError(f"found '{text}'; above 0, and the lower one first")
    return found


def side(text: str) -> float:
    """Of a pixel."""
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found '{text}'; give a number, such as 0.1") from error
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"found {text}; must be above 0, and finite")
    return value


def pixels_of(text: str) -> tuple[int, int]:
    rows, _, columns = text.partition("x")
    try:
        found = int(rows), int(columns)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found '{text}'; give 45x144, for example") from error
    if min(found) < 1:
        raise argparse.ArgumentTypeError(f"found '{text}'; both must be at least 1")
    return found


def hdf5(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".h5", ".hdf5") and not path.is_dir():
        raise argparse.ArgumentTypeError(f"found '{text}'; HDF5 is written: end it in .h5 or .hdf5")
    return path


def images_file(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".h5", ".hdf5", ".npy") and not path.is_dir():
        raise argparse.ArgumentTypeError(
            f"found '{text}'; HDF5 and NumPy arrays are written: end it in .h5, .hdf5 or .npy"
        )
    return path


def number_file(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".h5", ".hdf5", ".npy", ".csv") and not path.is_dir():
        raise argparse.ArgumentTypeError(f"found '{text}'; end it in .h5, .hdf5, .npy or .csv")
    return path


def labelled(text: str) -> tuple[str, Path]:
    label, equals, path = text.partition("=")
    if not equals or not label or not path:
        raise argparse.ArgumentTypeError(f"found '{text}'; give LABEL=FILE, such as signal=w.h5")
    return label, Path(path)


def picture(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".png", ".pdf", ".svg", ".html"):
        raise argparse.ArgumentTypeError(
            f"found '{text}'; end it in .png, .pdf or .svg, or with --browser in .html"
        )
    return path


@contextmanager
def written_as_hdf5(output: Path) -> Iterator[Path]:
    """The HDF5 file to be written for an output, which becomes a NumPy array where it is to be."""
    if output.suffix != ".npy":
        yield output
        return
    # Only here, since `--help` needs neither.
    from darkpixel.formats.files import folder_beside
    from darkpixel.formats.npy import write_npy

    with folder_beside(output) as folder:
        path = folder / "images.h5"
        yield path
        if columns := write_npy(path, output):
            without = f"without the columns {', '.join(columns)}, which .h5 keeps"
            print(f"{output}: {without}", file=sys.stderr)


def replaced_note(path: Path) -> str:
    """For the last line of a command: whether it will have replaced a file.

    Raises:
        DarkpixelError: what is there must not be replaced.
    """
    from darkpixel.formats.files import writable

    return " (in place of the file that was there)" if writable(path).exists() else ""


def print_done(
    options: argparse.Namespace, text: str, facts: dict[str, Any], replaced: str
) -> None:
    """The last line of a command, or with `--json` the same as JSON.

    Args:
        options: of the command, with `output` and `json`.
        replaced: of `replaced_note`.
    """
    if options.json:
        print_json({"file": options.output, **facts, "replaced": bool(replaced)})
    else:
        print(f"{options.output}: {text}{replaced}")


def print_json(value: Any) -> None:
    """On standard output; a number that is not known, or not finite, is null."""
    print(json.dumps(_plain(value), indent=1, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # NumPy's, attributes of HDF5 for example
        return _plain(value.tolist())
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, bool, int, float, type(None))) else str(value)
