"""What was run: from a run's record, Snakemake's records and git's."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from darkpixel.errors import DarkpixelError
from darkpixel.pages.jobs import Jobs, core_minutes


class RunFacts(NamedTuple):
    """Of the first page of a report."""

    run: str
    facts: dict[str, str]
    """What is told of it, by name."""
    configuration: str
    """YAML."""

    def summary(self) -> str:
        """One line: configuration, commit, computer, time."""
        shown = ("configuration", "commit", "computer", "computed", "time")
        return "; ".join(self.facts[name] for name in shown if name in self.facts)


def run_facts(record: str | Path, results: str | Path, files: Iterable[str | Path]) -> RunFacts:
    """What made a run.

    Args:
        record: `run.yaml` (`darkpixel.pipeline.run_record`).
        results: `results/{run}`; Snakemake ran in the folder two above.
        files: the run's figures and tables.

    Raises:
        DarkpixelError: there is no such record.
    """
    results = Path(results)
    try:
        known = yaml.safe_load(Path(record).read_text(encoding="utf-8"))
        computer, versions = known["computer"], known["versions"]
        configuration = known["configuration"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise DarkpixelError(
            f"{record}: no record of the run ({error}); start the run again, which writes it."
        ) from error
    paths = [Path(file) for file in files]
    jobs = Jobs(results.parent.parent)
    facts = {
        "command": str(known["command"]),
        "configuration": ", ".join(known["configuration_files"]),
        "commit": _commits(str(known["commit"]), jobs.commits(*paths)),
        "last started": _time(known["started"]),
        "computed": _span(*jobs.span(*paths)),
        "time": _minutes(results / "benchmarks", configuration),
        "computer": f"{computer['cores']} cores, {computer['machine']}, {computer['system']}",
        "measured on": _hardware(paths),
        "software": ", ".join(
            f"{name} {version}"
            for name, version in {"Python": computer["python"], **versions}.items()
        ),
    }
    text = yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True)
    return RunFacts(results.name, {name: fact for name, fact in facts.items() if fact}, text)


def _commits(started: str, of_jobs: list[str]) -> str:
    """The commit of the last start, and others on which jobs ran."""
    others = [commit[:12] for commit in of_jobs if not started.startswith(commit[:7])]
    return f"{started} (jobs also on {', '.join(others)})" if others else started


def _time(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M %Z").strip()


def _span(first: float | None, last: float | None) -> str:
    if first is None or last is None:
        return ""
    start, end = (datetime.fromtimestamp(time, UTC) for time in (first, last))
    same = start.date() == end.date()
    return f"{start:%Y-%m-%d %H:%M} to {end.strftime('%H:%M' if same else '%Y-%m-%d %H:%M')} UTC"


def _minutes(folder: Path, configuration: dict[str, Any]) -> str:
    """CPU time and number of the jobs, by data set."""
    datasets = [name for name, data in (configuration.get("datasets") or {}).items() if data]
    minutes = core_minutes(folder, datasets)
    total = sum(minutes.values())
    parts = [f"{name or 'shared'} {of:.0f}" for name, of in minutes.items() if of >= 1]
    jobs = sum(1 for _ in folder.rglob("*.tsv"))
    return f"{total:.0f} core-minutes in {jobs} jobs ({', '.join(parts)})" if total else ""


def _hardware(files: Iterable[Path]) -> str:
    """What the tables say that they were measured on."""
    found: dict[str, None] = {}
    for path in files:
        if path.suffix == ".csv":
            rows = pd.read_csv(path, usecols=lambda name: name == "hardware")
            if "hardware" in rows:
                found |= dict.fromkeys(rows["hardware"].dropna())
    return "; ".join(found)
