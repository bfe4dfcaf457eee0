"""What a run costs on a cluster, on paper, and how well 1, 10 and 100 nodes are used by it.

    python -m bench.cluster --configfile config/paper.yaml --out results/cluster \
        --like . --like-configfile config/study.yaml

Two tables: nodes of cores alone, and nodes with one GPU each, on which networks are trained and
sampled one at a time. The jobs and what each waits for are Snakemake's own plan. Training steps,
samplers and simulations are timed here, one core each, with the run's own networks on synthetic
images (`darkpixel.studies.step_speed`); they are kept in OUT/rates.json, so that a run that was cut
off goes on. Those of a GPU are what `make gpu` has measured (`bench.gpu_speeds`). All other jobs
take what those of the same rule took in a finished run (`--like`), longer in proportion where they
have more images (`darkpixel.pipeline.costs`; `darkpixel plan` does the same for one computer).
Early stopping is left out of account: every training has all its epochs.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from bench.gpu_speeds import GPUSpeeds
from darkpixel.cli.measured import MeasuredSpeeds
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.run import Run
from darkpixel.pipeline.costs import Costs
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.planner import Job, planned_jobs
from darkpixel.pipeline.records import Records
from darkpixel.pipeline.scheduling import longest_chain, schedule

CORES = 16
"""Of a node."""
NODES = (1, 10, 100)


def _plan(project: Path, files: Sequence[str]) -> tuple[list[Job], Run]:
    """Every job of a run from nothing, and its configuration."""
    paths = [project / "config/config.yaml", *map(Path, files)]
    jobs = planned_jobs(project, [Path(file) for file in files])
    return jobs, load_run(read_yaml(*paths), paths)


class Plan(NamedTuple):
    """What is known of the jobs of a run."""

    jobs: list[Job]
    rows: pd.DataFrame
    """Of each: rule, seconds of a core (of a GPU where it has one), files, bytes, basis, on_gpu."""


def estimated(jobs: list[Job], costs: Costs, gpu: Costs | None) -> Plan:
    """Every job with what it takes; trainings and samplers on a GPU, if there is one."""
    rows = []
    for job in jobs:
        found, on_gpu = costs.estimate(job), False
        if gpu is not None and gpu.sizes.work(job) is not None:
            faster = gpu.estimate(job)
            if faster.basis.startswith("measured"):
                found, on_gpu = faster, True
        rows.append((job.rule, found.seconds, len(job.outputs), costs.storage(job), found.basis,
                     on_gpu))  # fmt: skip
    columns = ["rule", "seconds", "files", "bytes", "basis", "on_gpu"]
    return Plan(jobs, pd.DataFrame(rows, columns=columns))


def by_rule(rows: pd.DataFrame) -> pd.DataFrame:
    """Jobs, hours, files and storage of each rule."""
    return rows.groupby("rule").agg(
        jobs=("seconds", "size"), hours=("seconds", lambda all_: all_.sum() / 3600),
        longest_hours=("seconds", lambda all_: all_.max() / 3600), files=("files", "sum"),
        gigabytes=("bytes", lambda all_: all_.sum() / 1e9), basis=("basis", "first"),
    ).sort_values("hours", ascending=False)  # fmt: skip


def on_nodes(plan: Plan, gpus: int) -> pd.DataFrame:
    """Hours of the whole run on so many nodes, and the share of cores, or GPUs, that work.

    Args:
        gpus: of a node.
    """
    seconds, needs = list(plan.rows.seconds), [job.needs for job in plan.jobs]
    on_gpu = list(plan.rows.on_gpu)
    working = plan.rows.seconds[plan.rows.on_gpu] if gpus else plan.rows.seconds
    table = []
    for nodes in NODES:
        found = schedule(seconds, needs, nodes * CORES, gpus=nodes * gpus, on_gpu=on_gpu)
        units = nodes * (gpus or CORES)
        taken = found.makespan
        table.append((nodes, nodes * CORES, nodes * gpus, taken / 3600,
                      working.sum() / (units * taken)))  # fmt: skip
    return pd.DataFrame(table, columns=["nodes", "cores", "gpus", "hours", "efficiency"])


def report(plan: Plan, gpus: int, out: Path, name: str) -> None:
    """Print the tables of a run and keep them."""
    unknown = sorted(set(plan.rows.rule[plan.rows.seconds.isna()]))
    print(f"\n{name}\nof unknown time, left out: {', '.join(unknown) or 'none'}")
    plan = plan._replace(rows=plan.rows.fillna({"seconds": 0.0, "bytes": 0.0}))
    rows, rules = plan.rows, by_rule(plan.rows)
    rules.to_csv(out / f"{name}_rules.csv", float_format="%.3g")
    print(rules.to_string(float_format="%.3g"))
    chain = longest_chain(list(rows.seconds), [job.needs for job in plan.jobs])
    gpu_hours = rows.seconds[rows.on_gpu].sum() / 3600
    print(
        f"together: {len(rows)} jobs, {rows.seconds.sum() / 3600 - gpu_hours:,.0f} core hours and "
        f"{gpu_hours:,.0f} GPU hours, {rows.files.sum()} files, {rows.bytes.sum() / 1e9:.0f} GB; "
        f"the longest chain {chain / 3600:,.0f} hours"
    )
    nodes = on_nodes(plan, gpus)
    nodes.to_csv(out / f"{name}_nodes.csv", index=False, float_format="%.3g")
    print(nodes.to_string(index=False, float_format="%.3g"))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--configfile", nargs="+", default=["config/paper.yaml"])
    parser.add_argument("--like", nargs="+", required=True, help="folders of a finished run")
    parser.add_argument("--like-configfile", nargs="+", default=["config/study.yaml"])
    parser.add_argument("--gpu", type=Path, default=Path("docs/results/gpu"),
                        help="what `make gpu` has measured (docs/results/gpu)")  # fmt: skip
    parser.add_argument("--out", default="results/cluster")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement (20)")
    options = parser.parse_args(arguments)
    project, out = Path.cwd(), Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    jobs, run = _plan(project, options.configfile)
    old_jobs, old_run = _plan(project, options.like_configfile)
    folders = [Path(folder) for folder in options.like]
    name = Paths(old_run.run).pileup()
    pool = next((f / name for f in folders if (f / name).is_file()), None)
    speeds = MeasuredSpeeds(options.seconds, out / "rates.json", pool)
    records = Records.of_run(old_run, old_jobs, folders)
    cpu, gpu = (
        Costs(run, jobs, speeds=measured, records=records, records_first=False)
        for measured in (speeds, GPUSpeeds(options.gpu, speeds))
    )
    report(estimated(jobs, cpu, None), 0, out, "cpu")
    report(estimated(jobs, cpu, gpu), 1, out, "gpu")


if __name__ == "__main__":
    main()
