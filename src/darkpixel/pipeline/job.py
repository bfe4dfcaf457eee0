"""The frame of a workflow script: its log, and errors as one line."""

import fcntl
import logging
import os
import platform
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from darkpixel.errors import DarkpixelError


@contextmanager
def job(log: str | Path) -> Iterator[logging.Logger]:
    """Run the body of a workflow script.

    The log opens with where the job runs, and gets every message of the library. A
    `DarkpixelError` ends the job with its one line on stderr and in the log; any other exception
    leaves its traceback in the log and one line that points there. A log that another living job
    writes (one whose Snakemake was killed) is not begun anew: the lines go below its own.

    Args:
        log: the rule's log file (`snakemake.log[0]`).
    """
    log = Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    file = log.open("a", encoding="utf-8", errors="backslashreplace")
    _begin_anew(file)
    to_file = logging.StreamHandler(file)
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    to_user = logging.StreamHandler()
    to_user.setLevel(logging.WARNING)
    to_user.setFormatter(logging.Formatter("darkpixel: %(message)s"))
    logging.raiseExceptions = False  # a log that does not fit on a full disk is not the problem
    logger = logging.getLogger("darkpixel")
    logger.setLevel(logging.INFO)
    logger.addHandler(to_file)
    logger.addHandler(to_user)
    logger.info(
        "node=%s CUDA_VISIBLE_DEVICES=%s",
        os.environ.get("SLURMD_NODENAME", platform.node()),
        os.environ.get("CUDA_VISIBLE_DEVICES", ""),
    )
    try:
        yield logger
    except DarkpixelError as error:
        logger.error("%s", error)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - a job ends with one line, whatever it was
        logger.info("%s", traceback.format_exc())
        logger.error("%s: %s (traceback in %s)", type(error).__name__, _first_line(error), log)
        sys.exit(1)
    finally:
        for handler in (to_file, to_user):
            logger.removeHandler(handler)
        with suppress(OSError):
            file.close()


def _begin_anew(log: TextIO) -> None:
    """Empty a log, unless another process, which holds its lock, is writing it."""
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    except OSError:  # this file system has no locks
        pass
    log.truncate(0)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")
