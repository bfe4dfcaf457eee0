"""Means by momentum: equal samples are at the floor, a shift or a lost momentum is found."""

import numpy as np
import pandas as pd
import pytest
from momentum_toys import particles

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.momentum_bins import (
    FEWEST,
    FEWEST_TEST,
    MOST_BINS,
    RESPONSES,
    momentum_edges,
)
from darkpixel.metrics.momentum_response import ALL, FLOOR, NOT_SEEN, SHUFFLED, momentum_response

MODEL = "sparse_transformer"


def response(made, test, models=(MODEL,), splits=20):
    return momentum_response(pd.concat([test, made]), models, splits=splits, seed=1)


def by_place(rows):
    return rows.set_index(["model", "species", "observable"]).sort_index()


def test_a_generator_equal_to_the_simulation_has_chi2_per_ndf_of_one():
    """Over forty pairs of samples: the mean and the spread of chi2 over bins, and the errors."""
    found = []
    for seed in range(40):
        rows = by_place(
            response(particles(1400, 2 * seed, MODEL), particles(1400, 2 * seed + 1), splits=2)[1]
        )
        found.append(rows.loc[(MODEL, ["mu-", "p"], "length"), :])
    rows = pd.concat(found)
    assert set(rows["ndf"]) == {MOST_BINS}
    expected = np.sqrt(2 / MOST_BINS)  # of one chi2 / ndf
    assert rows["chi2_ndf"].mean() == pytest.approx(1, abs=4 * expected / np.sqrt(len(rows)))
    assert rows["chi2_ndf"].std() == pytest.approx(expected, rel=0.35)
    pulls = rows["deviation"] / rows["deviation_error"]
    assert pulls.std() == pytest.approx(1, rel=0.3)
    assert abs(pulls.mean()) < 4 / np.sqrt(len(rows))
    assert rows["largest"].abs().mean() < 2.2


def test_a_shift_is_found_where_it_is():
    """Muons above 500 MeV/c too long by a fifth, and by how much."""
    made, test = particles(3000, 1, MODEL), particles(3000, 2)
    fast = (made["species"] == 13) & (made["momentum"] > 500)
    made.loc[fast, "length"] *= 1.2
    bins, rows = response(made, test)
    rows = by_place(rows)
    muons = rows.loc[(MODEL, "mu-", "length")]
    assert muons["chi2_ndf"] > 5
    assert muons["largest"] > 4
    assert muons["low"] >= 500
    share = (bins["low"] > 450).loc[(bins["species"] == "mu-") & (bins["observable"] == "length")]
    assert muons["deviation"] == pytest.approx(0.2 * share.mean(), abs=0.04)
    assert rows.loc[(MODEL, ALL, "length"), "chi2_ndf"] > 3
    for species, observable in (("p", "length"), ("mu-", "charge"), ("p", "pixels")):
        assert rows.loc[(MODEL, species, observable), "chi2_ndf"] < 3
    of_length = bins[(bins["species"] == "mu-") & (bins["observable"] == "length")]
    assert (of_length.loc[of_length["low"] > 500, "pull"] > 2).all()
    assert of_length.loc[of_length["high"] < 500, "pull"].abs().max() < 3.5


def test_the_control_is_a_generator_that_does_not_know_the_momentum():
    """Momenta exchanged within the species: what a model would score that has all else right."""
    made, test = particles(2000, 1, MODEL), particles(2000, 2)
    for code in (13, 2212):
        own = (made["species"] == code).to_numpy()
        made.loc[own, "momentum"] = made.loc[own, "momentum"].to_numpy()[::-1]
    rows = by_place(response(made, test)[1])
    for species in ("mu-", "p"):
        for observable in RESPONSES:
            floor, control, model = (
                rows.loc[(kind, species, observable)] for kind in (FLOOR, SHUFFLED, MODEL)
            )
            assert floor["chi2_ndf"] == pytest.approx(1, abs=0.6)
            assert abs(floor["deviation"]) < 3 * floor["deviation_error"]
            assert control["chi2_ndf"] > floor["chi2_ndf"] + 10 * floor["chi2_ndf_error"]
            assert model["chi2_ndf"] > control["chi2_ndf"]  # twice the images a side
            assert model["verdict"] == ""
            assert control["n"] == test["species"].eq(13 if species == "mu-" else 2212).sum() // 2


