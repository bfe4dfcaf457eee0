"""KL divergence of SSNet's output: value, error, noise floor, published numbers."""

import numpy as np
import pytest
from argon_toys import argon_images, write_labels, write_plain
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.divergence import (
    QUANTITIES,
    divergence_rows,
    image_histograms,
    kl_divergence,
    summarise_labels,
)
from darkpixel.metrics.observables import Source

EVALUATION = LArTPCEvaluation(bootstrap_repetitions=40, floor_splits=10)
PUBLISHED = {
    f"epoch{100 * number}": dict.fromkeys(QUANTITIES, number / 10) for number in (1, 2, 3, 4)
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Label files: test images, others of the same kind, and ones of shorter tracks."""
    folder = tmp_path_factory.mktemp("labels")
    made = {}
    for name, count, seed, length, sure in (
        ("test", 600, 0, 40, 0.93), ("same", 400, 1, 40, 0.93), ("short", 400, 2, 25, 0.8)
    ):  # fmt: skip
        images, labels, _ = argon_images(count, seed, length)
        made[name] = write_labels(folder / f"{name}.h5", images, labels, seed=seed, confidence=sure)
    return made


def rows_of(sources, test, evaluation=EVALUATION):
    return divergence_rows(
        [Source(*source) for source in sources], test, dataset="lartpc", label="all",
        settings=evaluation, published=PUBLISHED,
    )  # fmt: skip


def test_divergence_of_known_distributions():
    p, q = [30, 10], [10, 30]
    assert kl_divergence(p, q, 1e-9) == pytest.approx(0.5 * np.log(3))
    # with one pseudo-count: 31/42 and 11/42
    assert kl_divergence(p, q, 1.0) == pytest.approx(20 / 42 * np.log(31 / 11))
    assert kl_divergence([p, q], [q, q], 1e-9) == pytest.approx([0.5 * np.log(3), 0])


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float64, (2, 7), elements=st.integers(0, 1000)), st.floats(0.1, 5))
def test_divergence_is_finite_and_not_negative(counts, smoothing):
    p, q = counts
    assert np.isfinite(kl_divergence(p, q, smoothing))
    assert kl_divergence(p, q, smoothing) >= 0
    assert kl_divergence(p, p, smoothing) == pytest.approx(0, abs=1e-12)


def test_histograms_count_images_and_pixels(files):
    with ImageFile(files["test"]) as file:
        found = image_histograms(file, EVALUATION, 10, 60)
        tracks = file.column("track_pixels", 10, 60)
        scores = file.column("track_scores", 10, 60)
    assert found["track_pixels"].sum(axis=1).tolist() == [1] * 50
    assert found["track_pixels"].argmax(axis=1).tolist() == (tracks // 20).tolist()
    assert (found["track_score"] == scores).all()


def test_images_beyond_the_range_count_in_the_last_bin(tmp_path):
    images = np.full((3, 40, 40), 2.0, np.float32)
    path = write_labels(tmp_path / "full.h5", images, np.full(images.shape, 2, np.uint8))
    summary = summarise_labels([path], EVALUATION)
    assert summary.entries["track_pixels"].tolist() == [0] * 24 + [3]
    assert summary.entries["shower_pixels"].tolist() == [3] + [0] * 24


def test_errors_of_scores_know_that_pixels_come_in_images(files):
    """Against the spread over resampled images; a Poisson error of pixels is far too small."""
    summary = summarise_labels([files["test"], files["same"]], EVALUATION)
    assert summary.images == 1000
    _, errors = summary.density("shower_score")
    blocks = []
    for name in ("test", "same"):
        with ImageFile(files[name]) as file:
            blocks.append(image_histograms(file, EVALUATION)["shower_score"])
    scores = np.concatenate(blocks)
    random = np.random.default_rng(0)
    drawn = random.poisson(1.0, (300, len(scores))) @ scores / scores.sum()
    filled = scores.sum(axis=0) > 500
    assert errors[filled] == pytest.approx(drawn.std(axis=0)[filled], rel=0.25)
    poisson = np.sqrt(scores.sum(axis=0)) / scores.sum()
    assert (errors[filled] > 1.3 * poisson[filled]).all()


def test_the_same_kind_of_images_scores_the_floor_and_others_do_not(files):
    rows = rows_of(
        [("vqvae_pixelcnn", 1, files["same"]), ("vqvae_pixelcnn_256", 1, files["short"])],
        files["test"],
    )
    assert (rows["n"] == 300).all()  # half of the test images
    same = rows[rows["model"] == "vqvae_pixelcnn"]
    distance = np.abs(same["value"] - same["floor"])
    assert (distance < 4 * same["floor_error"] + 0.005).all()
    for name in ("track_pixels", "track_score"):
        other = rows[(rows["model"] == "vqvae_pixelcnn_256") & (rows["observable"] == name)]
        assert (other["value"] > other["floor"] + 5 * other["error"]).all()


def test_direction_is_the_order_of_the_arguments(files):
    rows = rows_of([("vqvae_pixelcnn", 1, files["short"])], files["test"])
    sums = []
    for name in ("test", "short"):
        with ImageFile(files[name]) as file:
            sums.append(image_histograms(file, EVALUATION, 0, 300)["track_pixels"].sum(axis=0))
    value = rows.set_index(["observable", "direction"])["value"]
    test, short = sums
    assert value["track_pixels", "test_generated"] == pytest.approx(kl_divergence(test, short, 0.5))
    assert value["track_pixels", "generated_test"] == pytest.approx(kl_divergence(short, test, 0.5))


def test_bootstrap_error_is_the_spread_over_samples(tmp_path):
    """Against independent samples of images: 30 pairs of files' counts."""
    images, labels, _ = argon_images(1200, 3)
    path = write_labels(tmp_path / "all.h5", images, labels)
    evaluation = LArTPCEvaluation(bootstrap_repetitions=200, floor_splits=2, n=150)
    short_images, short_labels, _ = argon_images(1200, 4, 25)
    short = write_labels(tmp_path / "short.h5", short_images, short_labels)
    with ImageFile(path) as one, ImageFile(short) as two:
        parts = [
            [image_histograms(f, evaluation, k, k + 150)["track_pixels"].sum(0) for f in (one, two)]
            for k in range(0, 1200, 150)
        ]
    values = [kl_divergence(a[0], b[1], 0.5) for a in parts for b in parts]
    rows = rows_of([("vqvae_pixelcnn", 1, short)], path, evaluation).set_index(
        ["observable", "direction"]
    )
    error = rows.loc[("track_pixels", "test_generated"), "error"]
    assert error == pytest.approx(np.std(values), rel=0.5)


def test_published_numbers_stand_beside_the_snapshots_in_order(files):
    names = ["vqvae_pixelcnn-epoch20", "vqvae_pixelcnn-epoch5", "vqvae_pixelcnn",
             "vqvae_pixelcnn_256"]  # fmt: skip
    rows = rows_of([(name, 1, files["same"]) for name in names], files["test"])
    kept = rows[rows["published"].notna()]
    assert set(kept["direction"]) == {"test_generated"}
    assert kept.groupby("model")["published"].first().to_dict() == {
        "vqvae_pixelcnn-epoch5": 0.1, "vqvae_pixelcnn-epoch20": 0.2, "vqvae_pixelcnn": 0.4
    }  # fmt: skip
    assert list(dict.fromkeys(rows["model"])) == [names[1], names[0], *names[2:]]


def test_seeds_are_averaged(files):
    once = [rows_of([("vqvae_pixelcnn", 1, files[n])], files["test"]) for n in ("same", "short")]
    both = rows_of(
        [("vqvae_pixelcnn", 1, files["same"]), ("vqvae_pixelcnn", 2, files["short"])], files["test"]
    )
    values = np.stack([rows["value"] for rows in once])
    assert both["value"].to_numpy() == pytest.approx(values.mean(axis=0))
    assert both["seed_spread"].to_numpy() == pytest.approx(values.std(axis=0, ddof=1))
    assert (both["seeds"] == 2).all()


def test_reconstructions_are_compared_with_other_test_images(files):
    """An exact copy of the test images must score about the floor, not zero."""
    rows = rows_of([("reconstructed_vqvae", 1, files["test"])], files["test"])
    with ImageFile(files["test"]) as file:
        halves = [
            image_histograms(file, EVALUATION, k, k + 300)["shower_pixels"].sum(axis=0)
            for k in (0, 300)
        ]
    value = rows.set_index(["observable", "direction"])["value"]
    expected = kl_divergence(halves[0], halves[1], 0.5)
    assert value["shower_pixels", "test_generated"] == pytest.approx(expected)
    assert expected > 0


def test_files_without_labels_or_of_other_bins_are_refused(files, tmp_path):
    plain = write_plain(tmp_path / "plain.h5", argon_images(3)[0])
    with pytest.raises(DarkpixelError, match=r"plain\.h5: no column `shower_pixels`"):
        rows_of([("vqvae_pixelcnn", 1, plain)], files["test"])
    other = LArTPCEvaluation(score_bins=20)
    with pytest.raises(DarkpixelError, match=r"test\.h5: shower_scores has \(50,\) bins"):
        rows_of([("vqvae_pixelcnn", 1, files["same"])], files["test"], other)


def test_a_range_that_runs_down_is_refused():
    with pytest.raises(ValueError, match="the first must be the smaller"):
        LArTPCEvaluation(count_range=(500, 0))
