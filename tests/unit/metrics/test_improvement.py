"""The paper's percentages, from its tables and from rows like ours."""

import numpy as np
import pandas as pd
import pytest
from repository import PUBLISHED

from darkpixel.metrics.comparison import COLUMNS
from darkpixel.metrics.convergence import COLUMNS as CONVERGENCE_COLUMNS
from darkpixel.metrics.improvement import (
    CLAIMS,
    Cell,
    Claim,
    improvement,
    improvement_rows,
    published_score,
)
from darkpixel.metrics.published import wasserstein_published
from darkpixel.tables.improvement import improvement_table

TABLES = {name: wasserstein_published(PUBLISHED, name) for name in ("jets", "muons")}
NO_STATUS = pd.DataFrame(columns=CONVERGENCE_COLUMNS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_the_papers_numbers_follow_from_its_tables(claim):
    value, error = improvement(claim, published_score(TABLES, claim.dataset))
    assert error == 0
    if np.isnan(claim.published):
        assert value == pytest.approx(65.2, abs=0.05)  # SARM-2 (D+D) alone
    else:
        digits = 0.5 if claim.published == round(claim.published) else 0.03
        assert value == pytest.approx(claim.published, abs=digits)


def test_the_error_is_the_scatter_of_drawn_distances():
    random = np.random.default_rng(1)
    claim = Claim("", "jets", (Cell("pt", "signal"), Cell("mass", "signal")), ("lagan",), 0.0)
    truth = {"sarm2_dd": (2.0, 0.1), "lagan": (5.0, 0.4)}
    value, error = improvement(claim, lambda model, *_: truth[model])
    drawn = [
        improvement(claim, lambda model, *_: (random.normal(*truth[model]), 0.0))[0]
        for _ in range(4000)
    ]
    assert value == pytest.approx(60)
    assert error == pytest.approx(np.std(drawn), rel=0.06)


def paper_rows(dataset, factor=1.0):
    """The paper's tables as if they were ours, all distances times a factor."""
    return pd.DataFrame(
        [
            {
                "model": model, "dataset": dataset, "label": label, "observable": name,
                "value": factor * value, "error": 0.01, "seed_spread": np.nan, "n": 100, "seeds": 1,
            }
            for model, quantities in TABLES[dataset].items()
            for name, labels in quantities.items()
            for label, value in labels.items()
        ],
        columns=COLUMNS,
    )  # fmt: skip


def test_our_rows_give_the_same_whatever_the_scale():
    rows = pd.concat([paper_rows("jets", 3.0), paper_rows("muons")])
    found = improvement_rows(rows, TABLES, NO_STATUS)
    assert len(found) == len(CLAIMS)
    np.testing.assert_allclose(found["value"], found["recomputed_from_published"])
    assert (found["missing"] == "").all()
    assert (found["error"] > 0).all()


def test_nothing_is_claimed_of_a_data_set_that_is_not_named():
    rows = pd.concat([paper_rows("jets", 3.0), paper_rows("muons")])
    found = improvement_rows(rows, {"muons": TABLES["muons"]}, NO_STATUS)
    assert set(found["dataset"]) == {"muons"}


def test_variants_missing_rivals_and_unfinished_trainings_are_told(tmp_path):
    rows = paper_rows("jets")
    variant = rows[rows["model"] == "sarm2_dd"].assign(model="sarm2_dd_sums")
    variant["value"] /= 2
    rows = pd.concat([rows, variant])
    late = pd.DataFrame(
        [{"model": "lagan", "dataset": "jets", "label": "joint", "seed": 1, "converged": False}],
        columns=CONVERGENCE_COLUMNS,
    )
    found = improvement_rows(rows, TABLES, late).set_index(["claim", "model"])
    assert (found["not_converged"] == "lagan").all()
    better, paper = (found.loc[("6.1.2, pT", name)] for name in ("sarm2_dd_sums", "sarm2_dd"))
    assert better["value"] == pytest.approx(50 + paper["value"] / 2)
    assert np.isnan(better["published"])
    alone = improvement_rows(rows[rows["model"] != "pixelcnnpp"], TABLES, late)
    assert alone["value"].isna().all()
    assert (alone["missing"] == "pixelcnnpp").all()
    improvement_table(alone, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "not in this run: PixelCNN++" in text
    assert "not converged: LAGAN" in text
