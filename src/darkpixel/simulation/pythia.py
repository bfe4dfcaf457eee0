"""Pythia 8: started and run, a batch of collisions at a time, for jets and muons alike."""

import os
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from darkpixel.errors import DarkpixelError

LARGEST_SEED = 900_000_000  # Pythia's own limit of Random:seed

_DATA = "PYTHIA8DATA"  # environment variable: Pythia's folder of settings and particle data
_INDEX = "share/Pythia8/xmldoc/Index.xml"


def packages(dataset: str, names: tuple[str, ...], sources: str) -> tuple[Any, ...]:
    """The packages of a simulation, imported when it starts: the rest works without them.

    Args:
        sources: of the data set that need no simulation, for the message.

    Raises:
        DarkpixelError: one cannot be imported.
    """
    imported = []
    for name in names:
        try:
            imported.append(import_module(name))
        except ImportError as error:
            raise DarkpixelError(
                f"{dataset}: simulation needs {name}, which cannot be imported ({error}); "
                f"install it with `pip install {' '.join(names)}`, "
                f"or set the source of the {dataset} to {sources}."
            ) from error
    return tuple(imported)


def check_seed(dataset: str, seed: int) -> None:
    """Refuse a seed that Pythia does not take.

    Raises:
        DarkpixelError: it is outside 1 to 900,000,000.
    """
    if not 1 <= seed <= LARGEST_SEED:
        raise DarkpixelError(
            f"{dataset}: seed {seed} is outside Pythia's range 1 to {LARGEST_SEED}."
        )


def start(
    pythia8mc: Any, dataset: str, recipe: list[str], user_lines: list[str], seed: int, problem: str
) -> Any:
    """A Pythia that is ready to run.

    Args:
        recipe: the lines that it reads, in order, without the seed; `user_lines` among them.
        user_lines: the user's further lines (key `pythia`).
        problem: the message where it does not start.

    Raises:
        DarkpixelError: its data are not found, a line is refused, or it cannot start.
    """
    pythia = _with_data(pythia8mc, dataset)
    for line in user_lines:
        if line.strip().lower().startswith("random:"):
            raise DarkpixelError(
                f"{dataset}: the Pythia setting {line!r} (key `pythia`) is not allowed: "
                "the seed is chosen per chunk by the workflow."
            )
    for line in [*recipe, "Random:setSeed = on", f"Random:seed = {seed}"]:
        if not pythia.readString(line, False):
            key = " (key `pythia`)" if line in user_lines else ""
            raise DarkpixelError(f"{dataset}: Pythia 8 refuses the setting {line!r}{key}.")
    if not pythia.init():
        raise DarkpixelError(problem)
    return pythia


def _with_data(pythia8mc: Any, dataset: str) -> Any:
    """A Pythia with the data of its own package.

    It finds them by itself in a virtual environment, but not where `pip install --target` put them,
    and not where the environment variable names those of another Pythia, as modules of a computing
    centre do: other releases have other tunes. The variable counts where the package has no data.
    """
    if (folder := _installed_data(pythia8mc)) is not None:
        os.environ[_DATA] = str(folder)  # the only way: it does not look at its argument
    pythia = pythia8mc.Pythia("", False)
    if not pythia.settings.isFlag("Print:quiet"):  # it knows no setting at all then
        raise DarkpixelError(
            f"{dataset}: Pythia 8 does not find its data, with the environment variable {_DATA} "
            f"at {os.environ.get(_DATA) or 'nothing'}; set it to the folder `xmldoc` of the "
            "installed Pythia, in which Index.xml is."
        )
    return pythia


def _installed_data(pythia8mc: Any) -> Path | None:
    """The folder of the package's data; None if it is not where it should be."""
    try:
        listed = metadata.files("pythia8mc") or []
    except metadata.PackageNotFoundError:
        listed = []
    found = [Path(str(file.locate())) for file in listed if file.match(_INDEX)]
    # `--target` moves the files without saying so in the list.
    for index in (*found, Path(pythia8mc.__file__).parent / _INDEX):
        if index.is_file():
            return index.resolve().parent
    return None


def batches(pythia: Any, dataset: str, batch: int) -> Iterator[Any]:
    """The particles of `batch` collisions at a time, without end, as awkward arrays.

    Flatten them once per batch: indexed event by event they cost twice the time.

    Raises:
        DarkpixelError: Pythia makes no further collision.
    """
    while True:
        record = pythia.nextBatch(batch).prt
        if len(record) == 0:
            raise DarkpixelError(f"{dataset}: Pythia 8 failed to make any further collision.")
        yield record
