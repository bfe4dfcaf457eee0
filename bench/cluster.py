"""What a run costs on a cluster, on paper, and how well 1, 10 and 100 nodes are used by it.

    python -m bench.cluster --configfile config/paper.yaml --out results/cluster \
        --like . --like-configfile config/study.yaml

The jobs and what each waits for are Snakemake's own plan. Training steps, samplers and simulations
are timed here, one core each, with the run's own networks on synthetic images
(`darkpixel.studies.step_speed`); they are kept in OUT/rates.json, so that a run that was cut off
goes on. All other jobs take what those of the same rule took in a finished run (`--like`), longer
in proportion where they have more images (`darkpixel.pipeline.costs`; `darkpixel plan` does the
same for one computer). Early stopping is left out of account: every training has all its epochs.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from darkpixel.cli.measured import MeasuredSpeeds
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.run import Run
from darkpixel.pipeline.costs import Costs
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.planner import Job, planned_jobs
from darkpixel.pipeline.records import Records
from darkpixel.pipeline.scheduling import longest_chain, makespan

CORES = 16
"""Of a node."""
NODES = (1, 10, 100)


def _plan(project: Path, files: Sequence[str]) -> tuple[list[Job], Run]:
    """Every job of a run from nothing, and its configuration."""
    paths = [project / "config/config.yaml", *map(Path, files)]
    jobs = planned_jobs(project, [Path(file) for file in files])
    return jobs, load_run(read_yaml(*paths), paths)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--configfile", nargs="+", default=["config/paper.yaml"])
    parser.add_argument("--like", nargs="+", required=True, help="folders of a finished run")
    parser.add_argument("--like-configfile", nargs="+", default=["config/study.yaml"])
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
    costs = Costs(
        run,
        jobs,
        speeds=MeasuredSpeeds(options.seconds, out / "rates.json", pool),
        records=Records.of_run(old_run, old_jobs, folders),
        records_first=False,
    )
    estimates = [costs.estimate(job) for job in jobs]
    rows = pd.DataFrame(
        {"rule": job.rule, "seconds": found.seconds, "files": len(job.outputs),
         "bytes": costs.storage(job), "basis": found.basis}
        for job, found in zip(jobs, estimates, strict=True)
    )  # fmt: skip
    unknown = sorted(set(rows.rule[rows.seconds.isna()]))
    rows = rows.fillna({"seconds": 0.0, "bytes": 0.0})
    print(f"no job of a finished run, left out: {', '.join(unknown) or 'none'}")
    by_rule = rows.groupby("rule").agg(
        jobs=("seconds", "size"), core_hours=("seconds", lambda all_: all_.sum() / 3600),
        longest_hours=("seconds", lambda all_: all_.max() / 3600), files=("files", "sum"),
        gigabytes=("bytes", lambda all_: all_.sum() / 1e9), basis=("basis", "first"),
    ).sort_values("core_hours", ascending=False)  # fmt: skip
    by_rule.to_csv(out / "rules.csv", float_format="%.3g")
    print(by_rule.to_string(float_format="%.3g"))
    seconds, needs = list(rows.seconds), [job.needs for job in jobs]
    total, chain = sum(seconds), longest_chain(seconds, needs)
    print(
        f"together: {len(jobs)} jobs, {total / 3600:,.0f} core hours, {by_rule.files.sum()} files, "
        f"{by_rule.gigabytes.sum():.0f} GB; the longest chain {chain / 3600:,.0f} hours"
    )
    table = []
    for nodes in NODES:
        taken = makespan(seconds, needs, nodes * CORES)
        table.append((nodes, nodes * CORES, taken / 3600, total / (nodes * CORES * taken)))
    frame = pd.DataFrame(table, columns=["nodes", "cores", "hours", "efficiency"])
    frame.to_csv(out / "nodes.csv", index=False, float_format="%.3g")
    print(frame.to_string(index=False, float_format="%.3g"))


if __name__ == "__main__":
    main()
