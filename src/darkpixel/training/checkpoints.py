"""The checkpoint folder of a training run: locked, never half written, tied to its inputs.

Snakemake deletes the outputs of a failed job, so checkpoints are not an output of any rule: they
live in a folder of their own until the model is written. The folder holds `lock` and `holder`
(which process is training), `state.pt` (everything that resuming needs) and the snapshots made so
far.
"""

import logging
import time
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from filelock import FileLock, Timeout

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.training.holder import HOLDER, Holder, read, shown

logger = logging.getLogger(__name__)

LOCK = "lock"
STATE = "state.pt"


class CheckpointFolder:
    """A checkpoint folder, held by this process while the `with` block lasts.

    The lock is the kernel's (`flock`): it ends with the process, however that dies. Beside it the
    process writes every ten seconds that it is alive, for other computers (see holder.py).

    Args:
        folder: created if missing.
        digest: of everything that the training run depends on (inputs, configuration, code).
            A state with another digest is never resumed.

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
        # Half a second: a run that has just ended may remove the file that we are about to lock.
        # No fallback: where a file system lacks flock, filelock would count a file as held for as
        # long as it exists, and a crash on another host would refuse the run that resumes.
        self._holder = Holder(self.folder)
        self._lock = FileLock(self.folder / LOCK, timeout=0.5, fallback_to_soft=False)

    @property
    def state_path(self) -> Path:
        return self.folder / STATE

    def snapshot(self, epoch: int) -> Path:
        """Where a snapshot waits for the end of training: a failed job's outputs are deleted."""
        return self.folder / f"epoch{epoch}.safetensors"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        has_locks = self._acquire()
        try:
            self._holder.check_free(has_locks)
        except BaseException:
            self._lock.release()
            raise
        for name in (STATE, HOLDER):
            for stale in self.folder.glob(f".{Path(name).stem}.*.tmp*"):  # of a killed process
                stale.unlink()
        self._holder.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._holder.stop()
        self._lock.release()

    def _acquire(self) -> bool:
        """Take the lock; whether there are locks here."""
        try:
            self._lock.acquire()
        except Timeout:
            raise DarkpixelError(
                f"{self.folder}: a living training run holds this checkpoint folder "
                f"({shown(read(self.folder / HOLDER))}); wait for it or stop it, then start again."
            ) from None
        except (FileNotFoundError, PermissionError):  # of the folder; nothing about locks
            raise
        except OSError as error:
            logger.warning(
                "%s: this file system has no locks (%s); a run that starts within a second of "
                "another one may go unnoticed",
                *(self.folder, error.strerror),
            )
            return False
        return True

    def load(self) -> dict[str, Any] | None:
        """The state saved last, tensors on the CPU, or None to start afresh.

        A state with another digest is not used: a message names both digests, and the next `save`
        overwrites it.

        Raises:
            DarkpixelError: the file is there and cannot be read.
        """
        if not self.state_path.exists():
            return None
        try:
            content = torch.load(self.state_path, map_location="cpu", weights_only=True)
            saved_digest = content["digest"]
            state: dict[str, Any] = content["state"]
        except Exception as error:  # damaged bytes: torch raises almost anything
            raise DarkpixelError(
                f"{self.state_path}: not a readable checkpoint; remove the file to start afresh."
            ) from error
        if saved_digest != self.digest:
            logger.warning(
                "%s: checkpoint of other inputs or settings (digest %s, now %s); starting afresh.",
                self.state_path,
                saved_digest,
                self.digest,
            )
            return None
        return state

    def check_held(self) -> None:
        """Make sure that no other process has taken over the folder.

        Raises:
            DarkpixelError: one has.
        """
        self._holder.check_own()

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state: the old one stays whole until the new one is on the disk.

        Raises:
            DarkpixelError: another process has taken over the folder, or the disk is full.
        """
        self.check_held()
        began = time.monotonic()
        content = BytesIO()  # torch's own writer says nothing of a full disk but that it failed
        torch.save({"digest": self.digest, "state": state}, content)
        with whole_file(self.state_path) as temporary:
            temporary.write_bytes(content.getbuffer())
        self.last_write = time.monotonic()
        self.write_seconds = self.last_write - began

    def remove(self) -> None:
        """Remove what the folder holds: its model has been written elsewhere.

        Raises:
            DarkpixelError: another process has taken over the folder.
        """
        self.check_held()
        self._holder.stop()
        for path in self.folder.iterdir():
            if path.name != LOCK and path.is_file():
                path.unlink()
        (self.folder / LOCK).unlink(missing_ok=True)  # last: until now the folder is ours
        try:
            self.folder.rmdir()
        except OSError:  # another training run has just entered, or a user's folder is in it
            logger.debug("%s: not empty, left", self.folder)
