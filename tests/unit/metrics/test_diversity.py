"""Diversity: 1 for other real images, less for a generator that repeats itself."""

import numpy as np
import pandas as pd
import pytest
from image_files import write_images

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.diversity import COLUMNS, diversity_rows
from darkpixel.metrics.spread import diversity
from darkpixel.tables.diversity import diversity_table
from darkpixel.tables.names import display_name

SIDE = 8


def images(count, seed, blank=0.1):
    """Sparse images of several hundred kinds; some are blank."""
    random = np.random.default_rng(seed)
    made = random.exponential(5.0, (count, SIDE, SIDE)) * (random.random((count, SIDE, SIDE)) < 0.2)
    return (made * (random.random(count) >= blank)[:, None, None]).astype(np.float32)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    test = write_images(folder / "test.h5", images(800, 1))
    random = np.random.default_rng(5)
    few = images(20, 2)[random.integers(20, size=400)]  # twenty images again and again
    noise = np.abs(random.normal(0, 0.01, few.shape)).astype(np.float32)
    # one image, brighter or fainter: many different images in a single direction
    single = images(1, 3, blank=0) * random.uniform(0.1, 3, (400, 1, 1)).astype(np.float32)
    faint = images(400, 4) * np.float32(0.3)
    files = {
        "perfect": [
            write_images(folder / f"perfect{seed}.h5", images(400, 10 + seed)) for seed in (1, 2)
        ],
        "few_kinds": [write_images(folder / "few.h5", few)],
        "few_kinds_with_noise": [write_images(folder / "noise.h5", few + noise * (few > 0))],
        "one_direction": [write_images(folder / "single.h5", single)],
        "faint": [write_images(folder / "faint.h5", faint)],
    }
    return diversity_rows(files, test, dataset="jets", label="signal", n=400)


def value(rows, model, observable):
    chosen = rows[(rows["model"] == model) & (rows["observable"] == observable)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_other_images_of_the_same_kind_score_one(rows):
    assert list(rows.columns) == COLUMNS
    assert (rows["n"] == 400).all()
    for name in ("variance", "neighbour_distance", "dimensions"):
        row = value(rows, "perfect", name)
        assert row["value"] == pytest.approx(1, abs=4 * row["error"])
        assert row["floor"] == pytest.approx(1, abs=4 * row["floor_error"])
        assert 0 < row["error"] < 0.15
        assert row["seeds"] == 2
        assert row["seed_spread"] < 4 * row["error"]


def test_every_kind_of_collapse_is_found(rows):
    def deviation(model, observable):
        row = value(rows, model, observable)
        return (row["value"] - 1) / row["floor_error"]

    assert value(rows, "few_kinds", "neighbour_distance")["value"] < 1e-6
    assert deviation("few_kinds", "dimensions") < -5
    assert value(rows, "few_kinds_with_noise", "neighbour_distance")["value"] < 0.05
    assert value(rows, "one_direction", "dimensions")["value"] < 0.1
    assert deviation("faint", "variance") < -5


def test_measures_are_what_they_say():
    sample = images(50, 6)
    pixels = np.arcsinh(sample.reshape(50, -1).astype(float))
    pairs = np.linalg.norm(pixels[:, None] - pixels, axis=2)
    found = diversity(sample).values
    assert found["variance"] == pytest.approx((pairs**2).sum() / (50 * 49) / 2)
    assert found["variance"] == pytest.approx(pixels.var(axis=0, ddof=1).sum())
    nearest = np.where(np.eye(50, dtype=bool), np.inf, pairs).min(axis=1)
    assert found["neighbour_distance"] == pytest.approx(nearest.mean(), abs=1e-6)


def test_effective_dimensions_are_those_of_the_directions():
    random = np.random.default_rng(7)
    sample = np.zeros((2000, SIDE, SIDE))
    sample[:, 0, :5] = np.sinh(random.normal(20, 1, (2000, 5)))  # asinh varies alike in 5 pixels
    assert diversity(sample).values["dimensions"] == pytest.approx(5, rel=0.05)


def test_the_error_is_the_scatter_of_repeated_samples(tmp_path):
    test = write_images(tmp_path / "test.h5", images(300, 1))
    files = {f"m{i}": [write_images(tmp_path / f"{i}.h5", images(150, 20 + i))] for i in range(12)}
    rows = diversity_rows(files, test, dataset="jets", label="signal", n=2000)
    for name, own in rows.groupby("observable"):
        # both sides vary in the error, only the sample here: about a factor sqrt(2)
        scatter = own["value"].std() * 2**0.5
        assert 0.4 < scatter / own["error"].mean() < 1.8, name


def test_too_few_or_equal_test_images_are_an_error(tmp_path):
    short = write_images(tmp_path / "short.h5", images(4, 1))
    with pytest.raises(DarkpixelError, match="at least 3"):
        diversity_rows({"a": [short]}, short, dataset="jets", label="signal", n=2000)
    blank = write_images(tmp_path / "blank.h5", np.zeros((20, SIDE, SIDE), np.float32))
    with pytest.raises(DarkpixelError, match="copies of each other"):
        diversity_rows({"a": [blank]}, blank, dataset="jets", label="signal", n=2000)
    # One image is unlike the others, and a third of the resamplings lack it.
    lit = np.zeros((20, SIDE, SIDE), np.float32)
    lit[0, 0, 0] = 1
    single = write_images(tmp_path / "single.h5", lit)
    with pytest.raises(DarkpixelError, match=r"single\.h5: .* or a resampling of them"):
        diversity_rows({"a": [single]}, single, dataset="jets", label="signal", n=2000)


def test_a_blank_sample_of_a_collapsed_model_has_no_spread(tmp_path):
    test = write_images(tmp_path / "test.h5", images(40, 1))
    blank = write_images(tmp_path / "blank.h5", np.zeros((20, SIDE, SIDE), np.float32))
    rows = diversity_rows({"lagan": [blank]}, test, dataset="jets", label="signal", n=2000)
    assert (rows["value"] == 0).all()


def test_table_shows_models_and_control(rows, tmp_path):
    both = pd.concat([rows, rows.assign(label="background")])
    diversity_table(both, tmp_path / "diversity")
    lines = (tmp_path / "diversity.md").read_text().splitlines()
    assert "variance, signal" in lines[2]
    assert "variance, background" in lines[2]
    assert sum(line.startswith(f"| *other {display_name(MONTE_CARLO)}*") for line in lines) == 1
    back = pd.read_csv(tmp_path / "diversity.csv")
    assert back["value"].to_numpy() == pytest.approx(both["value"].to_numpy())


def test_table_has_every_data_set_and_names_what_has_not_converged(rows, tmp_path):
    muons = rows.assign(dataset="muons", converged=False, value=rows["value"] + 7)
    both = pd.concat([rows.assign(converged=True), muons], ignore_index=True)
    diversity_table(both, tmp_path / "diversity")
    lines = (tmp_path / "diversity.md").read_text().splitlines()
    models = rows["model"].nunique()
    assert sum("(not converged)" in line and "muon" in line for line in lines) == models
    assert not any("(not converged)" in line and " jet " in line for line in lines)
    assert sum(line.startswith("| *other") for line in lines) == 2
