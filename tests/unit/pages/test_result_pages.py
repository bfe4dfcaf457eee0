"""The pages in docs/ equal what their templates, tables and record give."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from repository import DOCS

from darkpixel.errors import DarkpixelError
from darkpixel.pages.__main__ import main
from darkpixel.pages.build import build_pages, page
from darkpixel.pages.numbers import Numbers, fixed, plus_minus, span
from darkpixel.pages.record import file_digest, read_record
from darkpixel.pages.tables import LAYOUTS, measured_table, table_by_hand

TEMPLATES = sorted((DOCS / "results/templates").glob("*.md"))
JETS = "sarm_table1_jet_wasserstein"


@pytest.fixture(scope="module")
def pages() -> dict[Path, str]:
    return build_pages(DOCS)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A copy of the pages and of what they are made from."""
    copied = tmp_path / "docs"
    shutil.copytree(DOCS / "results", copied / "results")
    shutil.copyfile(DOCS / "results.md", copied / "results.md")
    return copied


def change_a_digit(path: Path) -> None:
    """Add 1 to the first number of a table's first row that has a fraction."""
    text = path.read_text()
    changed = re.sub(r",(\d+)\.(\d)", lambda m: f",{int(m[1]) + 1}.{m[2]}", text, count=1)
    assert changed != text
    path.write_text(changed)


def test_the_pages_are_what_their_templates_give(pages):
    assert len(pages) == len(TEMPLATES) >= 5
    for path, text in pages.items():
        assert (DOCS / path).read_text() == text, f"docs/{path}: run `make pages`"


def test_the_record_knows_every_table_and_figure():
    record = read_record(DOCS / "results/record.yaml")
    csv = DOCS / "results/csv"
    tables = {p.relative_to(csv).with_suffix("").as_posix(): p for p in csv.rglob("*.csv")}
    figures = {path.stem: path for path in (DOCS / "figures").glob("*.png")}
    for entries, files in ((record.tables, tables), (record.figures, figures)):
        assert set(entries) == set(files)
        for name, path in files.items():
            found = file_digest(path)
            assert entries[name].digest == found, f"{path} is not the recorded one: {found}"
            assert set(entries[name].runs) <= set(record.runs)


def test_every_layout_is_of_a_recorded_table_and_shown(pages):
    everything = "".join(path.read_text() for path in TEMPLATES)
    for name in LAYOUTS:
        assert (DOCS / f"results/csv/{name}.csv").is_file()
        assert f'"{name}"' in everything


@pytest.mark.parametrize("name", [JETS, "sarm_two_sample_auc", "lartpc_reconstruction"])
def test_another_number_in_a_table_changes_the_pages(docs, pages, name):
    change_a_digit(docs / f"results/csv/{name}.csv")
    assert build_pages(docs) != pages


def test_another_number_changes_the_prose_too(docs, pages):
    path = docs / f"results/csv/{JETS}.csv"
    rows = pd.read_csv(path)
    rows.loc[rows["model"] == "sarm2_dd", "value"] += 100
    rows.to_csv(path, index=False)
    prose = [line for line in build_pages(docs)[Path("results.md")].splitlines() if "|" not in line]
    before = [line for line in pages[Path("results.md")].splitlines() if "|" not in line]
    assert [line for line in prose if "104.9 ± 0.2 and 103.9 ± 0.2 GeV" in line]
    assert len(prose) == len(before)


def test_tables_of_the_templates_hold_no_number_of_their_own():
    """But for the aims in their first column, names of models and settings of the study."""
    for template in TEMPLATES:
        for line in template.read_text().splitlines():
            if not line.startswith("|"):
                continue
            measured = line.split("|", 2)[2]
            measured = re.sub(r"\{\{.*?\}\}|`[^`]*`|W1|\(?pT\)?", "", measured)
            assert not re.search(r"\d", measured), f"{template.name}: {line}"


def test_links_of_the_pages_lead_somewhere(pages):
    for path, text in pages.items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            name, _, anchor = target.partition("#")
            file = (DOCS / path).parent / name if name else DOCS / path
            assert file.exists(), f"docs/{path}: {target}"
            if anchor:
                assert anchor in anchors(file.read_text()), f"docs/{path}: {target}"


def anchors(text: str) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_table_by_hand_shows_its_cells_as_they_stand(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(',here\ncopies,1.50\n"a, b",\n')
    assert table_by_hand(path) == "|  | here |\n| --- | ---: |\n| copies | 1.50 |\n| a, b |  |"
    assert "---:" not in table_by_hand(path, align="left")


def test_a_table_without_layout_or_file_is_one_line(tmp_path):
    with pytest.raises(DarkpixelError, match="no layout"):
        measured_table(tmp_path / "unheard_of.csv")
    with pytest.raises(DarkpixelError, match="make pages"):
        measured_table(tmp_path / f"{JETS}.csv")


def test_look_ups_choose_one_row_or_say_which_did_not():
    numbers = Numbers(DOCS / "results/csv")
    chosen = {"model": "lagan", "observable": "pt", "label": "signal"}
    row = numbers.pick(JETS, **chosen)
    assert plus_minus(row) == "13.49 ± 0.36"
    assert plus_minus(row, 1, column="floor") == "0.5 ± 0.2"
    assert numbers.values(JETS, "value/floor", **chosen) == [row["value"] / row["floor"]]
    assert numbers.ratios(JETS, "lagan", to="lagan") == [1.0] * 4
    with pytest.raises(DarkpixelError, match=r"model=lagan.*4 rows"):
        numbers.pick(JETS, model="lagan")
    with pytest.raises(DarkpixelError, match="no such row"):
        numbers.pick(JETS, model="unheard_of")
    with pytest.raises(DarkpixelError, match="no column"):
        numbers.values(JETS, "unheard_of")


def test_numbers_read_as_in_the_prose():
    assert fixed(-0.00621, 4) == "−0.0062"
    assert fixed(3406.06, 0) == "3,406"
    assert span([9.46, 3.51, 4.0], 1) == "3.5 to 9.5"
    assert span([3.0, 3.0], 0) == "3"


def test_an_unknown_placeholder_names_the_template(tmp_path):
    template = tmp_path / "page.md"
    template.write_text("{{ unheard_of }}\n")
    with pytest.raises(DarkpixelError, match=r"page\.md.*unheard_of"):
        page(template, DOCS / "results")


def test_the_program_writes_what_changed_and_nothing_twice(docs, capsys):
    (docs / "results/jets.md").write_text("stale\n")
    assert main(["--docs", str(docs)]) == 0
    assert capsys.readouterr().out == f"{docs / 'results/jets.md'}: written\n"
    assert (docs / "results/jets.md").read_text() == (DOCS / "results/jets.md").read_text()
    assert main(["--docs", str(docs)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["--docs", str(docs), "--run", str(docs / "nothing")]) == 1
    assert "no finished run" in capsys.readouterr().err


def test_pages_are_made_without_torch():
    code = "import darkpixel.pages.__main__, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
