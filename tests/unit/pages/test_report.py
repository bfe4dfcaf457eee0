"""The report of a run: its folder, the first look, tables as HTML."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_report import SmallReport

from darkpixel.config.names import OWN_IMAGES
from darkpixel.errors import DarkpixelError
from darkpixel.pages.jobs import Jobs
from darkpixel.pages.markdown import table_html
from darkpixel.pages.report import Files, write_report_folder
from darkpixel.pages.run_facts import RunFacts, run_facts
from darkpixel.pages.scores import score_tables, step_of

NETWORK = r"https?://|\beval\(|\bfetch\(|XMLHttpRequest|\bimport\("


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SmallReport:
    return SmallReport(tmp_path_factory.mktemp("report"))


def test_the_folder_is_whole_and_asks_nothing_of_a_network(report: SmallReport) -> None:
    pages = {path.name for path in report.folder.glob("*.html")}
    assert pages == {"index.html", "sarm.html", "events.html"}
    for path in report.folder.rglob("*.*"):
        if path.suffix in (".html", ".css", ".js"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(NETWORK, text), path
            for link in re.findall(r'(?:src|href)="([^"#:]+)[#"]', text):
                there = (path.parent / link).exists() or link == "../report.html"
                assert there, f"{path.name}: {link}"


def test_the_first_look(report: SmallReport) -> None:
    text = (report.folder / "index.html").read_text(encoding="utf-8")
    assert "commit" in text
    assert "abc123" in text
    assert re.search(r"LAGAN\s*<span class=\"late\">not converged", text)
    assert re.search(r'class="off">30\.00\s*<span class="error">± 0\.30', text)
    assert re.search(r'class="near">1\.50', text)
    assert "repeated" not in text  # a control is no model


def test_every_figure_and_table_stands_on_its_page(report: SmallReport) -> None:
    text = (report.folder / "sarm.html").read_text(encoding="utf-8")
    assert "Figure 8: jet observables" in text
    assert "Mass &amp; momentum." in text
    assert "Table 1: Wasserstein distance of jets" in text
    assert '<span class="published">3.17</span>' in text
    assert "SARM-2 (D+D) &lt;b&gt;" in text


def test_pages_on_own_files_name_neither_the_papers_nor_a_simulation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OWN_IMAGES, "jets lartpc")
    folder = SmallReport(tmp_path, own=True).folder
    pages = {name: (folder / f"{name}.html").read_text(encoding="utf-8")
             for name in ("index", "sarm", "events")}  # fmt: skip
    for name, text in pages.items():
        for words in ("Monte Carlo", "SARM paper", "Figure 8", "Table 1"):
            assert words not in text, name
    assert "simulat" not in pages["index"]
    assert "as good as the reference can tell" in pages["index"]
    assert "<h2>Observables (jets)</h2>" in pages["sarm"]
    assert "Own images" in pages["sarm"]


def test_an_older_report_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    report = SmallReport(tmp_path)
    (report.folder / "old.html").write_text("old")

    def write(events: Files) -> None:
        write_report_folder(
            report.folder / "index.html", report.results, pages=[], events=events, most=2,
            threshold=0.2, facts=RunFacts("small", {}, ""),
        )  # fmt: skip

    with pytest.raises(DarkpixelError, match=r"nowhere\.h5"):
        write({"jets": {"signal": {"monte_carlo": ["nowhere.h5"]}}})
    assert (report.folder / "old.html").exists()
    write(report.files)
    assert not (report.folder / "old.html").exists()
    assert (report.folder / "index.html").exists()
    assert {path.name for path in report.results.iterdir()} == {"figures", "tables", "report"}


def test_published_columns_and_rows_are_marked() -> None:
    html = table_html("| a | published |\n|--|--|\n| x | 7 |\n| *published* | – |\n\nA note.")
    assert '<span class="published">7</span>' in html
    assert html.count("published") == 3
    assert '<p class="note">A note.' in html
    plain = table_html("| a | b |\n|--|--|\n| x | 7 (8) |\n")  # nobody says what 8 is
    assert "7 (8)" in plain


def test_distances_are_means_over_labels_in_floors() -> None:
    rows = pd.DataFrame(
        {
            "model": "sarm2_dd", "dataset": "jets", "label": ["signal", "background"],
            "observable": "pt", "value": [2.0, 9.0], "error": [0.1, 0.3], "floor": [1.0, 3.0],
            "n": 500, "converged": [True, False],
        }
    )  # fmt: skip
    (table,) = score_tables([rows, rows])  # a distance in two tables counts once
    (line,) = table.lines
    assert line.cells[0].text == "2.500"
    assert line.cells[0].error == f"{np.sqrt(2) * 0.1 / 2:.3f}"
    assert line.cells[0].step == "some"
    assert line.converged is False
    (few,) = score_tables([rows.assign(n=[500, 5])])
    assert few.lines[0].cells[0].text == "–"
    assert table.is_coloured
    (some,) = score_tables([rows.assign(n=150)])  # shown, but too few to be called good or bad
    assert (some.lines[0].cells[0].text, some.lines[0].cells[0].step) == ("2.500", "")
    assert not some.is_coloured


@pytest.mark.parametrize(
    ("floors", "step"), [(0.9, "near"), (2.0, "some"), (19.0, "far"), (1e9, "off")]
)
def test_steps(floors: float, step: str) -> None:
    assert step_of(floors) == step


def test_facts_of_a_run(tmp_path: Path) -> None:
    results = tmp_path / "results/small"
    (results / "benchmarks/data/jets").mkdir(parents=True)
    (results / "benchmarks/data/jets/x.tsv").write_text("s\tcpu_time\n200\t180\n")
    table = results / "t.csv"
    table.write_text("model,hardware\na,a computer\n")
    folder = tmp_path / ".snakemake/metadata"
    folder.mkdir(parents=True)
    name = base64.urlsafe_b64encode(b"results/small/t.csv").decode()
    (folder / name).write_text(json.dumps({"starttime": 0, "endtime": 7200.0, "input": []}))
    record = results / "run.yaml"
    with pytest.raises(DarkpixelError, match=r"run\.yaml: no record of the run"):
        run_facts(record, results, [table])
    record.write_text(
        "started: '2026-01-02T03:04:05+00:00'\ncommand: make demo\ncommit: abc\n"
        "configuration_files: [a.yaml, b.yaml]\n"
        "computer: {system: Linux, machine: x86_64, cores: 2, python: 3.11.7}\n"
        "versions: {torch: '2'}\nconfiguration: {run: small, datasets: {jets: {}}}\n"
    )
    facts = run_facts(record, results, [table])
    assert facts.facts["configuration"] == "a.yaml, b.yaml"
    assert facts.facts["time"].startswith("3 core-minutes in 1 jobs")
    assert facts.facts["measured on"] == "a computer"
    assert facts.facts["last started"] == "2026-01-02 03:04 UTC"
    assert "abc; 2 cores" in facts.summary()


def test_a_link_to_another_disk_changes_no_name(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project/results").symlink_to(tmp_path / "disk")
    (tmp_path / "disk/x.csv").write_text("")
    jobs = Jobs(tmp_path / "project")
    assert jobs.span(tmp_path / "project/results/x.csv") == (None, None)
