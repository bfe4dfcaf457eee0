"""Pythia 8: started and run, a batch of collisions at a time, for jets and muons alike."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from darkpixel.errors import DarkpixelError

LARGEST_SEED = 900_000_000  # Pythia's own limit of Random:seed


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
        DarkpixelError: a line is refused, or it cannot start.
    """
    pythia = pythia8mc.Pythia("", False)
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
