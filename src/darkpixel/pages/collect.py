"""Copy a finished run's tables and figures to docs/ and record where they come from."""

import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from darkpixel.config.names import JOINT
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.formats.image_file import ImageFile
from darkpixel.pages.jobs import Jobs, core_minutes
from darkpixel.pages.record import (
    FileRecord,
    Record,
    RunRecord,
    file_digest,
    read_record,
    write_record,
)

# The runs that the pages tell apart, and the data sets of each.
RUNS = {"jets": ["jets"], "muons": ["muons"], "lartpc": ["lartpc", "lartpc_vertex"]}
# Folders of a run's tables and figures, and what their files' names begin with in docs/.
TABLES = {"sarm": "sarm_", "lartpc": "lartpc_"}
FIGURES = {"sarm": "", "lartpc": "lartpc_"}


def collect(run: Path, docs: Path, command: str, hardware: str | None = None) -> list[str]:
    """Copy tables and figures of a run, and write the record anew; returns what to tell.

    A table of several data sets keeps the rows of those that this run does not have. Figures are
    replaced, not added: to show another one on a page, put it into docs/figures by hand once.

    Args:
        run: the folder results/{run}; its parent's parent is where Snakemake ran.
        docs: the folder `docs`.
        command: that made the run.
        hardware: of the run; left out, what its speed tables tell.

    Raises:
        DarkpixelError: there is no such run, or it has no tables.
    """
    if not (run / "tables").is_dir():
        raise DarkpixelError(f"{run}: no finished run (no folder {run / 'tables'}); make it first")
    path = docs / "results" / "record.yaml"
    record = read_record(path)
    jobs = Jobs(run.resolve().parents[1])
    told = []
    here = [name for name, datasets in RUNS.items()
            if any((run / "data" / dataset).is_dir() for dataset in datasets)]  # fmt: skip
    tables = dict(_files(run / "tables", TABLES, ".csv"))
    for name, entry in record.tables.items():
        if "/" not in name and name not in tables and set(entry.runs) <= set(here):
            told.append(f"{name}.csv: kept, not in this run")
    for name, table in tables.items():
        own = _runs(pd.read_csv(table), name)
        target = docs / "results" / "csv" / f"{name}.csv"
        older = _kept_runs(table, target)
        entry = _entry(table, [*own, *older], jobs)
        if older and name in record.tables:
            entry.commits = [*_kept_commits(record, name, own, older), *entry.commits]
            entry.commits = list(dict.fromkeys(entry.commits))
            told.append(f"{target}: rows of {', '.join(older)} kept, not in this run")
        _copy(table, target)
        entry.digest = file_digest(target)
        record.tables[name] = entry
    for name, figure in _files(run / "figures", FIGURES, ".png"):
        target = docs / "figures" / f"{name}.png"
        if target.is_file():
            shutil.copyfile(figure, target)
            shown = record.figures[name].runs if name in record.figures else _runs(None, name)
            record.figures[name] = _entry(figure, shown, jobs)
    told += _records_of_run(run, record, jobs, command, hardware)
    write_record(record, path)
    return told


def _files(folder: Path, prefixes: dict[str, str], suffix: str) -> Iterator[tuple[str, Path]]:
    """(name in docs/, path) of the files of a run that the pages can show."""
    for group, prefix in prefixes.items():
        for path in sorted((folder / group).glob(f"*{suffix}")):
            yield prefix + path.stem, path


def _entry(path: Path, runs: list[str], jobs: Jobs) -> FileRecord:
    ordered = [name for name in RUNS if name in runs]
    return FileRecord(
        runs=ordered, commits=jobs.commits(path), recorded=_today(), digest=file_digest(path)
    )


def _runs(rows: pd.DataFrame | None, name: str) -> list[str]:
    """Which of `RUNS` a table or a figure shows, by its rows if they tell, else by its name."""
    if rows is not None and "dataset" in rows:
        shown = set(rows["dataset"])
        return [run for run, datasets in RUNS.items() if shown & set(datasets)]
    if name.startswith("lartpc"):
        return ["lartpc"]
    return ["muons"] if "muon" in name else ["jets"]


def _kept_runs(new: Path, target: Path) -> list[str]:
    """Runs of which the recorded table has rows that the new one lacks."""
    if not target.is_file():
        return []
    rows, old = pd.read_csv(new), pd.read_csv(target)
    if "dataset" not in rows or "dataset" not in old:
        return []
    return _runs(old[~old["dataset"].isin(rows["dataset"])], "")


