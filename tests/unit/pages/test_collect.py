"""Copying a finished run to docs/: tables, figures, and where they come from."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from image_files import write_images

from darkpixel.errors import DarkpixelError
from darkpixel.pages.collect import collect
from darkpixel.pages.jobs import Jobs, core_minutes
from darkpixel.pages.record import FileRecord, Record, RunRecord, read_record, write_record

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

BEGUN = 1_700_000_000  # of the first commit, seconds since 1970
TABLE1 = "tables/sarm/table1_jet_wasserstein.csv"
DIVERSITY = "tables/sarm/diversity.csv"


def git(root: Path, *arguments: str, time: int = BEGUN) -> str:
    """Run git at a given time, without anybody's settings."""
    about = {"NAME": "A", "EMAIL": "a@example.org", "DATE": f"{time} +0000"}
    names = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER")
             for key, value in about.items()}  # fmt: skip
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        env=os.environ | names | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def record_job(root: Path, output: str, began: float, *inputs: str) -> None:
    """What Snakemake records of a job."""
    code = base64.urlsafe_b64encode(output.encode()).decode()
    path = root / ".snakemake/metadata" / f"@{code[:8]}" / code[8:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"input": list(inputs), "starttime": began}))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with two commits, a hundred seconds apart."""
    root = tmp_path / "checkout"
    (root / "src").mkdir(parents=True)
    git(root, "init", "--quiet")
    for number in (0, 1):
        (root / "src/code.py").write_text(f"{number}\n")
        git(root, "add", "src")
        git(root, "commit", "--quiet", "-m", f"{number}", time=BEGUN + 100 * number)
    return root


@pytest.fixture
def commits(root) -> list[str]:
    return git(root, "log", "--reverse", "--format=%H").splitlines()


@pytest.fixture
def run(root: Path) -> Path:
    """results/small: jets simulated on the first commit, trained and measured on the second."""
    run = root / "results/small"
    folder = run / "data/jets/signal"
    for split, count in (("train", 30), ("test", 10)):
        write_images(folder / f"{split}.h5", np.ones((count, 4, 4)), split=split)
        record_job(root, f"results/small/data/jets/signal/{split}.h5", BEGUN + 50)
    model = run / "models/jets/signal/sarm2_dd/seed3"
    model.mkdir(parents=True)
    config = {"digest": "def", "software": {"torch": "2.9"}}
    (model / "config.yaml").write_text(yaml.safe_dump(config))
    name = "results/small/models/jets/signal/sarm2_dd/seed3/config.yaml"
    record_job(root, name, BEGUN + 150, "results/small/data/jets/signal/train.h5")
    for table in (TABLE1, DIVERSITY):
        (run / table).parent.mkdir(parents=True, exist_ok=True)
        rows = [("sarm2_dd", "jets", "pt", 0.1234567890123456, "Some CPU, 2 cores; torch 2.9")]
        columns = ["model", "dataset", "observable", "value", "hardware"]
        pd.DataFrame(rows, columns=columns).to_csv(run / table, index=False)
        record_job(root, f"results/small/{table}", BEGUN + 160, name)
    for figure in ("fig08_jet_observables", "fig99_not_on_a_page"):
        path = run / f"figures/sarm/{figure}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"new")
        record_job(root, path.relative_to(root).as_posix(), BEGUN + 170)
    for job, line in (("models/jets/signal/sarm2_dd/seed3", "200\t120"), ("report", "60\tNA")):
        path = run / f"benchmarks/{job}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tcpu_time\n{line}\n")
    return run


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Pages of an older run of jets and muons."""
    docs = tmp_path / "docs"
    (docs / "results/csv").mkdir(parents=True)
    (docs / "figures").mkdir()
    (docs / "figures/fig08_jet_observables.png").write_bytes(b"old")
    (docs / "results/csv/sarm_diversity.csv").write_text(
        "model,dataset,value,old_column\nlagan,jets,1.0,x\nlagan,muons,2.50,y\n"
    )
    old: dict[str, Any] = {"commits": ["0" * 40], "recorded": "2020-01-01"}
    of_jets = {**old, "commits": ["1" * 40]}
    both = {**old, "commits": ["1" * 40, "0" * 40]}
    facts = {"command": "make study", "hardware": "old", "software": "old", "core_minutes": 1,
             "seeds": [1], "remarks": "of the older run"}  # fmt: skip
    record = Record(
        runs={"jets": RunRecord(**of_jets, **facts), "muons": RunRecord(**old, **facts)},
        tables={
            "sarm_diversity": FileRecord(runs=["jets", "muons"], digest="0", **both),
            "sarm_table2_jet_speed": FileRecord(runs=["jets"], digest="0", **old),
            "by_hand/jets_orders": FileRecord(runs=["jets"], digest="0", **old),
        },
    )
    write_record(record, docs / "results/record.yaml")
    return docs


