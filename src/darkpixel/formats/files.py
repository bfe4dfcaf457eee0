"""Whole-or-nothing output: write under a temporary name, then rename.

Temporary folders are made here, too, by names that tell who made them, so that those of killed
processes are found and removed.
"""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from darkpixel.errors import DarkpixelError
from darkpixel.formats.writers import (
    remove_left_behind,
    temporary_beside,
    temporary_folder_beside,
)

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds.

    The temporary file is removed when the block fails, so a reader never sees half a file; one that
    a killed process has left is removed by whoever writes the file next.
    The suffix of `path` is kept, because writers such as matplotlib choose a format by it.
    A symbolic link is followed: the file that it names is replaced.

    Raises:
        DarkpixelError: the disk is full, the folder cannot be written, or `path` is there and no
            file.
    """
    path = Path(path)
    target = writable(path)
    temporary = temporary_beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # a folder that cannot be listed
            remove_left_behind(target)
        yield temporary
        with temporary.open("rb+") as file:  # a full disk may show only when data are flushed
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        with suppress(OSError):  # an impossible path, explained above
            temporary.unlink(missing_ok=True)


@contextmanager
def folder_beside(path: str | Path) -> Iterator[Path]:
    """Yield a new hidden folder beside `path`, for files that are needed until that is written.

    It is removed when the block ends; one that a killed process has left is removed by whoever
    writes `path` next, here or in `whole_file`.

    Raises:
        DarkpixelError: the disk is full, or the folder of `path` cannot be written.
    """
    path = Path(path)
    try:
        target = path.resolve() if path.is_symlink() else path
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # a folder that cannot be listed
            remove_left_behind(target)
        folder = temporary_folder_beside(target)
    except OSError as error:
        raise _explained(error, path) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a new folder where the system keeps temporary files, for what belongs to no output.

    It is removed when the block ends; one that a killed process of this computer has left is
    removed by the next that needs such a folder. Those of other computers, which may share
    `TMPDIR`, are left alone: theirs may be in use for hours without a change.
    """
    name = Path(tempfile.gettempdir()) / "darkpixel"
    try:
        with suppress(OSError):
            remove_left_behind(name, of_others=False)
        folder = temporary_folder_beside(name)
    except OSError as error:
        raise _explained(error, name.parent) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def user_cache() -> Path | None:
    """The user's folder of caches, which need not be there; None where no home folder is known."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111
    return home if home.is_absolute() else None


def writable(path: str | Path) -> Path:
    """The file that is replaced when `path` is written: itself, or what it links to.

    Raises:
        DarkpixelError: something is there that is no file and must not be replaced: a folder, a
            pipe, a device.
    """
    path = Path(path)
    try:
        target = path.resolve() if path.is_symlink() else path
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before Python 3.13
        if isinstance(error, OSError):
            raise _explained(error, path) from error
        raise DarkpixelError(f"{path}: a loop of symbolic links; name another file.") from error
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in _KINDS if test(mode)), "no file")
        raise DarkpixelError(
            f"{path}: is {kind}, which must not be replaced; name a file to be written."
        )
    return target


def _explained(error: OSError, path: Path) -> Exception:
    """The one-line form of an operating system error met while writing `path`."""
    # HDF5 hides the error number in its message ("... errno = 28, error message = ...").
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "errno = 28" in str(error):
        free = shutil.disk_usage(path.parent).free / 1e6 if path.parent.exists() else 0.0
        return DarkpixelError(
            f"{path}: disk full while writing ({free:.0f} MB free); nothing was left behind. "
            "Free some space, or put `results` on a larger disk with a symbolic link."
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP):
        return DarkpixelError(
            f"{path}: cannot be written ({error.strerror}: {error.filename}); name a file in a "
            "folder."
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return DarkpixelError(f"{path}: cannot be written ({error.strerror}); check permissions.")
    return error
