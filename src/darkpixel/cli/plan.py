"""`darkpixel plan`: what a run would do, and what that costs."""

import argparse
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from darkpixel.cli.look import BASE
from darkpixel.cli.options import Commands, add_command, positive, print_json
from darkpixel.errors import DarkpixelError

if TYPE_CHECKING:
    from darkpixel.pipeline.costs import Costs
    from darkpixel.pipeline.planner import Job
    from darkpixel.pipeline.records import Records

_SECONDS = 1.0  # of each measurement
_LONGER = "longer in proportion where there are more images"


class Row(NamedTuple):
    """The jobs of one rule."""

    rule: str
    jobs: int
    unknown: int
    """Those whose time is not known."""
    core_hours: float
    """Of the others."""
    longest_hours: float
    """On the cores that a job has."""
    memory: float
    """MB that a job asks for."""
    memory_seen: float
    """MB of the largest such job of a finished run; NaN where none is known."""
    gigabytes: float
    """Of its files; NaN where not known."""
    basis: str


def add_plan(commands: Commands) -> None:
    """Its options."""
    plan = add_command(
        commands,
        "plan",
        "what would run, with time, memory and disk",
        "--like results/demo",
        "config/study.yaml --cores 16",
        "mine.yaml --no-measure --json",
        description="Jobs that Snakemake would run, with core hours, time on your cores, memory "
        "and disk. Speeds are those of a finished run (--like), or of trainings, samplers and "
        "simulations timed here; of other jobs whose time depends on no network, those of a demo "
        "that is on record. What is not known is listed as unknown.",
    )
    plan.add_argument("overlays", type=Path, nargs="*", help="as for --configfile of snakemake")
    plan.add_argument("--like", type=Path, metavar="FOLDER", help="a finished run: results/demo")
    plan.add_argument("--cores", type=positive, help="on which it would run (those here)")
    plan.add_argument("--forceall", action="store_true", help="as if nothing were there yet")
    plan.add_argument(
        "--no-measure", action="store_true", help="time nothing here (some seconds a model)"
    )
    plan.add_argument("--json", action="store_true", help="print all numbers as JSON")
    plan.set_defaults(command=_plan)


def _plan(options: argparse.Namespace) -> None:
    from darkpixel.config.loading import load_run, read_yaml
    from darkpixel.models.workers import usable_cores
    from darkpixel.pipeline.costs import Costs
    from darkpixel.pipeline.planner import planned_jobs
    from darkpixel.pipeline.records import records_of, shipped_records

    if not Path("Snakefile").is_file() or not BASE.is_file():
        raise DarkpixelError("Snakefile: not found; call `darkpixel plan` in the checkout.")
    files = [BASE, *options.overlays]
    run = load_run(read_yaml(*files), files)
    jobs = planned_jobs(Path.cwd(), options.overlays, everything=options.forceall)
    records = None if options.like is None else records_of(options.like)
    speeds = None
    if not options.no_measure and jobs:
        from darkpixel.cli.measured import MeasuredSpeeds
        from darkpixel.pipeline.paths import Paths

        speeds = MeasuredSpeeds(_SECONDS, pool=Path(Paths(run.run).pileup()))
    shipped = shipped_records()
    costs = Costs(run, jobs, speeds=speeds, records=records, shipped=shipped)
    found = _summary(costs, jobs, options.cores or usable_cores())
    about = {
        "run": run.run,
        "configuration": [str(file) for file in files],
        "speeds": _sources(records, shipped, measured=speeds is not None),
    }
    if options.json:
        print_json({**about, **found})
    else:
        print(_text(about, found))


def _sources(records: "Records | None", shipped: "Records", *, measured: bool) -> list[str]:
    found = []
    if records is not None:
        found.append(
            f"{records.name}: the records of {len(records)} jobs, on the computer that it was "
            f"made on; {_LONGER}"
        )
    if measured:
        found.append("measured: timed here, on one core of this computer, without a GPU")
    found.append(f"{shipped.name}: what neither knows; {_LONGER}")
    return found


