"""Plans of the test configuration: every job with its params, none run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from snakemake.rules import Rule

from darkpixel.pipeline.planner import planned_workflow

PROJECT = Path(__file__).resolve().parents[2]


class Job(NamedTuple):
    """A job as it is planned."""

    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: dict[str, Any]
    wildcards: dict[str, str]
    recorded: tuple[str, ...]
    """What Snakemake keeps of the params, to see whether they have changed."""


class Planned(NamedTuple):
    """The rules and all jobs of a run, whether or not there is something to do."""

    rules: dict[str, Rule]
    jobs: list[Job]

    def changed(self, other: "Planned") -> set[str]:
        """Rules of jobs that Snakemake would run again if the plan became the other one."""
        before = {(job.rule, job.outputs): job for job in self.jobs}
        changed = set()
        for job in other.jobs:
            old = before.get((job.rule, job.outputs))
            if old is None or set(old.recorded) != set(job.recorded) or old.inputs != job.inputs:
                changed.add(job.rule)
        return changed


def planned(config: Mapping[str, Any] | None = None, folder: Path = PROJECT) -> Planned:
    """The plan of the test configuration with other values for some keys."""
    files = [folder / "config/test.yaml"]
    with planned_workflow(folder, files, config, targets=("all", "report")) as workflow:
        jobs = [
            Job(
                job.rule.name,
                tuple(sorted(map(str, job.input))),
                tuple(map(str, job.output)),
                dict(job.params.items()),
                dict(job.wildcards_dict),
                tuple(workflow.persistence._params(job)),
            )
            for job in workflow.dag.jobs
        ]
        return Planned({rule.name: rule for rule in workflow.rules}, jobs)
