"""The notebooks of docs/notebooks run, cell after cell, without Jupyter."""

import ast
import json
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from repository import DOCS

PIONS = DOCS / "notebooks/pions.ipynb"


def code(path: Path, **smaller: str) -> Iterator[str]:
    """The code cells, with words of them replaced so that they take seconds."""
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "code":
            text = "".join(cell["source"])
            for word, other in smaller.items():
                text = text.replace(word, other)
            yield text


def run(cells: Iterator[str]) -> dict[str, Any]:
    """What is there after the last one. Each cell is compiled by itself, as Jupyter does."""
    names: dict[str, Any] = {}
    for number, text in enumerate(cells):
        exec(compile(ast.parse(text), f"cell {number}", "exec"), names)
    return names


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def test_pions_are_sampled_simulated_and_evaluated() -> None:
    with chdir(PIONS.parent):  # where Jupyter starts
        found = run(code(PIONS, **{"number = 500": "number = 50", "each = 20": "each = 2"}))
    assert found["pions"].shape == (50, 64, 64)
    assert set(found["columns"]["species"]) == {211}
    assert np.allclose(found["columns"]["momentum"], 400)
    assert found["charge"][-1] > found["charge"][0]
    assert {"auc", "fpd"} <= set(found["table"]["observable"])
    assert len(found["figure"].axes) == 8


@pytest.mark.parametrize("path", sorted((DOCS / "notebooks").glob("*.ipynb")), ids=lambda p: p.name)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
