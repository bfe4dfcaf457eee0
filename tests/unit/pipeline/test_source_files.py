"""What is remembered of source files is what reading them gives."""

import ast
from pathlib import Path

import pytest

from darkpixel.pipeline import source_files
from darkpixel.pipeline.source_files import SourceFile, SourceFiles


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    source_files._remembered.cache_clear()
    return folder


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "one.py").write_text('"""About one."""\nimport darkpixel.errors\nONE = 1\n')
    (folder / "two.py").write_text("def f():\n    from darkpixel.formats import files\n")
    return folder


def in_a_new_process(folder: Path, name: str = "one.py") -> SourceFile:
    source_files._remembered.cache_clear()
    return SourceFiles(folder).read(folder / name)


def test_all_of_a_folder_is_remembered(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = in_a_new_process(package)
    assert found.imports == ("darkpixel.errors",)

    def no_parsing(*_: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(ast, "parse", no_parsing)
    assert in_a_new_process(package) == found
    assert in_a_new_process(package, "two.py").imports == (
        "darkpixel.formats", "darkpixel.formats.files",
    )  # fmt: skip


def test_a_file_that_changes_is_another(package: Path) -> None:
    before = in_a_new_process(package)
    text = (package / "one.py").read_text()
    (package / "one.py").write_text(text.replace("About", "All about"))
    assert in_a_new_process(package) == before
    (package / "one.py").write_text(text.replace("ONE = 1", "ONE = 2"))
    assert in_a_new_process(package).digest != before.digest


@pytest.mark.parametrize("kept", ["", "{", "[1, 2]", '{"a": 1}', '{"a": [1, 2, 3]}', "\x00"])
def test_what_is_damaged_is_read_anew(package: Path, cache_folder: Path, kept: str) -> None:
    expected = in_a_new_process(package)
    (file,) = (cache_folder / "darkpixel").iterdir()
    file.write_text(kept)
    assert in_a_new_process(package) == expected
    assert file.read_text() != kept


def test_a_folder_that_cannot_be_written(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = in_a_new_process(package)
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    assert in_a_new_process(package) == expected


def test_a_neighbour_that_is_no_python_does_not_matter(package: Path) -> None:
    (package / "draft.py").write_text("def (:\n")
    assert in_a_new_process(package).imports
    with pytest.raises(SyntaxError):
        in_a_new_process(package, "draft.py")


def test_digests_are_the_same_in_every_python(package: Path) -> None:
    """That of Python 3.11, 3.12 and 3.13, which have other fields and other ways to print them."""
    (package / "one.py").write_text(
        "from a import b\n@b\nclass C(b, k=1):\n    x: int = -1\n"
        "    async def f(self, *, y=None, **z) -> None:\n"
        "        return f'{y!r:>3} and', [i for i in z if i], b'\\0', 1.5j, ...\n"
    )
    assert in_a_new_process(package).digest.startswith("d469716182a1")
