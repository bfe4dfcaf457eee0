"""The archive of a run, read back by the library that defines the format."""

from pathlib import Path

import pytest
from repository import ROOT
from rocrate.rocrate import ROCrate

from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.crate import read_authors, write_crate

RECORD = {
    "configuration": {"run": "mine"},
    "commit": "abc123",
    "started": "2026-01-02T03:04:05+00:00",
    "command": "snakemake --cores 2",
    "versions": {"torch": "2.6"},
}


def test_the_crate_holds_the_files_and_says_what_made_them(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "run.yaml").write_text("x: 1\n")
    names = {"tables/sarm/t.csv": tmp_path / "t.csv", "run.yaml": tmp_path / "run.yaml"}
    path = tmp_path / "crate.zip"
    authors = [
        {"@type": "Person", "name": "Ada Byron", "@id": "https://orcid.org/0000-0000-0000-0000"}
    ]
    write_crate(path, names, RECORD, authors=authors)
    assert {file.name for file in tmp_path.iterdir()} == {"t.csv", "run.yaml", "crate.zip"}
    crate = ROCrate(path)
    assert crate.name == "darkpixel, run 'mine'"
    assert "abc123" in str(crate.description)
    assert crate.root_dataset["license"] == "https://spdx.org/licenses/MIT"
    [author] = crate.root_dataset["author"]
    assert (author["@type"], author["name"]) == ("Person", "Ada Byron")
    files = {entity.id: entity for entity in crate.data_entities}
    assert set(files) == set(names)
    assert files["tables/sarm/t.csv"]["encodingFormat"] == "text/csv"
    action = crate.dereference("#run")
    assert action["instrument"].id == "#darkpixel"
    assert {result.id for result in action["result"]} == set(names)
    crate.write(tmp_path / "unpacked")
    assert (tmp_path / "unpacked/tables/sarm/t.csv").read_text() == "a\n1\n"


def test_authors_are_those_of_the_citation(tmp_path: Path) -> None:
    assert read_authors(ROOT / "CITATION.cff") == [
        {"@type": "Organization", "name": "The darkpixel authors"}
    ]
    path = tmp_path / "CITATION.cff"
    path.write_text("authors:\n  - {family-names: Byron, given-names: Ada, affiliation: x}\n")
    person = {"@type": "Person", "name": "Ada Byron", "affiliation": "x"}
    assert read_authors(path) == [person]


@pytest.mark.parametrize("text", ["title: x\n", "authors: me\n", "authors: [{alias: me}]\n", "{"])
def test_a_citation_without_an_author_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "CITATION.cff"
    path.write_text(text)
    with pytest.raises(DarkpixelError, match=r"CITATION\.cff: ") as error:
        read_authors(path)
    assert "\n" not in str(error.value)
