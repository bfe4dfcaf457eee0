"""The frame of a workflow script: its log, and errors as one line."""

import logging
import os
import platform
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from darkpixel.errors import DarkpixelError


@contextmanager
def job(log: str | Path) -> Iterator[logging.Logger]:
    """Run the body of a workflow script.

    The log opens with where the job runs, and gets every message of the library. A
    `DarkpixelError` ends the job with its one line on stderr and in the log; any other exception
    leaves its traceback in the log and one line that points there.

    Args:
        log: the rule's log file (`snakemake.log[0]`).
    """
    log = Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log, mode="w")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("darkpixel")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.info(
        "node=%s CUDA_VISIBLE_DEVICES=%s",
        os.environ.get("SLURMD_NODENAME", platform.node()),
        os.environ.get("CUDA_VISIBLE_DEVICES", ""),
    )
    try:
        yield logger
    except DarkpixelError as error:
        logger.error("%s", error)
        sys.exit(f"darkpixel: {error}")
    except Exception as error:
        logger.error("%s", traceback.format_exc())
        sys.exit(f"darkpixel: {type(error).__name__}: {_first_line(error)} (traceback in {log})")
    finally:
        handler.close()
        logger.removeHandler(handler)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")
