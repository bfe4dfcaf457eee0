"""Snakemake's report of a run, by a second Snakemake: a run cannot report on itself."""

import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import folder_beside, whole_file

logger = logging.getLogger(__name__)


def write_report(config: Mapping[str, Any], path: str | Path, log: str | Path) -> None:
    """Run Snakemake's reporter over the results that are there.

    Args:
        config: the merged configuration, the command line's included; the second Snakemake merges
            it over `config/config.yaml`.
        path: of the report.
        log: named where the reporter fails.

    Raises:
        DarkpixelError: it fails.
    """
    with folder_beside(path) as folder, whole_file(path) as temporary:
        merged = folder / "config.yaml"
        merged.write_text(yaml.safe_dump(dict(config)))
        command = [sys.executable, "-m", "snakemake", "all", "--nolock"]
        command += ["--report", str(temporary), "--configfile", str(merged)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        logger.info("%s", done.stderr)
        if done.returncode:
            raise DarkpixelError(f"{path}: Snakemake's reporter failed; see {log}")
