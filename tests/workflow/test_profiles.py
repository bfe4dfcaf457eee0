"""The profiles beside that of Slurm."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

from darkpixel.pipeline.resources import RULES

PROJECT = Path(__file__).resolve().parents[2]

JOBS = """
rule all:
    input: expand("{n}.done", n=range(4))

rule train:
    output: "{n}.done"
    resources: gpu=1
    shell: "mkdir card && sleep 0.2 && rmdir card && touch {output}"
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    (folder / "Snakefile").write_text(JOBS)
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "4", "--scheduler", "greedy", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_gpu_has_one_job_at_a_time(tmp_path: Path) -> None:
    """Whoever comes second finds the card taken; without the profile that happens."""
    profile = PROJECT / "profiles/one_gpu"
    done = run(tmp_path / "with", "--profile", str(profile))
    assert done.returncode == 0, done.stderr[-2000:]
    assert run(tmp_path / "without").returncode != 0


def test_jobs_that_train_count_for_the_profile(project) -> None:
    """Every job that uses a GPU says so in `resources`; a dry run with the profile plans them."""
    done = project.snakemake(
        "-n", "--profile", "profiles/one_gpu", "--configfile", "config/test.yaml"
    )
    assert done.returncode == 0, done.stdout[-3000:]
    jobs = done.stdout.split("\n\n")
    for job in jobs:
        if "rule train_model:" in job or "rule sample_whole:" in job:
            assert "gpu=1" in job, job
    assert any("rule train_model:" in job for job in jobs)


SSH = """#!/bin/sh
# What ssh is called with, and the command run here.
printf "%s\\n" "$*" >>"$HOME/calls"
for last; do :; done
exec sh -c "$last"
"""


def test_hosts_reached_by_ssh_share_the_jobs(project, tmp_path: Path) -> None:
    """Jobs that use a GPU go to the line that says so, one at a time; results are all there."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "ssh").write_text(SSH)
    (home / "ssh").chmod(0o755)
    (project.folder / "profiles/ssh/hosts").write_text("# mine\nfirst\nsecond  gpu\n")
    (project.folder / "small.yaml").write_text(
        "datasets: {jets: {models: [sarm2_dd], selection: null}}"
    )
    samples = "results/test/samples/jets/signal/sarm2_dd/seed1.h5"
    done = project.snakemake(
        *("--profile", "profiles/ssh", "--configfile", "config/test.yaml", "small.yaml"),
        *("--seconds-between-status-checks", "1", "--", samples),
        HOME=str(home),
        PATH=f"{home}:{os.environ['PATH']}",
        XDG_CACHE_HOME=str(tmp_path / "cache"),
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert (project.folder / samples).is_file()
    calls = (home / "calls").read_text().splitlines()
    assert any(" first " in call for call in calls)
    assert sum(" second " in call for call in calls) >= 2  # training and sampling


def test_no_host_is_one_line(project) -> None:
    done = project.snakemake(
        *("--profile", "profiles/ssh", "--configfile", "config/test.yaml", "--retries", "0"),
        *("--seconds-between-status-checks", "1", "--", "results/test/data/jets/signal/train.h5"),
    )
    assert done.returncode != 0
    assert "names no computer; add one a line" in done.stdout


def test_htcondor_is_asked_for_what_the_rules_need() -> None:
    """The plugin has resources of its own; a line of the profile for each rule that has a GPU."""
    profile = yaml.safe_load((PROJECT / "profiles/htcondor/config.yaml").read_text())
    default = profile["default-resources"]["htcondor_request_mem_mb"]
    asked = profile["set-resources"]
    for name, needs in RULES.items():
        own = asked.get(name, {})
        assert ("request_gpus" in own) == needs.gpu, name
        assert own.get("htcondor_request_mem_mb", default) >= needs.memory, name