def _summary(costs: "Costs", jobs: "list[Job]", cores: int) -> dict[str, Any]:
    from darkpixel.pipeline.costs import UNKNOWN
    from darkpixel.pipeline.scheduling import longest_chain, schedule

    estimates = [costs.estimate(job) for job in jobs]
    # A job of several cores is taken to use all of them.
    seconds = [
        0.0 if math.isnan(found.seconds) else found.seconds / min(max(job.threads, 1), cores)
        for job, found in zip(jobs, estimates, strict=True)
    ]
    needs = [job.needs for job in jobs]
    times = schedule(seconds, needs, cores, [max(job.threads, 1) for job in jobs])
    rows = []
    for rule in dict.fromkeys(job.rule for job in jobs):
        mine = [place for place, job in enumerate(jobs) if job.rule == rule]
        known = [place for place in mine if estimates[place].basis != UNKNOWN]
        bases = dict.fromkeys(estimates[place].basis for place in known)
        rows.append(
            Row(
                rule,
                len(mine),
                len(mine) - len(known),
                sum(estimates[place].seconds for place in known) / 3600,
                max((seconds[place] for place in known), default=0.0) / 3600,
                max(jobs[place].memory for place in mine),
                _largest(costs.memory(jobs[place]) for place in mine),
                _sum(costs.storage(jobs[place]) for place in mine) / 1e9,
                ", ".join(bases) or UNKNOWN,
            )
        )
    rows.sort(key=lambda row: (-row.core_hours, row.rule))
    return {
        "jobs": len(jobs),
        "jobs_of_unknown_time": sum(row.unknown for row in rows),
        "core_hours": sum(row.core_hours for row in rows),
        "cores": cores,
        "hours": times.makespan / 3600,
        "longest_chain_hours": longest_chain(seconds, needs) / 3600,
        "memory_asked_at_once_mb": times.peak([job.memory for job in jobs]),
        "largest_job_mb": max((job.memory for job in jobs), default=0.0),
        "gigabytes": _sum(row.gigabytes for row in rows),
        "rules": [row._asdict() for row in rows],
    }


def _sum(values: Iterable[float]) -> float:
    """Of those that are known; NaN where none is."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) if known else math.nan


def _largest(values: Iterable[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def _text(about: dict[str, Any], found: dict[str, Any]) -> str:
    if not found["jobs"]:
        return f"run '{about['run']}': nothing to do"
    lines = [
        f"run '{about['run']}' ({' '.join(about['configuration'])}): {found['jobs']} jobs",
        "",
        f"{'rule':28}{'jobs':>6}{'core time':>11}{'longest':>9}{'MB asked':>10}{'MB seen':>9}"
        f"{'GB':>9}  from",
    ]
    for row in found["rules"]:
        partly = f" ({row['unknown']} unknown)" if 0 < row["unknown"] < row["jobs"] else ""
        known = row["unknown"] < row["jobs"]
        lines.append(
            f"{row['rule']:28}{row['jobs']:>6}{_duration(row['core_hours'], known):>11}"
            f"{_duration(row['longest_hours'], known):>9}{row['memory']:>10.0f}"
            f"{_number(row['memory_seen']):>9}{_number(row['gigabytes']):>9}  "
            f"{row['basis']}{partly}"
        )
    at_least = "at least " if found["jobs_of_unknown_time"] else ""
    lines += [
        "",
        f"together: {at_least}{_number(found['core_hours'])} core hours; on {found['cores']} "
        f"cores {at_least}{_duration(found['hours'])} (the longest chain of jobs "
        f"{_duration(found['longest_chain_hours'])})",
        f"memory: {found['memory_asked_at_once_mb']:,.0f} MB asked for at once, "
        f"{found['largest_job_mb']:,.0f} by the largest job",
        f"disk: {_number(found['gigabytes'])} GB"
        + ("" if math.isnan(found["gigabytes"]) else ", of jobs that a finished run has, too")
        + (" (unknown; give --like)" if math.isnan(found["gigabytes"]) else ""),
        "",
        *(f"from {source}" for source in about["speeds"]),
    ]
    if found["jobs_of_unknown_time"]:
        remedy = "they count as nothing above; --like names a finished run that has such jobs"
        lines.append(f"{found['jobs_of_unknown_time']} jobs of unknown time: {remedy}")
    return "\n".join(lines)


def _duration(hours: float, known: bool = True) -> str:
    if not known:
        return "?"
    for unit, size in (("h", 1.0), ("min", 60.0), ("s", 3600.0)):
        if hours * size >= 1:
            return f"{hours * size:,.1f} {unit}"
    return f"{hours * 3600:.2g} s"


def _number(value: float, known: bool = True) -> str:
    if not known or math.isnan(value):
        return "?"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
