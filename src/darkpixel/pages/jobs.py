"""What a finished run tells of its jobs: when each ran, on which commit, and how long."""

import base64
import binascii
import json
import math
import subprocess
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd


class Jobs:
    """The jobs behind the files of a run, from Snakemake's records and git's.

    Snakemake records when a job began and what it read; git's reflog records which commit was
    checked out at that time. Changes without a commit leave no trace in either.

    Args:
        root: the folder in which Snakemake ran, a checkout of this repository.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def commits(self, *paths: Path) -> list[str]:
        """Commits of the code of all jobs behind these files, the earliest first.

        A job without a record counts as begun when its file was written; a job that is older than
        git's reflog is left out.

        Args:
            paths: below `root`.
        """
        names = self._all_behind(paths)
        times = [self._began(name) for name in names]
        return list(dict.fromkeys(filter(None, map(self.commit_at, sorted(times)))))

    def span(self, *paths: Path) -> tuple[float | None, float | None]:
        """When the first job behind these files began and the last one ended, seconds since 1970;
        None where nothing is recorded.

        Args:
            paths: below `root`.
        """
        names = self._all_behind(paths)
        records = [self._record(name) for name in names]
        begun = [record["starttime"] for record in records if record.get("starttime")]
        ended = [record["endtime"] for record in records if record.get("endtime")]
        return min(begun, default=None), max(ended, default=None)

    def _all_behind(self, paths: Iterable[Path]) -> set[str]:
        """The files, and all that their jobs read, directly or not."""
        return set().union(*(self._behind(self._name(path)) for path in paths))

    def commit_at(self, time: float) -> str | None:
        """The commit that was checked out at a time (seconds since 1970); None if not known."""
        place = bisect_right(self._checkouts, time, key=lambda checkout: checkout[0])
        return self._checkouts[place - 1][1] if place else None

    def uncommitted(self) -> bool:
        """Whether code or configuration differ now from the commit that is checked out."""
        return bool(
            _git(self.root, "status", "--porcelain", "--", "src", "workflow", "Snakefile", "config")
        )

    def _name(self, path: Path) -> str:
        # `results` may be a link to another disk: the name is the one that Snakemake knows.
        inside = path.absolute().is_relative_to(self.root.absolute())
        whole = (path.absolute(), self.root.absolute()) if inside else (
            path.resolve(), self.root.resolve())  # fmt: skip
        return whole[0].relative_to(whole[1]).as_posix()

    def _behind(self, name: str) -> set[str]:
        """The file and everything that was read, directly or not, to make it."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name not in found and (self._record(name) or not found):
                found.add(name)
                waiting.extend(self._record(name).get("input", []))
        return found

    def _began(self, name: str) -> float:
        began = self._record(name).get("starttime")
        path = self.root / name
        return float(began) if began else path.stat().st_mtime if path.exists() else -math.inf

    def _record(self, name: str) -> dict[str, Any]:
        path = self._records.get(name)
        if path is None:
            return {}
        if name not in self._read:
            try:
                self._read[name] = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:  # cut short
                self._read[name] = {}
        return self._read[name]

    @cached_property
    def _read(self) -> dict[str, dict[str, Any]]:
        return {}

    @cached_property
    def _records(self) -> dict[str, Path]:
        """Snakemake's records by the file that they are about.

        The name of a record is that file's path in base64; a long one is cut into folders, whose
        names begin with @.
        """
        folder = self.root / ".snakemake" / "metadata"
        records = {}
        for path in folder.rglob("*"):
            if path.is_file():
                parts = path.relative_to(folder).parts
                code = "".join(part.removeprefix("@") for part in parts)
                try:
                    records[base64.urlsafe_b64decode(code).decode()] = path
                except (binascii.Error, UnicodeDecodeError):
                    continue
        return records

    @cached_property
    def _checkouts(self) -> list[tuple[float, str]]:
        """(time, commit) of every change of what is checked out, the earliest first."""
        lines = _git(self.root, "log", "--walk-reflogs", "--date=unix", "--format=%H %gd", "HEAD")
        found = []
        for line in lines.splitlines():
            commit, selector = line.split(" ", 1)
            found.append((float(selector.split("{")[1].rstrip("}")), commit))
        return found[::-1]


def core_minutes(folder: Path, names: Iterable[str]) -> dict[str, float]:
    """CPU time of a run's jobs by data set, minutes; under the key "" that of jobs of several.

    A benchmark file belongs to the data set whose name is a folder of its path or begins its name.

    Args:
        folder: `results/{run}/benchmarks`.
        names: of the data sets.
    """
    longest_first = sorted(names, key=len, reverse=True)
    total = dict.fromkeys([*longest_first, ""], 0.0)
    for path in sorted(folder.rglob("*.tsv")):
        parts = path.relative_to(folder).with_suffix("").parts
        owner = next(
            (name for name in longest_first if name in parts or parts[-1].startswith(f"{name}_")),
            "",
        )
        times = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
        total[owner] += float(times["cpu_time"].fillna(times["s"]).sum()) / 60
    return total


def _git(root: Path, *arguments: str) -> str:
    """What git says; nothing where there is no repository or no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
