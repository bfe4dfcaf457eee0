"""Tables of a user's own files: "reference" where the papers' have Monte Carlo."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from repository import DOCS

from darkpixel.config.names import OWN_IMAGES
from darkpixel.tables.classifiers import classifier_table
from darkpixel.tables.distances import (
    coverage_table,
    memorisation_table,
    physics_distances_table,
    two_sample_table,
)
from darkpixel.tables.diversity import diversity_table
from darkpixel.tables.names import compared_with
from darkpixel.tables.quantisation import quantisation_table
from darkpixel.tables.speed import speed_table
from darkpixel.tables.wasserstein import shape_table, wasserstein_table

RECORDED = DOCS / "results/csv"
TABLES: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "classifier_auc": classifier_table,
    "coverage": coverage_table,
    "diversity": diversity_table,
    "jet_shape_wasserstein": shape_table,
    "memorisation": memorisation_table,
    "physics_distances": physics_distances_table,
    "quantisation": quantisation_table,
    "table1_jet_wasserstein": wasserstein_table,
    "table2_jet_speed": speed_table,
    "two_sample_auc": two_sample_table,
}
OF_THE_PAPERS = ("Monte Carlo", "Pythia", "SARM paper", "SARM 6", "Table 2")


@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_called_monte_carlo(name, tmp_path, monkeypatch):
    """The rows are those of the study, the image files being called a user's own."""
    rows = pd.read_csv(RECORDED / f"sarm_{name}.csv").assign(published=float("nan"))
    for key in {"verdict", "condition"} & set(rows):
        rows[key] = rows[key].astype(object).fillna("")
    stem = tmp_path / name
    TABLES[name](rows, stem)
    papers = stem.with_suffix(".md").read_text()
    monkeypatch.setenv(OWN_IMAGES, "jets muons")
    TABLES[name](rows[rows["model"] != "monte_carlo"] if "speed" in name else rows, stem)
    own = stem.with_suffix(".md").read_text()
    assert not [word for word in OF_THE_PAPERS if word in own]
    if name not in ("diversity", "quantisation", "table2_jet_speed"):
        assert "reference" in own
        assert "Monte Carlo" in papers
    assert "reference test" not in papers


def test_where_some_images_are_simulated_both_are_named(monkeypatch):
    assert compared_with(["jets", "muons"]) == ("Monte Carlo", "Monte Carlo")
    monkeypatch.setenv(OWN_IMAGES, "jets")
    assert compared_with(["jets"]) == ("reference", "reference images")
    assert compared_with(["jets", "muons"]).kind == "Monte Carlo or reference"
