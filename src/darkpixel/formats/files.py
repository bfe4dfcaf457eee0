"""Whole-or-nothing output: write under a temporary name, then rename."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from darkpixel.errors import DarkpixelError


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds.

    The temporary file is removed when the block fails, so a reader never sees half a file.
    The suffix of `path` is kept, because writers such as matplotlib choose a format by it.

    Raises:
        DarkpixelError: the disk is full or the folder cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb+") as file:  # a full disk may show only when data are flushed
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def _explained(error: OSError, path: Path) -> Exception:
    """The one-line form of an operating system error met while writing `path`."""
    # HDF5 hides the error number in its message ("... errno = 28, error message = ...").
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "errno = 28" in str(error):
        free = shutil.disk_usage(path.parent).free / 1e6 if path.parent.exists() else 0.0
        return DarkpixelError(
            f"{path}: disk full while writing ({free:.0f} MB free); nothing was left behind. "
            "Free some space, or put `results` on a larger disk with a symbolic link."
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return DarkpixelError(f"{path}: cannot be written ({error.strerror}); check permissions.")
    return error