def _kept_commits(record: Record, name: str, own: list[str], older: list[str]) -> list[str]:
    """Commits of a recorded table without those of the rows that are replaced."""
    made = {run: record.runs[run].commits for run in (*own, *older) if run in record.runs}
    kept = {commit for run in older for commit in made.get(run, ())}
    replaced = {commit for run in own for commit in made.get(run, ())} - kept
    return [commit for commit in record.tables[name].commits if commit not in replaced]


def _copy(new: Path, target: Path) -> None:
    """Copy a table; rows of data sets that it does not have stay. Digits stay as they are."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not _kept_runs(new, target):
        shutil.copyfile(new, target)
        return
    rows, old = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (new, target))
    datasets = list(dict.fromkeys([*old["dataset"], *rows["dataset"]]))
    old = old[~old["dataset"].isin(rows["dataset"])]
    merged = pd.concat([old, rows])[list(dict.fromkeys([*rows, *old]))].fillna("")
    order = merged["dataset"].map(datasets.index)
    with whole_file(target) as path:
        merged.iloc[order.argsort(kind="stable")].to_csv(path, index=False, lineterminator="\n")


def _records_of_run(
    run: Path, record: Record, jobs: Jobs, command: str, hardware: str | None
) -> list[str]:
    """Write the entries of the data sets that the run has; returns what to tell."""
    present = {}
    for name, datasets in RUNS.items():
        if found := [dataset for dataset in datasets if (run / "data" / dataset).is_dir()]:
            present[name] = found
    minutes = core_minutes(run / "benchmarks", [d for found in present.values() for d in found])
    for name, datasets in present.items():
        configs = _trained(run, datasets)
        images = {
            path: _image_file(path)
            for dataset in datasets
            for path in sorted((run / "data" / dataset).rglob("*.h5"))
        }
        digests = {path: digest for path, (_, digest) in images.items()}
        digests |= {path.parent: config["digest"] for path, config in configs.items()}
        seeds = (re.fullmatch(r"seed(\d+)", path.parent.name) for path in configs)
        record.runs[name] = RunRecord(
            command=command,
            commits=jobs.commits(*images, *configs, *_tables_of(run, name)),
            uncommitted=jobs.uncommitted(),
            recorded=_today(),
            hardware=hardware or _hardware(run, name) or "not recorded",
            software=_software(configs.values()),
            core_minutes=round(sum(minutes[dataset] for dataset in datasets)),
            seeds=sorted({int(seed[1]) for seed in seeds if seed}),
            images={
                path.stem: count
                for path, (count, _) in images.items()
                if path.parts[-3] == datasets[0] and path.parts[-2] != JOINT
            },
            digests={path.relative_to(run).as_posix(): text for path, text in digests.items()},
        )
    return [f"{minutes['']:.0f} core-minutes were of jobs of several data sets"]


def _trained(run: Path, datasets: Iterable[str]) -> dict[Path, dict[str, Any]]:
    """Content of the config.yaml of every trained model."""
    return {
        path: yaml.safe_load(path.read_text(encoding="utf-8"))
        for dataset in datasets
        for path in sorted((run / "models" / dataset).rglob("config.yaml"))
    }


def _image_file(path: Path) -> tuple[int, str]:
    """Number of images, and the digest of the settings that they were made with."""
    with ImageFile(path) as file:
        return len(file), str(file.attributes.get("config_digest", ""))


def _tables_of(run: Path, name: str) -> Iterator[Path]:
    """The tables that are of no other run's data sets too."""
    for stem, path in _files(run / "tables", TABLES, ".csv"):
        if _runs(pd.read_csv(path), stem) == [name]:
            yield path


def _hardware(run: Path, name: str) -> str | None:
    """The machine, as the run's tables of speeds and searches name it."""
    paths = sorted((run / "tables").rglob("*.csv"), key=lambda path: "speed" not in path.stem)
    for path in paths:
        rows = pd.read_csv(path)
        if {"hardware", "dataset"} <= set(rows):
            named = rows.loc[rows["dataset"].isin(RUNS[name]), "hardware"].dropna()
            if len(named):
                return re.sub(r"(;|, \d+ threads).*", "", str(named.iloc[0]))
    return None


def _software(configs: Iterable[dict[str, Any]]) -> str:
    versions = {f"torch {config['software']['torch']}" for config in configs}
    return ", ".join(sorted(versions)) or "not recorded"


def _today() -> str:
    return datetime.now(tz=UTC).date().isoformat()
