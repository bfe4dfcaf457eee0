"""Requires: the configuration. Gives: `plan`, from which the rules take all that depends on it."""

import os
import sys
from pathlib import Path

# The checkout, wherever the Snakefile is that uses this one as a module.
PROJECT = Path(workflow.current_basedir).resolve().parents[1]
AS_MODULE = Path(workflow.basedir).resolve() != PROJECT
SOURCE = PROJECT / "src"
sys.path.insert(0, str(SOURCE))
# Jobs are processes of their own, in a conda environment or on a cluster node.
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, [str(SOURCE), os.getenv("PYTHONPATH")])))
# glibc gives large blocks back to the system and asks for them anew at every training step; the
# page faults take up to a third of the time of convolutions on a CPU.
for name, value in {
    "MALLOC_MMAP_THRESHOLD_": 2**30,
    "MALLOC_TRIM_THRESHOLD_": 2**32,
    "MALLOC_TOP_PAD_": 2**28,
}.items():
    os.environ.setdefault(name, str(value))
# Threads that wait for work by spinning take the cores from other jobs.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# What the rules of the other files use comes in here, too.
from snakemake.settings.types import RerunTrigger
from snakemake.workflow import Workflow

from darkpixel.errors import DarkpixelError
from darkpixel.config.labels import NAME
from darkpixel.config.names import JOINT, MADE_BY, OWN_IMAGES, SPLITS
from darkpixel.config.own_data import without_paper_studies
from darkpixel.config.reach import without_effect
from darkpixel.pipeline.checks import check_dates, check_writable
from darkpixel.pipeline.datasets import LARTPC
from darkpixel.pipeline.lartpc import FEWER_CODES, MAIN
from darkpixel.pipeline.outputs import PAPERS
from darkpixel.pipeline.paths import PUBLISHED, download, model_files, trained_files
from darkpixel.pipeline.plan import COMPARISON, HISTOGRAMS, Plan, keys, one_of
from darkpixel.pipeline.provenance import folder_digest
from darkpixel.pipeline.run_record import commit_of, made_by, write_run_record
from darkpixel.pipeline.samples import flat, snapshot_weights

# Snakemake lists the overlays of the command line before the Snakefile's own file.
config_files = [*workflow.configfiles[-1:], *workflow.configfiles[:-1]]
try:
    check_writable(".snakemake")  # where Snakemake keeps what it knows of the run
    plan = Plan(config, config_files, PROJECT)
except DarkpixelError as error:
    sys.exit(f"darkpixel: {error}")
run, paths = plan.run, plan.paths
# Snakemake would put it before inputs and outputs alone, and jobs are given paths as params, too.
if workflow.modifier.path_modifier.prefix:
    sys.exit(
        "darkpixel: module: a `prefix:` of paths is not supported; leave it out, and call the run "
        "another name (`run:`), which is that of its folder in results"
    )


def of_project(name):
    """A file of the checkout, also for the workflow that uses this one as a module."""
    return str(PROJECT / name) if AS_MODULE else name


published = of_project(PUBLISHED)
commit = commit_of(PROJECT)
os.environ[MADE_BY] = made_by(run.run, commit, config_files)
os.environ[OWN_IMAGES] = " ".join(plan.own_images)


# Before the first job; a plan (`--dry-run`) of results that are only to be read needs no right to
# write them.
onstart:
    try:
        check_writable(paths.results)
        check_dates(paths.results)
        write_run_record(
            paths.record(), config, files=config_files, commit=commit, command=sys.argv
        )
    except DarkpixelError as error:
        sys.exit(f"darkpixel: {error}")
    for line in without_effect(run, config_files):
        print(f"darkpixel: warning: {line}", file=sys.stderr)


class WithoutDates(Workflow):
    """Scripts count by their content, in every rule's param `code`, and not by their date.

    Snakemake would run a job again whose script is younger than its results: all of them in a fresh
    clone, or after a comment was edited.
    """

    @property
    def rerun_triggers(self):
        return super().rerun_triggers - {RerunTrigger.CODE}


# The settings of the command line come to the workflow only after the Snakefile was read. Whoever
# uses this one as a module has rules of their own, whose scripts may have no digest.
if not AS_MODULE:
    workflow.__class__ = WithoutDates


wildcard_constraints:
    dataset=one_of(plan.datasets),
    label=one_of(plan.labels),
    model=rf"(?!quantised_|reconstructed_){NAME}",
    seed=r"\d+",
    chunk=r"\d+",
    shard=r"\d+",
    snapshot=r"(-epoch\d+)?",


def drawn(stem, caption, subcategory):
    """Output: both files of a figure; the .png goes into the report."""
    files = paths.figure(stem)
    return files | {
        "png": report(
            files["png"],
            caption=f"../report/{plan.report.caption_name(caption)}.rst",
            category="Figures",
            subcategory=subcategory,
            labels={"figure": Path(stem).name},
        )
    }


def tabulated(stem, caption, subcategory, prefix=""):
    """Output: both files of a table; the .csv goes into the report, where it can be sorted.

    A rule that writes several tables tells their outputs apart by `prefix`.
    """
    files = paths.table(stem)
    files["csv"] = report(
        files["csv"],
        caption=f"../report/{plan.report.caption_name(caption)}.rst",
        category="Tables",
        subcategory=subcategory,
        labels={"table": Path(stem).name},
    )
    return {f"{prefix}{suffix}": path for suffix, path in files.items()}


def tested_rows(kind, wildcards):
    """Input: one measure of every label of the data sets in a paper's tables."""
    return plan.comparisons.rows_by_label(kind, *plan.comparisons.tested(wildcards.paper))


def group_of(wildcards):
    """Where a paper's tables of distances stand in the report."""
    return {"sarm": "SARM: distances", "lartpc": "LArTPC"}[wildcards.paper]
