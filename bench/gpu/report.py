"""The output folder of a run: one JSON file a step, a log, and the time that is left."""

import json
import math
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import torch

from darkpixel.formats.files import whole_file


class Report:
    """Writes results as they come and reads those of an earlier call.

    Args:
        folder: of the results; made if missing.
        minutes: of the whole run; steps look at `left` before they begin something.
    """

    def __init__(self, folder: str | Path, minutes: float) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._began = time.monotonic()
        self._seconds = 60 * minutes
        self.reserved = 0.0
        """Seconds that a step must leave to those after it."""

    @property
    def left(self) -> float:
        """Seconds until the run, or the step if some are reserved, should end."""
        return self._began + self._seconds - self.reserved - time.monotonic()

    def log(self, text: str) -> None:
        """One line with a time stamp, on standard output and in `log.txt`."""
        elapsed = time.monotonic() - self._began
        line = f"{datetime.now().astimezone():%H:%M:%S} +{elapsed:5.1f} s  {text}"
        print(line, flush=True)
        with (self.folder / "log.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def load(self, step: str) -> dict[str, Any]:
        """What a step has written so far; empty if nothing."""
        path = self.folder / f"{step}.json"
        if not path.exists():
            return {}
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content

    def save(self, step: str, content: dict[str, Any]) -> None:
        """Replace what a step has written; the file is whole at any moment."""
        with whole_file(self.folder / f"{step}.json") as path:
            path.write_text(json.dumps(_plain(content), indent=1) + "\n", encoding="utf-8")


class Run(NamedTuple):
    """What every step is given."""

    report: Report
    device: torch.device
    toy: bool
    """Toy sizes: for tests on a CPU."""
    work: Path
    """Folder for data and checkpoints, which are not carried away."""


def _plain(value: Any) -> Any:
    """What JSON can hold: infinities and NaN become text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):  # numbers of numpy and torch
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, str | int | bool | None) else str(value)
