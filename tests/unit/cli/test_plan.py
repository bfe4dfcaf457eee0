"""`darkpixel plan`: every number says where it comes from, and what is not known is listed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from repository import CONFIG, ROOT

from darkpixel.cli import main
from darkpixel.pipeline import planner, records
from darkpixel.pipeline.planner import Job
from darkpixel.pipeline.records import Record, Records, write_shipped

WORDS = {"dataset": "jets", "label": "signal", "seed": "1"}


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a finished run whose trainings took half an hour each, on two cores."""
    (tmp_path / "config").symlink_to(CONFIG)
    (tmp_path / "Snakefile").symlink_to(ROOT / "Snakefile")
    jobs = []
    for place, model in enumerate(("sarm1_dd", "sarm2_dd")):
        path = f"results/demo/benchmarks/{model}.tsv"
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("s\tmax_rss\n1800\t700\n")
        (tmp_path / f"{model}.out").write_bytes(bytes(10**6))
        jobs.append(Job("train_model", {**WORDS, "model": model}, path, (f"{model}.out",), (), 2,
                        4000))  # fmt: skip
        jobs.append(Job("draw_roc", {}, "", (f"{place}.png",), (2 * place,), 1, 1000))
    record = {"configuration": yaml.safe_load((CONFIG / "config.yaml").read_text())}
    (tmp_path / "results/demo/run.yaml").write_text(yaml.safe_dump(record))
    for module in (planner, records):
        monkeypatch.setattr(module, "planned_jobs", lambda *_, **__: jobs)
    write_shipped(Records("", []), "a demo on record", tmp_path / "shipped.csv")
    monkeypatch.setattr(records, "SHIPPED", tmp_path / "shipped.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["plan", *words, "--no-measure", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_hours_memory_and_disk_are_those_of_the_finished_run(capsys: Any) -> None:
    found = plan(capsys, "--like", "results/demo", "--cores", "4")
    training, figures = found["rules"]
    assert (training["rule"], training["jobs"], training["unknown"]) == ("train_model", 2, 0)
    assert training["core_hours"] == pytest.approx(2)
    assert training["longest_hours"] == pytest.approx(0.5)
    assert (training["memory"], training["memory_seen"]) == (4000, 700)
    assert training["basis"] == "run demo"
    assert (figures["unknown"], figures["core_hours"], figures["basis"]) == (2, 0, "unknown")
    assert figures["memory_seen"] is None
    assert found["jobs_of_unknown_time"] == 2
    assert found["hours"] == pytest.approx(0.5)  # both trainings at once
    assert found["memory_asked_at_once_mb"] == 8000
    assert found["gigabytes"] == pytest.approx(0.002)
    assert plan(capsys, "--like", "results/demo", "--cores", "2")["hours"] == pytest.approx(1)


def test_without_records_or_measurements_nothing_is_known(capsys: Any) -> None:
    found = plan(capsys)
    assert found["jobs_of_unknown_time"] == found["jobs"] == 4
    assert found["core_hours"] == 0
    assert found["gigabytes"] is None
    assert found["speeds"] == [
        "a demo on record: what neither knows; longer in proportion where there are more images"
    ]
    assert main(["plan", "--no-measure"]) == 0
    out = capsys.readouterr().out
    assert "4 jobs of unknown time" in out
    assert "at least" in out
    assert "?" in out


def test_jobs_without_a_network_take_what_they_took_in_a_demo(capsys: Any, tmp_path: Path) -> None:
    rows = [Record("draw_roc", "", "", 36.0, 300.0, 1e5, 1.0)]
    write_shipped(Records("", rows), "a demo on record", tmp_path / "shipped.csv")
    rules = {row["rule"]: row for row in plan(capsys)["rules"]}
    assert rules["draw_roc"]["core_hours"] == pytest.approx(0.02)
    assert rules["draw_roc"]["basis"] == "a demo on record"
    assert rules["train_model"]["unknown"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--like", "results/nowhere"], "run.yaml: not found; --like takes the folder"),
        (["nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["--like", "elsewhere"], "in a folder results/demo; name that"),
    ],
)
def test_mistakes_are_one_line(capsys: Any, checkout: Path, words: list[str], said: str) -> None:
    (checkout / "elsewhere").mkdir()
    (checkout / "elsewhere/run.yaml").symlink_to(checkout / "results/demo/run.yaml")
    assert main(["plan", "--no-measure", *words]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_only_in_a_checkout(capsys: Any, checkout: Path) -> None:
    (checkout / "Snakefile").unlink()
    assert main(["plan"]) == 1
    assert "call `darkpixel plan` in the checkout" in capsys.readouterr().err
