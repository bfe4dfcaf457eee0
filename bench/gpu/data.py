"""The data of a training: simulated in the background, or given."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench.gpu.recipe import LABELS, SPLITS, read_recipe
from bench.gpu.report import Run
from bench.gpu.simulation import MADE, split_path
from darkpixel.config.names import CLASS, JETS, JOINT
from darkpixel.datasets.joint import join_labels
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile

_SPARED_CORES = 2  # while a simulation runs beside the first steps
_NICE, _NICE_LATER = 5, 10  # a GPU's host is in more of a hurry


class Data:
    """Image files of the three splits, some of which may still be on their way.

    Args:
        run: see there.
        entry: key `data` of a training's YAML: what `bench.gpu.recipe` describes, or `folder`, of
            the files: `train.h5`, `validation.h5` and `test.h5`, in it or in a folder for each of
            the `labels` (default: signal, background). Images of all labels together, in
            `joint/`, are made where they are missing.
        later: of a training in another call; nothing is cut off, and others come first.
    """

    def __init__(self, run: Run, entry: dict[str, Any], *, later: bool = False) -> None:
        self._run = run
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.labels: tuple[str, ...] = ()
        """Labels of the images, in the order of the joint file's classes; none: one kind."""
        if "folder" in entry:
            self.folder = Path(entry["folder"])
            if not any((self.folder / f"{split}.h5").exists() for split in SPLITS):
                self.labels = self._given_labels(entry)
            return
        recipe, _ = read_recipe(entry)
        self.labels = recipe.labels
        self.folder = recipe.folder(run.work)
        if (self.folder / MADE).exists():
            run.report.log(f"data: {self.folder} is there")
            return
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        workers = max(1, cores - _SPARED_CORES)
        command = [
            sys.executable, "-m", "bench.gpu.simulation", str(self.folder), json.dumps(entry),
            "--workers", str(workers), "--nice", str(_NICE_LATER if later else _NICE),
            *(["--unbounded"] if later else []),
        ]  # fmt: skip
        self._log = run.work / f"{self.folder.name}.log"
        self._errors = self._log.with_suffix(".err")
        # One library thread a process: there is one process for each core.
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        with self._log.open("wb") as log, self._errors.open("wb") as errors:
            # A group of its own, so that its processes can be ended with it.
            self._process = subprocess.Popen(
                command, stdout=log, stderr=errors, start_new_session=True,
                env={**os.environ, **threads},
            )  # fmt: skip
        run.report.log(f"data: {recipe.dataset}, {recipe.images} begun on {workers} cores")
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()

    def path(self, split: str, label: str = JOINT) -> Path:
        """The file of a split; waits until it is there.

        Args:
            label: where there are several; `joint`: of all labels together, `train` and
                `validation` only.

        Raises:
            DarkpixelError: it never will be.
        """
        path = split_path(self.folder, split, label if self.labels else "")
        if self._process is None and self.labels and label == JOINT and not path.exists():
            return self._joined(split)
        while not path.exists():
            if self._process is None or self._process.poll() is not None:
                if path.exists():
                    break
                raise DarkpixelError(f"{path}: not there{self._reason()}.")
            if self._run.report.left < 0:
                raise DarkpixelError(f"{path}: not ready when the time was over.")
            time.sleep(0.1)
        return path

    def made(self) -> dict[str, Any]:
        """Recipe, images and seconds of what was simulated; empty for given files."""
        path = self.folder / MADE
        content: dict[str, Any] = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        )
        return content

    def _given_labels(self, entry: dict[str, Any]) -> tuple[str, ...]:
        labels = tuple(entry.get("labels", LABELS[JETS]))
        for path in (split_path(self.folder, split, JOINT) for split in SPLITS):
            if path.exists():
                with ImageFile(path) as file:
                    found = tuple(str(file.attributes.get("classes", "")).split(","))
                if found != labels:
                    raise DarkpixelError(
                        f"{path}: column `{CLASS}` counts {', '.join(found)}, but the labels are "
                        f"{', '.join(labels)}; give `labels` in that order."
                    )
        return labels

    def _joined(self, split: str) -> Path:
        """Given files of all labels, put together in the folder for data."""
        name = str(self.folder.resolve()).replace(os.sep, "_").strip("_")
        path = split_path(self._run.work / f"joined-{name}", split, JOINT)
        if not path.exists():
            join_labels(
                {label: self.path(split, label) for label in self.labels}, path, compressed=False
            )
        return path

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Say when the simulation fails, which is long before somebody waits for its images."""
        if process.wait() != 0 and not self._stopped:
            self._run.report.log(f"data: {self.folder}{self._reason()}")

    def _reason(self) -> str:
        if self._process is None:
            return "; name the folder of train.h5, validation.h5 and test.h5"
        # Pythia's own words come last, when its buffers are emptied: errors have their own file.
        said = (path.read_text(errors="replace") for path in (self._errors, self._log))
        lines = next(filter(None, said), "").splitlines()
        how = f" with status {self._process.returncode}" if self._process.returncode else ""
        return f", the simulation ended{how}: {' | '.join(lines[-3:])}"

    def stop(self) -> None:
        """End the simulation if it still runs; a later call goes on with its chunks."""
        if self._process is not None and self._process.poll() is None:
            self._stopped = True
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(timeout=30)