def test_a_comparison_that_cannot_see_the_momentum_says_so():
    made, test = particles(600, 1, MODEL), particles(600, 2)
    for table in (made, test):
        table["charge"] = np.random.default_rng(3).normal(10, 1, 600)
    rows = by_place(response(made, test)[1])
    verdicts = rows["verdict"].loc[(MODEL, ["mu-", "p"])].unstack("observable")
    assert (verdicts["charge"] == NOT_SEEN).all()
    assert (verdicts[["length", "pixels"]] == "").all(axis=None)


def test_values_are_the_means_of_the_images_in_the_bin():
    made, test = particles(500, 1, MODEL), particles(500, 2)
    bins, _ = response(made, test)
    for row in bins.itertuples():
        for images, prefix in ((made, ""), (test, "test_")):
            code = {"mu-": 13, "p": 2212}[row.species]
            inside = (images["species"] == code) & images["momentum"].between(row.low, row.high)
            values = images.loc[inside, row.observable]
            assert getattr(row, f"{prefix}n") == len(values)
            assert getattr(row, f"{prefix}value" if prefix else "value") == pytest.approx(
                values.mean()
            )
            error = getattr(row, f"{prefix}error" if prefix else "error")
            assert error == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)))
        difference = row.value - row.test_value
        assert row.pull == pytest.approx(difference / np.hypot(row.error, row.test_error))


def test_bins_are_of_equal_width_until_they_are_joined():
    random = np.random.default_rng(0)
    even = momentum_edges(random.uniform(100, 900, 2000))
    assert len(even) == MOST_BINS + 1
    assert np.ptp(np.diff(even)) < 1e-9
    for momenta in (
        np.concatenate([random.uniform(100, 900, 50), random.uniform(600, 700, 900)]),
        random.normal(500, 40, 1000),
        random.uniform(100, 900, 130),
        random.uniform(100, 900, 7),
    ):
        edges = momentum_edges(momenta)
        assert (edges[0], edges[-1]) == (momenta.min(), momenta.max())
        assert (np.diff(edges) > 0).all()
        counts = np.histogram(momenta, edges)[0]
        assert counts.sum() == len(momenta)
        assert (counts >= FEWEST_TEST).all() or len(edges) == 2
    assert len(momentum_edges(np.full(99, 300.0))) == 2


def test_bins_with_few_generated_images_are_left_out_and_images_beyond_are_too():
    made, test = particles(1200, 1, MODEL), particles(1200, 2)
    slow = (made["species"] == 13) & (made["momentum"] < 300)
    made = made[~slow | (made["image"] % 40 == 0)]
    beyond = particles(300, 3, MODEL).assign(momentum=5000.0, length=1e6)
    bins, rows = response(pd.concat([made, beyond]), test)
    muons = bins[(bins["species"] == "mu-") & (bins["observable"] == "length")]
    few = muons["n"] < FEWEST
    assert 0 < few.sum() < len(muons)
    assert (muons["pull"].isna() == few).all()
    row = by_place(rows).loc[(MODEL, "mu-", "length")]
    assert (row["ndf"], row["bins"]) == ((~few).sum(), len(muons))
    assert row["chi2_ndf"] == pytest.approx((muons["pull"] ** 2).mean())
    assert row["chi2_ndf"] < 3


def test_a_handful_of_images_has_no_numbers_but_rows():
    _, rows = response(particles(8, 1, MODEL), particles(9, 2))
    assert rows[["chi2_ndf", "largest", "deviation"]].isna().all(axis=None)
    assert (rows["ndf"] == 0).all()
    assert set(rows["verdict"]) == {NOT_SEEN}


@pytest.mark.parametrize("model", [MODEL, MONTE_CARLO])
def test_images_without_momentum_are_refused(model):
    made, test = particles(100, 1, MODEL), particles(100, 2)
    table = made if model == MODEL else test
    table["momentum"] = np.float32(np.nan)
    with pytest.raises(DarkpixelError, match=f"{model}: none of its 100 images has `species` and"):
        response(made, test)