def test_the_record_tells_what_the_run_tells(run, docs, commits):
    collect(run, docs, "make small")
    record = read_record(docs / "results/record.yaml")
    jets = record.runs["jets"]
    assert jets.command == "make small"
    assert jets.commits == commits
    assert jets.hardware == "Some CPU, 2 cores"
    assert jets.software == "torch 2.9"
    assert jets.core_minutes == 2
    assert jets.seeds == [3]
    assert jets.images == {"train": 30, "test": 10}
    assert jets.digests["data/jets/signal/train.h5"] == "abc"
    assert jets.digests["models/jets/signal/sarm2_dd/seed3"] == "def"
    assert not jets.remarks  # they were about the older run
    assert not jets.by_hand
    assert not jets.uncommitted
    assert record.runs["muons"].remarks  # a run without muons leaves theirs


def test_tables_come_as_they_are_and_with_all_commits_behind_them(run, docs, commits):
    collect(run, docs, "make small")
    copied = docs / "results/csv/sarm_table1_jet_wasserstein.csv"
    assert copied.read_bytes() == (run / TABLE1).read_bytes()
    entry = read_record(docs / "results/record.yaml").tables["sarm_table1_jet_wasserstein"]
    assert (entry.runs, entry.commits) == (["jets"], commits)


def test_rows_of_data_sets_that_the_run_lacks_stay_and_are_told(run, docs, commits):
    """Of the commits, those of the rows that are gone are gone, too."""
    told = collect(run, docs, "make small")
    rows = pd.read_csv(docs / "results/csv/sarm_diversity.csv", dtype=str)
    assert rows[["model", "dataset", "value"]].to_numpy().tolist() == [
        ["sarm2_dd", "jets", "0.1234567890123456"],
        ["lagan", "muons", "2.50"],
    ]
    entry = read_record(docs / "results/record.yaml").tables["sarm_diversity"]
    assert (entry.runs, entry.commits) == (["jets", "muons"], ["0" * 40, *commits])
    assert any("rows of muons kept" in line for line in told)


def test_tables_that_the_run_lacks_stay_and_are_told(run, docs):
    told = collect(run, docs, "make small")
    assert [line for line in told if "not in this run" in line and "rows" not in line] == [
        "sarm_table2_jet_speed.csv: kept, not in this run"
    ]
    record = read_record(docs / "results/record.yaml")
    assert record.tables["sarm_table2_jet_speed"].commits == ["0" * 40]


def test_figures_of_the_pages_are_replaced_and_no_others_come(run, docs, commits):
    collect(run, docs, "make small")
    assert [path.name for path in (docs / "figures").iterdir()] == ["fig08_jet_observables.png"]
    assert (docs / "figures/fig08_jet_observables.png").read_bytes() == b"new"
    entry = read_record(docs / "results/record.yaml").figures["fig08_jet_observables"]
    assert entry.commits == commits[1:]


def test_changes_without_a_commit_are_recorded(run, docs, root):
    (root / "src/code.py").write_text("changed\n")
    collect(run, docs, "make small")
    assert read_record(docs / "results/record.yaml").runs["jets"].uncommitted


def test_a_time_before_the_first_commit_has_none(root, commits):
    jobs = Jobs(root)
    times = (BEGUN - 1, BEGUN, BEGUN + 99, BEGUN + 100)
    assert list(map(jobs.commit_at, times)) == [None, commits[0], commits[0], commits[1]]


def test_without_git_and_records_nothing_is_known(tmp_path):
    path = tmp_path / "results/small/table.csv"
    path.parent.mkdir(parents=True)
    path.write_text("")
    jobs = Jobs(tmp_path)
    assert jobs.commits(path) == []
    assert not jobs.uncommitted()


def test_core_minutes_go_to_the_data_set_that_the_path_names(tmp_path):
    for job in ("data/lartpc/all/prepare", "metrics/lartpc_vertex_rows", "tables/sarm/diversity"):
        path = tmp_path / f"{job}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("s\tcpu_time\n30\t60\n")
    minutes = core_minutes(tmp_path, ["lartpc", "lartpc_vertex"])
    assert minutes == {"lartpc": 1.0, "lartpc_vertex": 1.0, "": 1.0}


def test_a_folder_that_is_no_run_is_one_line(tmp_path, docs):
    with pytest.raises(DarkpixelError, match="no finished run"):
        collect(tmp_path / "results/nothing", docs, "make nothing")


def test_a_record_with_an_unknown_key_is_one_line(tmp_path):
    path = tmp_path / "record.yaml"
    path.write_text("runs: {}\nunheard_of: 1\n")
    with pytest.raises(DarkpixelError, match="unheard_of"):
        read_record(path)
