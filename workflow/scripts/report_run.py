"""Run Snakemake's reporter over the results that are there."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]) as logger, tempfile.TemporaryDirectory() as folder:
    # The merged configuration, command line included: Snakemake merges it over config.yaml.
    config = Path(folder) / "config.yaml"
    config.write_text(yaml.safe_dump(snakemake.params.config))
    with whole_file(snakemake.output.html) as path:
        command = [sys.executable, "-m", "snakemake", "all", "--nolock", "--report", str(path)]
        done = subprocess.run(
            [*command, "--configfile", str(config)], capture_output=True, text=True, check=False
        )
        logger.info("%s", done.stderr)
        if done.returncode:
            raise DarkpixelError(f"{path}: Snakemake's reporter failed; see {snakemake.log[0]}")
