"""The folders of the models: imports run one way, and a sampler is given parts, not the model."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import darkpixel.models

ROOT = Path(darkpixel.models.__path__[0])
FOLDERS = sorted(path.parent.name for path in ROOT.glob("*/model.py"))


def imports(folder: str) -> dict[str, set[str]]:
    """File -> files of the same folder that it imports, for type checks too."""
    package = f"darkpixel.models.{folder}"
    graph = {}
    for path in (ROOT / folder).glob("*.py"):
        nodes = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom)]
        names = {f"{n.module}.{alias.name}" for n in nodes for alias in n.names}
        ours = (n.removeprefix(f"{package}.") for n in names if n.startswith(f"{package}."))
        graph[path.stem] = {name.partition(".")[0] for name in ours}
    return graph


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_within_a_folder_have_no_circle(folder):
    graph = imports(folder)
    assert graph["model"]
    TopologicalSorter(graph).prepare()  # raises CycleError


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_the_model_is_made_of_does_not_know_the_model(folder):
    graph = imports(folder)
    parts: set[str] = set()
    waiting = ["model"]
    while waiting:
        for name in graph[waiting.pop()] - parts:
            parts.add(name)
            waiting.append(name)
    if (ROOT / folder / "sampler.py").exists():
        assert "sampler" in parts
    for name in {*parts, *(name for name in graph if "sampler" in name)}:
        assert "model" not in graph[name], name


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_docstring_of_a_folder_lists_its_files(folder):
    text = ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text())) or ""
    listed = [
        line.split()[0]
        for line in text.splitlines()
        if line.strip().partition(" ")[0].endswith(".py")
    ]
    files = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
    assert sorted(listed) == sorted(files)
