"""What a run costs on a cluster, on paper: jobs of known time, and what nodes make of them."""

import json
from pathlib import Path

import pandas as pd
import pytest
from repository import CONFIG

from bench import cluster
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.pipeline.job_sizes import Sizes
from darkpixel.pipeline.planner import Job

WORDS = {"dataset": "jets", "label": "signal", "seed": "1"}


class NothingIsTimed:
    def __init__(self, *arguments: object) -> None:
        pass

    def training(self, network: object) -> None:
        return None

    sampling = simulation = weights = training


def test_jobs_hours_files_and_efficiency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """32 trainings of an hour each, then one figure of an hour that waits for all, one unknown."""
    models = ("lagan", "sarm1_dc") * 16
    jobs = [
        Job("train_model", {**WORDS, "model": name}, "train.tsv", ("weights",), (), 1, 1000)
        for name in models
    ]
    jobs.append(Job("draw_roc", {}, "train.tsv", ("a.png", "a.pdf"), tuple(range(32)), 1, 1000))
    jobs.append(Job("draw_toy", {}, "none.tsv", ("b.png",), (), 1, 1000))
    (tmp_path / "train.tsv").write_text("s\tmax_rss\n3600\t700\n")
    (tmp_path / "weights").write_bytes(bytes(10**6))
    files = [CONFIG / "config.yaml"]
    run = load_run(read_yaml(*files), files)
    monkeypatch.setattr(cluster, "_plan", lambda project, files: (jobs, run))
    monkeypatch.setattr(cluster, "MeasuredSpeeds", NothingIsTimed)
    out = tmp_path / "cluster"
    rates = {
        f"{name} jets": {
            "settings": {"model": kind, "likelihood": "truncated_logistic"} if kind == "sarm"
            else {"model": kind},
            "training": [{"batch": 512, "seconds": seconds}, {"batch": 2048, "problem": "memory"}],
        }
        for name, kind, seconds in (("lagan", "lagan", 0.5), ("sarm", "sarm", 0.1))
    }  # fmt: skip
    (tmp_path / "gpu/call").mkdir(parents=True)
    (tmp_path / "gpu/call/rates.json").write_text(json.dumps({"models": rates}))
    cluster.main(["--like", str(tmp_path), "--out", str(out), "--gpu", str(tmp_path / "gpu")])
    text = capsys.readouterr().out
    assert "left out: draw_toy" in text
    assert "34 jobs, 33 core hours and 0 GPU hours, 35 files, 0 GB; the longest chain 2" in text
    rules = pd.read_csv(out / "cpu_rules.csv", index_col="rule")
    assert rules.hours["train_model"] == pytest.approx(32)
    assert rules.gigabytes["train_model"] == pytest.approx(0.032)
    nodes = pd.read_csv(out / "cpu_nodes.csv", index_col="nodes")
    # 16 cores: two rounds of trainings and the figure; 160: one round.
    assert nodes.hours.tolist() == pytest.approx([3, 2, 2])
    assert nodes.efficiency.tolist() == pytest.approx([33 / 48, 33 / 320, 33 / 3200], rel=0.01)
    # A GPU trains one model at a time, for as long as its steps of 512 and 2,048 images took.
    seen = Sizes(run).seen(jobs[0]), Sizes(run).seen(jobs[1])
    lagan, sarm = (run.model(name, "jets").training.batch_size for name in models[:2])
    hours = seen[0] * 0.5 / lagan / 3600, seen[1] * 0.1 / sarm / 3600
    gpu = pd.read_csv(out / "gpu_nodes.csv", index_col="nodes")
    assert gpu.hours[1] == pytest.approx(16 * sum(hours) + 1, rel=0.01)
    assert gpu.hours[100] == pytest.approx(max(hours) + 1, rel=0.01)
