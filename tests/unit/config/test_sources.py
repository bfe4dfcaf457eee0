"""The table of public files: valid entries, and one clear line for every fault."""

from pathlib import Path

import pytest
from repository import CONFIG

from darkpixel.config.sources import find_source, load_sources
from darkpixel.errors import DarkpixelError


def test_the_projects_own_sources_are_valid() -> None:
    path = CONFIG / "sources.yaml"
    entry = find_source(path, "lagan_jets")
    assert entry.md5 == "f9b11c46b6a0ff928bec2eccf865ecf0"
    with pytest.raises(DarkpixelError, match="did you mean 'lagan_jets'"):
        find_source(path, "lagan_jet")


def test_the_projects_larcv_files() -> None:
    sources = load_sources(CONFIG / "sources.yaml")
    larcv = {name: entry for name, entry in sources.items() if entry.suffix == "root"}
    assert len(larcv) == len({entry.url for entry in larcv.values()}) == 8
    for name, entry in larcv.items():
        assert name.startswith("larcv_")
        assert entry.url.endswith(".root")
        # nobody publishes these: the first download decides
        assert (entry.size, entry.md5, entry.sha256) == (None, None, None)
    assert sources["lagan_jets"].suffix == "h5"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: {description: x, url: 'ftp://x'}", ["a.url", "ftp://x"]),
        ("a: {description: x, url: 'http://x', md5: abc}", ["a.md5", "abc"]),
        ("a: {description: x, url: 'http://x', mirror: []}", ["a.mirror", "mirrors"]),
        ("a: {description: x, url: 'file:///etc/passwd'}", ["a.url", "file:///etc/passwd"]),
        (
            "a: {description: x, url: 'http://x', mirrors: [http://y, 'file:///etc/passwd']}",
            ["a.mirrors.1", "file:///etc/passwd"],
        ),
        ("a: {description: x, url: 'http://x', mirrors: [y]}", ["a.mirrors.0", "'y'"]),
        ("a: {description: x, url: 'http://x', suffix: '../h5'}", ["a.suffix", "../h5"]),
        ("a: {description: x}", ["a.url", "required"]),
        ("- a", ["expected named entries"]),
        ("a: [", ["not valid YAML"]),
        ("a: {description: x, url: 'http://x'}\na: {}", ["key 'a' stands twice, in lines 1 and 2"]),
    ],
)
def test_faults_of_the_table(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(text)
    with pytest.raises(DarkpixelError) as caught:
        load_sources(path)
    assert all(word in str(caught.value) for word in [str(path), *words]), str(caught.value)
    assert "\n" not in str(caught.value)
