"""Planning a run is quick: it imports no torch, which would cost seconds at every start."""

import gc
import tempfile

import pytest
from planning import PROJECT

from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.planner import planned_jobs


def test_a_run_is_planned_without_torch(project, tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('planning imports torch')\n")
    done = project.snakemake("-n", "--configfile", "config/test.yaml", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stdout[-3000:]


def test_jobs_of_a_plan_say_what_they_need_and_wait_for():
    jobs = planned_jobs(
        PROJECT, [PROJECT / "config/test.yaml"], targets=["results/test/data/jets/signal/train.h5"]
    )
    by_rule = {job.rule: place for place, job in enumerate(jobs)}
    assert set(by_rule) == {"simulate_jets", "prepare_jets"}
    prepare = jobs[by_rule["prepare_jets"]]
    assert by_rule["simulate_jets"] in prepare.needs
    assert jobs[by_rule["simulate_jets"]].needs == ()
    assert (prepare.threads, prepare.memory) == (1, 2000)
    assert prepare.benchmark.startswith("results/test/benchmarks/")
    assert prepare.wildcards == {"dataset": "jets", "label": "signal"}


def test_plans_leave_no_files(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = [PROJECT / "config/test.yaml"]
    planned_jobs(PROJECT, files, targets=["results/test/data/jets/signal/train.h5"])
    with pytest.raises(DarkpixelError):
        planned_jobs(PROJECT, files, {"seeds": "no number"})
    gc.collect()  # a folder that waits for the collector is a warning, so an error here
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_configuration_that_is_refused_is_one_line(tmp_path):
    overlay = tmp_path / "my.yaml"
    overlay.write_text("seeds: no number\n")
    with pytest.raises(DarkpixelError, match="seeds"):
        planned_jobs(PROJECT, [overlay])


def test_a_home_folder_that_cannot_be_written(tmp_path, monkeypatch):
    """Snakemake alone would end in a traceback, before it reads the Snakefile."""
    monkeypatch.setenv("HOME", "/proc/nohome")  # where not even root can
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    target = ["results/test/data/jets/signal/train.h5"]
    with pytest.raises(DarkpixelError, match=r"cache: /proc/nohome.*Set XDG_CACHE_HOME") as error:
        planned_jobs(PROJECT, [PROJECT / "config/test.yaml"], targets=target)
    assert str(error.value).isprintable()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert planned_jobs(PROJECT, [PROJECT / "config/test.yaml"], targets=target)


def test_plain_snakemake_needs_only_the_cache_of_docs_install(project, tmp_path):
    done = project.snakemake(
        "-n", "--configfile", "config/test.yaml", "--", "results/test/data/jets/signal/train.h5",
        HOME="/proc/nohome", XDG_CACHE_HOME=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
