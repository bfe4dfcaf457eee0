"""The folder in which a training keeps its state: locked, whole at any moment, tied to inputs.

Snakemake deletes the outputs of a failed job, so checkpoints are no output of any rule: they
live in a folder of their own until the model is written. The folder holds `lock` (who is
training), `state.pt` (everything that resuming needs) and the snapshots made so far.
"""

import fcntl
import json
import logging
import os
import pickle
import socket
import time
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import torch

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file

logger = logging.getLogger(__name__)

LOCK = "lock"
STATE = "state.pt"


class CheckpointFolder:
    """A checkpoint folder, held by this process while the `with` block lasts.

    The lock is the kernel's (`flock`): it ends with the process, however that dies.

    Args:
        folder: made if missing.
        digest: of everything that the training depends on (inputs, configuration, code). State
            of another digest is never resumed.

    Raises:
        DarkpixelError: on entry, when a living process holds the folder.
    """

    def __init__(self, folder: str | Path, digest: str) -> None:
        self.folder = Path(folder)
        self.digest = digest
        self.last_write = time.monotonic()
        """`time.monotonic()` at the end of the last `save`, at first of now."""
        self.write_seconds = 0.0
        """How long that `save` took."""
        self._lock: TextIO | None = None

    @property
    def state_path(self) -> Path:
        return self.folder / STATE

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / LOCK
        while self._lock is None:
            file = path.open("a+", encoding="utf-8")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _holder(path)
                file.close()
                raise DarkpixelError(
                    f"{self.folder}: a living training holds this checkpoint folder ({holder}); "
                    "wait for it or stop it, then start again."
                ) from None
            except OSError as error:
                logger.warning(
                    "%s: this file system has no locks (%s); make sure that only one training "
                    "uses the folder.",
                    self.folder,
                    error.strerror,
                )
            # A training that ended between our open and our lock has removed the file: what
            # we hold then is a name-less file, and the next comer would lock a new one.
            if _is_file_at(file, path):
                self._lock = file
            else:
                file.close()
        self._lock.truncate(0)
        self._lock.write(json.dumps(_this_process()))
        self._lock.flush()
        for stale in self.folder.glob(f".{Path(STATE).stem}.*.tmp*"):  # of a killed process
            stale.unlink()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            self._lock.close()  # releases the lock
            self._lock = None

    def load(self) -> dict[str, Any] | None:
        """The state saved last, tensors on the CPU, or None to start afresh.

        State of another digest is not used: a message names both digests, and the next `save`
        overwrites it.

        Raises:
            DarkpixelError: the file is there and cannot be read.
        """
        if not self.state_path.exists():
            return None
        try:
            content = torch.load(self.state_path, map_location="cpu", weights_only=True)
            found = content["digest"]
            state: dict[str, Any] = content["state"]
        except (RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
            raise DarkpixelError(
                f"{self.state_path}: not a readable checkpoint; remove the file to start afresh."
            ) from error
        if found != self.digest:
            logger.warning(
                "%s: checkpoint of other inputs or settings (digest %s, now %s); starting afresh.",
                self.state_path,
                found,
                self.digest,
            )
            return None
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state: the old one stays whole until the new one is on the disk."""
        began = time.monotonic()
        with whole_file(self.state_path) as temporary:
            torch.save({"digest": self.digest, "state": state}, temporary)
        self.last_write = time.monotonic()
        self.write_seconds = self.last_write - began

    def remove(self) -> None:
        """Remove what the folder holds: its model has been written elsewhere."""
        for path in self.folder.iterdir():
            if path.name != LOCK and path.is_file():
                path.unlink()
        (self.folder / LOCK).unlink(missing_ok=True)  # last: until now the folder is ours
        try:
            self.folder.rmdir()
        except OSError:  # another training has just entered, or it holds a user's folder
            logger.debug("%s: not empty, left", self.folder)


def _this_process() -> dict[str, str]:
    holder = {
        "host": socket.gethostname(),
        "pid": str(os.getpid()),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    if job := os.environ.get("SLURM_JOB_ID"):
        holder["Slurm job"] = job
    return holder


def _holder(path: Path) -> str:
    """What the lock file says of the process that holds it."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it has locked and not yet written
        return "just started"
    return ", ".join(f"{key} {value}" for key, value in entries.items())


def _is_file_at(file: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
