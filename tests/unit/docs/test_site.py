"""What turns the pages and docstrings into the site of `make docs`."""

import re
from pathlib import Path

import pytest
from docstrings import as_rst
from links import mended
from repository import DOCS, ROOT

from darkpixel.config.discovery import model_names
from darkpixel.config.sources import load_sources
from docs.check_links import main, problems


def page(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"<html><body>{body}</body></html>")


def test_links_within_the_site_are_followed(tmp_path: Path) -> None:
    page(tmp_path, "a.html", '<a href="b.html#here">x</a><a href="https://arxiv.org/abs/1">y</a>')
    page(tmp_path, "b.html", '<h1 id="here">x</h1><a href="#here">up</a>')
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('<a href="c.html">x</a>', "no such file"),
        ('<a href="b.html#there">x</a>', "no such anchor"),
        ('<a href="https://nowhere">x</a>', "no whole address"),
        ('<script src="https://cdn.example.org/a.js"></script>', "is loaded from a network"),
        ('<img src="figure.png">', "no such file"),
    ],
)
def test_a_link_that_leads_nowhere_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, reason: str
) -> None:
    page(tmp_path, "a.html", body)
    page(tmp_path, "b.html", '<h1 id="here">x</h1>')
    assert main(tmp_path) == 1
    assert reason in capsys.readouterr().out


def test_docstrings_keep_code_formulas_and_sections() -> None:
    text = [
        "Images `x_*` of a * b |pixels| and x_.", "",
        "    p(x) = prod_i p(x_i)    (eq. 1)", "",
        "- a list", "  that goes on", "",
        "Args:", "    n: how many", "",
        ">>> 1 + 1", "2",
    ]  # fmt: skip
    found = as_rst(text)
    assert found[0] == r"Images ``x_*`` of a \* b \|pixels\| and x\_."
    assert found[found.index("::") + 2] == "    p(x) = prod_i p(x_i)    (eq. 1)"
    assert found.count("::") == 1
    assert found[-5:] == ["Args:", "    n: how many", "", ">>> 1 + 1", "2"]


def test_links_to_sources_lead_to_their_pages() -> None:
    path = DOCS / "howto/run.md"
    module, folder, file = (
        mended(f"see [it]({target})", path, ROOT)
        for target in (
            "../../src/darkpixel/models/sarm/__init__.py", "../../envs", "../../slurm/config.yaml",
        )
    )  # fmt: skip
    assert module == "see {py:mod}`it <darkpixel.models.sarm>`"
    assert folder == "see `envs`"
    assert file == "see [it](../../slurm/config.yaml)"


def test_every_model_is_explained() -> None:
    text = (DOCS / "explanation/models.md").read_text()
    for kind in (r"\{drawing\} (\w+)", r"automodule:: darkpixel\.models\.(\w+)"):
        assert sorted(re.findall(kind, text)) == sorted(model_names())


def test_links_of_the_readme_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_commands_of_the_pages_are_known() -> None:
    """Every `darkpixel` command with its options: parsed, not run."""
    from darkpixel.cli import _parser

    pages = [ROOT / "README.md", *DOCS.glob("*.md"), *DOCS.glob("howto/*.md")]
    fenced = re.compile(r"^```(\S*).*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
    lines = {
        line.removeprefix("$ ").partition(" #")[0]
        for path in pages
        for language, block in fenced.findall(path.read_text())
        if language in ("", "console")
        for line in block.replace("\\\n", "").splitlines()
        if line.removeprefix("$ ").startswith("darkpixel ")
    }
    assert len(lines) > 12
    for line in sorted(lines):
        try:
            _parser().parse_args(line.split()[1:])
        except SystemExit:
            pytest.fail(line)


def test_downloads_of_the_pages_have_the_names_of_the_table() -> None:
    listed = load_sources(ROOT / "config/sources.yaml")
    known = {f"{name}.{entry.suffix}" for name, entry in listed.items()}
    pages = [ROOT / "README.md", *DOCS.glob("*.md"), *DOCS.glob("howto/*.md")]
    named = [
        (path.name, file)
        for path in pages
        for file in re.findall(r"results/downloads/(\w+\.\w+)", path.read_text())
    ]
    assert named
    for page_name, file in named:
        assert file in known, f"{page_name}: {file}"
