"""Rows of the tables and the files written from them."""

import numpy as np
import pandas as pd
import pytest
from image_files import write_images
from repository import PUBLISHED

from darkpixel.config.evaluation import Evaluation
from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.comparison import COLUMNS
from darkpixel.metrics.published import load_published, wasserstein_published
from darkpixel.metrics.rows import image_statistics, parameter_rows, wasserstein_rows
from darkpixel.metrics.wasserstein import wasserstein
from darkpixel.studies.quantisation import quantisation_rows, round_images
from darkpixel.tables.layout import markdown_table, write_table
from darkpixel.tables.parameters import parameters_table
from darkpixel.tables.quantisation import quantisation_table
from darkpixel.tables.statistics import statistics_table
from darkpixel.tables.wasserstein import wasserstein_table

SETTINGS = Evaluation(n=10_000, bootstrap_repetitions=20, floor_splits=5)


def observables(shifts, images=400, seed=0):
    """A made-up table of measured observables: models with pT and mass shifted by so much."""
    random = np.random.default_rng(seed)
    frames = []
    for (model, model_seed), shift in {(MONTE_CARLO, 0): 0.0, **shifts}.items():
        frames.append(
            pd.DataFrame(
                {
                    "model": model, "seed": model_seed, "image": np.arange(images),
                    "pt": random.normal(250 + shift, 20, images),
                    "mass": random.normal(80 + shift, 10, images),
                    "sum": 250.0, "maximum": random.uniform(50, 100, images),
                    "nonzero": random.integers(0, 3, images), "zero_fraction": 0.95,
                }
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def rows_of(table, label="signal", settings=SETTINGS):
    return wasserstein_rows(
        table, dataset="jets", label=label, settings=settings,
        published=wasserstein_published(PUBLISHED, "jets"),
    )  # fmt: skip


def test_rows_carry_everything_and_find_the_shift():
    rows = rows_of(observables({("sarm2_dd", 1): 30.0, ("sarm2_dd", 2): 40.0, ("lagan", 1): 60.0}))
    assert list(rows.columns) == COLUMNS
    assert rows["model"].tolist() == ["lagan", "lagan", "sarm2_dd", "sarm2_dd"]
    pt = rows[rows["observable"] == "pt"].set_index("model")
    assert pt.loc["lagan", "value"] == pytest.approx(60, abs=6)
    assert pt.loc["sarm2_dd", "value"] == pytest.approx(35, abs=6)  # mean over seeds
    assert pt.loc["sarm2_dd", "seed_spread"] == pytest.approx(7.07, abs=3)
    assert np.isnan(pt.loc["lagan", "seed_spread"])
    assert pt["n"].tolist() == [200, 200]  # half of the test images, so that the floor has halves
    assert pt["seeds"].tolist() == [1, 2]
    assert pt["published"].tolist() == [3.17, 1.43]
    assert (pt["floor"] < 6).all()
    assert (pt["error"] > 0).all()


def test_a_variant_has_no_published_number():
    rows = rows_of(observables({("sarm2_dd_sums", 1): 0.0}))
    assert rows["published"].isna().all()


def test_a_perfect_generator_scores_the_floor():
    settings = Evaluation(n=2000, bootstrap_repetitions=20, floor_splits=20)
    table = observables({("sarm2_dd", seed): 0.0 for seed in range(8)}, images=4000)
    rows = rows_of(table, settings=settings)
    assert rows["value"].to_numpy() == pytest.approx(rows["floor"].to_numpy(), rel=0.5)


def test_quantised_rows_use_other_images_than_the_reference():
    """Exact copies of the test images must score the floor, not zero."""
    table = observables({})
    copy = table.assign(model="quantised_sarm2_dd")
    rows = rows_of(pd.concat([table, copy], ignore_index=True))
    pt = table["pt"].to_numpy()
    assert rows.loc[0, "value"] == pytest.approx(wasserstein(pt[200:400], pt[:200]))
    short = pd.concat([table, copy[:300]], ignore_index=True)
    with pytest.raises(DarkpixelError, match="needs all 400 test images in it"):
        rows_of(short)


def test_wide_table_has_values_errors_published_and_floor(tmp_path):
    table = observables({("sarm2_dd", 1): 30.0, ("lagan", 1): 60.0})
    rows = pd.concat([rows_of(table, label) for label in ("signal", "background")])
    wasserstein_table(rows, tmp_path / "table1_jet_wasserstein", "Jets")
    lines = (tmp_path / "table1_jet_wasserstein.md").read_text().splitlines()
    header = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert header == [
        "model", "pT signal, GeV", "pT background, GeV", "mass signal, GeV", "mass background, GeV",
        "n", "seeds",
    ]  # fmt: skip
    sarm = next(line for line in lines if line.startswith("| SARM-2 (D+D)"))
    for number in ("(1.43)", "(1.54)", "(0.84)", "(0.97)", "±"):
        assert number in sarm
    assert any(line.startswith("| *noise floor*") for line in lines)
    back = pd.read_csv(tmp_path / "table1_jet_wasserstein.csv")
    assert list(back.columns) == COLUMNS
    assert back["value"].to_numpy() == pytest.approx(rows["value"].to_numpy())


def test_statistics_count_blank_images(tmp_path):
    table = observables({("lagan", 1): 0.0})
    rows = image_statistics(table, dataset="jets", label="signal")
    by_name = rows[rows["model"] == MONTE_CARLO].set_index("observable")["value"]
    own = table[table["model"] == MONTE_CARLO]
    assert by_name["blank_fraction"] == pytest.approx((own["nonzero"] == 0).mean())
    assert by_name["maximum"] == own["maximum"].max()
    statistics_table(rows, tmp_path / "image_statistics")
    assert "| Monte Carlo" in (tmp_path / "image_statistics.md").read_text()


def test_a_larger_power_keeps_more_of_the_soft_pixels(tmp_path):
    random = np.random.default_rng(0)
    pixels = random.exponential(2.0, (300, 8, 8)) * (random.random((300, 8, 8)) < 0.2)
    images = pixels.astype(np.float32)
    write_images(tmp_path / "test.h5", images)
    rows = quantisation_rows(
        tmp_path / "test.h5", 10.0, [1.0, 2.0], dataset="jets", label="signal",
        settings=SETTINGS, batch_size=70,
    )  # fmt: skip
    by_name = rows.set_index(["observable", "power"])
    assert (by_name.loc[["pt", "mass"], "value"] > 0).all()
    zeros = by_name.loc["zero_fraction"]
    assert zeros.loc[1.0, "mean_quantised"] > zeros.loc[2.0, "mean_quantised"]
    assert (zeros["mean_quantised"] >= zeros["mean"]).all()
    # Over all blocks; at p = 1 a level is 1 GeV wide.
    above = rows.loc[rows["power"] == 1, "clipped"]
    assert (above == np.count_nonzero(images > 10.5)).all()
    assert above.iloc[0] > 0
    rounded, _ = round_images(images, 1.0, 10.0)
    np.testing.assert_allclose(rounded, np.minimum(np.round(images), 10), atol=1e-4)
    quantisation_table(rows, tmp_path / "quantisation")
    assert "| 2 " in (tmp_path / "quantisation.md").read_text()


def test_parameters_stand_beside_the_paper(tmp_path):
    rows = parameter_rows(
        [{"model": "sarm2_dd", "dense": 6_100_000, "free": 3_000_000}],
        dataset="jets",
        published=load_published(PUBLISHED, "sarm", "table6_parameters"),
    )
    parameters_table(rows, tmp_path / "table6_parameters")
    text = (tmp_path / "table6_parameters.md").read_text()
    assert all(number in text for number in ("6.10M", "3.00M", "21.00M"))


def test_parameters_of_models_on_own_files_stand_alone(tmp_path):
    counts = [{"model": "sarm2_dd", "dense": 6_100_000, "free": 3_000_000}]
    rows = parameter_rows(counts, dataset="jets", published={})
    parameters_table(rows, tmp_path / "table6_parameters")
    text = (tmp_path / "table6_parameters.md").read_text()
    assert "published" not in text
    assert "paper" not in text


def test_published_file_holds_the_papers_tables():
    lartpc = load_published(PUBLISHED, "lartpc", "table4_kl_by_checkpoint")
    assert lartpc["epoch400"]["shower_pixels"] == 0.24
    assert load_published(PUBLISHED, "lartpc", "ssnet_accuracy")["ssnet"]["pixel_accuracy"] == 0.985
    speed = load_published(PUBLISHED, "sarm", "table2_jet_speed")
    assert {model: row["speed"] for model, row in speed.items()} == {
        "monte_carlo": 34, "pixelcnnpp": 50, "sarm2_dd": 1612, "sarm2_dc": 2480, "lagan": 10176,
    }  # fmt: skip
    muons = wasserstein_published(PUBLISHED, "muons")
    assert set(muons) == {"lagan", "pixelcnnpp", "sarm2_dc", "sarm2_dd"}
    with pytest.raises(DarkpixelError, match="no table `table9` under `sarm`"):
        load_published(PUBLISHED, "sarm", "table9")


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(DarkpixelError, match="disk full"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "table", "text")
    assert list(tmp_path.iterdir()) == []


def test_markdown_cells_stay_as_they_are():
    """No cell is read as a number: each would lose what says how exact it is."""
    body = [["A", "10.0", "1.20 ± 0.05", "1,000"], ["", "1e-5", "nan", "–"]]
    lines = markdown_table(["model", "a", "b", "b"], body).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["model", "a", "b", "b"]
    assert cells[2:] == body
    assert [(cell[0], cell[-1]) for cell in cells[1]] == [(":", "-"), *3 * [("-", ":")]]
    assert len({len(line) for line in lines}) == 1


def test_markdown_of_no_rows_is_its_header():
    first, _ = markdown_table(["model", "a"], []).splitlines()
    assert [cell.strip() for cell in first.strip("|").split("|")] == ["model", "a"]
