"""The data of a training: simulated in the background, or given."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.gpu import argon
from bench.gpu.report import Run
from darkpixel.errors import DarkpixelError

_SPARED_CORES = 2  # while a simulation runs beside the first steps


class Data:
    """Image files of the three splits, some of which may still be on their way.

    Args:
        run: see there.
        entry: key `data` of a training's YAML: `folder`, of the files, or `images` (of each
            split), `simulation`, `imaging` (keys of the classes in `darkpixel.config.lartpc`) and
            `seed`.
    """

    def __init__(self, run: Run, entry: dict[str, Any]) -> None:
        self._run = run
        self._process: subprocess.Popen[bytes] | None = None
        if "folder" in entry:
            self.folder = Path(entry["folder"])
            return
        recipe = {"simulation": {}, "imaging": {}, "seed": 1, **entry}
        self.folder = argon.data_folder(run.work, recipe)
        if all((self.folder / f"{split}.h5").exists() for split in argon.SPLITS):
            run.report.log(f"data: {self.folder} is there")
            return
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        workers = max(1, cores - _SPARED_CORES)
        command = [sys.executable, "-m", "bench.gpu.argon", str(self.folder), json.dumps(recipe),
                   "--workers", str(workers)]  # fmt: skip
        self._log = run.work / "data.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        run.report.log(f"data: {recipe['images']} begun on {workers} cores")

    def path(self, split: str) -> Path:
        """The file of a split; waits until it is there.

        Raises:
            DarkpixelError: it never will be.
        """
        path = self.folder / f"{split}.h5"
        while not path.exists():
            if self._process is None or self._process.poll() is not None:
                if path.exists():
                    break
                raise DarkpixelError(f"{path}: not there{self._reason()}.")
            if self._run.report.left < 0:
                raise DarkpixelError(f"{path}: not ready when the time was over.")
            time.sleep(0.1)
        return path

    def _reason(self) -> str:
        if self._process is None:
            return "; name the folder of train.h5, validation.h5 and test.h5"
        lines = self._log.read_text(errors="replace").splitlines()
        return f", the simulation ended: {' | '.join(lines[-3:])}"

    def stop(self) -> None:
        """End the simulation if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)
