"""docs/extending.md: its two files, put into a copy of the project, and nothing else edited."""

import csv
import math
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
  jets: {models: [], orders: {spiral_out: null, row: null}, simulation: {images_per_chunk: 300}}
  muons: null
  lartpc: null
  lartpc_vertex: null
  spots: {images: {train: 200, validation: 40, test: 100}, pixels: 8}
evaluation: {two_sample: {kinds: [high_level]}}
"""
# Tables of all data sets, and columns that are numbers in every row of a model.
SHARED = {
    "model_matrix": ["w1_over_floor_1", "zero_fraction", "bits_per_pixel", "parameters", "speed"],
    "likelihood": ["value", "error"],
    "two_sample_auc": ["value", "error"],
    "physics_distances": ["value", "error"],
}


@pytest.fixture(scope="module")
def extended(tmp_path_factory, copy_project):
    project = copy_project(tmp_path_factory.mktemp("extended") / "copy")
    for path, block in zip(PATHS, BLOCKS, strict=True):
        (project.folder / path).write_text(block)
    (project.folder / "tiny.yaml").write_text(RUN)
    tables = "results/extended/tables"
    done = project.snakemake(
        f"{tables}/sarm/table1_jet_wasserstein.csv",
        f"{tables}/own/spots_wasserstein.csv",
        *(f"{tables}/sarm/{name}.csv" for name in SHARED),
        "results/extended/figures/own/spots_mean_images.png",
        *("--cores", "2", "--configfile", "config/test.yaml", "tiny.yaml"),
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return project.folder / tables


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_the_page_shows_a_model_and_a_data_set_of_about_60_lines():
    assert [Path(path).parent.name for path in PATHS] == ["models", "datasets"]
    assert all(len(block.splitlines()) <= 70 for block in BLOCKS)


def test_the_model_has_rows_of_both_labels(extended):
    found = rows(extended / "sarm/table1_jet_wasserstein.csv")
    own = [row for row in found if row["model"] == "independent_pixels"]
    assert {row["label"] for row in own} == {"signal", "background"}


def test_the_data_set_has_rows_of_both_labels(extended):
    found = rows(extended / "own/spots_wasserstein.csv")
    assert {row["dataset"] for row in found} == {"spots"}
    assert {row["label"] for row in found} == {"signal", "background"}
    assert "sarm2_dd" in {row["model"] for row in found}


@pytest.mark.parametrize(("table", "columns"), SHARED.items())
def test_both_are_in_the_tables_of_all(extended, table, columns):
    found = rows(extended / f"sarm/{table}.csv")
    for pair in [("independent_pixels", "jets"), ("sarm2_dd", "spots")]:
        own = [row for row in found if (row["model"], row["dataset"]) == pair]
        assert own, pair
        assert all(math.isfinite(float(row[column])) for row in own for column in columns), own
