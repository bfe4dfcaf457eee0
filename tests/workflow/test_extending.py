"""docs/extending.md: its two files, put into a copy of the project, and nothing else edited."""

import csv
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs/extending.md"
TEXT = DOCS.read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
PATHS = re.findall(r"Save this as `(src/darkpixel/\w+/\w+\.py)`", TEXT)

# The rest of the run, as small as it can be.
RUN = """
run: extended
datasets:
  jets: {models: [sarm2_dd], orders: {}}
  muons: null
  lartpc: null
  lartpc_vertex: null
  spots: {images: {train: 200, validation: 40, test: 100}}
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    from conftest import Project

    project = Project(tmp_path_factory.mktemp("extended") / "copy")
    for path, block in zip(PATHS, BLOCKS, strict=True):
        (project.folder / path).write_text(block)
    (project.folder / "tiny.yaml").write_text(RUN)
    tables = "results/extended/tables"
    done = project.snakemake(
        f"{tables}/sarm/table1_jet_wasserstein.csv",
        f"{tables}/own/spots_wasserstein.csv",
        "results/extended/figures/own/spots_mean_images.png",
        *("--cores", "2", "--configfile", "config/test.yaml", "tiny.yaml"),
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return project.folder / tables


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_the_page_shows_a_model_and_a_data_set_of_about_60_lines():
    assert [Path(path).parent.name for path in PATHS] == ["models", "data"]
    assert all(len(block.splitlines()) <= 70 for block in BLOCKS)


def test_the_model_has_rows_beside_the_others(extended):
    found = {row["model"] for row in rows(extended / "sarm/table1_jet_wasserstein.csv")}
    assert {"independent_pixels", "sarm2_dd"} <= found


def test_the_data_set_has_rows_of_both_labels(extended):
    found = rows(extended / "own/spots_wasserstein.csv")
    assert {row["dataset"] for row in found} == {"spots"}
    assert {row["label"] for row in found} == {"signal", "background"}
    assert "sarm2_dd" in {row["model"] for row in found}
