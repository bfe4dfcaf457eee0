"""A copy of the project in a folder of its own, in which a test may break things."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from shared import made_once

PROJECT = Path(__file__).resolve().parents[2]
PARTS = (
    "CITATION.cff",
    "LICENSE",
    "Snakefile",
    "config",
    "envs",
    "profiles",
    "slurm",
    "src",
    "workflow",
)


class PlannedJob(NamedTuple):
    """A job of a plan: its rule, and the first file that it makes."""

    rule: str
    output: str


class Project:
    """A checkout in which a test may break things."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = sys.executable
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
                shutil.copytree(source, folder / part, ignore=ignored)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder)

    def snakemake(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Snakemake with the test configuration; stdout and stderr are one text."""
        return subprocess.run(
            [self.python, "-m", "snakemake", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": "", "OMP_NUM_THREADS": "1"} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=2100,  # of the whole run, which takes five minutes on two fast cores
            check=False,
        )

    def run(self, *targets: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.snakemake(
            *targets, "--cores", "2", "--configfile", "config/test.yaml", **variables
        )

    def planned_jobs(self, *targets: str) -> dict[str, "PlannedJob"]:
        """Jobs that a run would execute now, by the name of their log, `all` left out."""
        done = self.snakemake(*targets, "-n", "--configfile", "config/test.yaml")
        assert done.returncode == 0, done.stdout
        found, rule, output = {}, "", ""
        for line in done.stdout.splitlines():
            if line.startswith("rule "):
                rule = line.removeprefix("rule ").rstrip(":")
            elif line.startswith("    output: "):
                output = line.removeprefix("    output: ").split(", ")[0]
            elif line.startswith("    log: "):
                log = line.removeprefix("    log: results/test/logs/").removesuffix(".log")
                found[log] = PlannedJob(rule, output)
        return found

    def planned_rules(self) -> set[str]:
        """Rules that a run would execute now, `all` left out."""
        done = self.snakemake("-n", "--configfile", "config/test.yaml")
        assert done.returncode == 0, done.stdout
        lines = done.stdout.splitlines()
        planned = {line.split("rule ")[1].rstrip(":") for line in lines if line.startswith("rule ")}
        return planned - {"all"}

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))


def undisturbed_run(factory: pytest.TempPathFactory, *targets: str) -> Path:
    """The folder of a project whose run nobody disturbed, the same one for all who ask for it."""

    def make(folder: Path) -> None:
        done = Project(folder).run(*targets)
        assert done.returncode == 0, done.stdout[-3000:]

    name = hashlib.sha256(" ".join(targets).encode()).hexdigest()[:8]
    return made_once(factory, f"run {name}", make)
