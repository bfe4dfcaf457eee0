"""Track length and width, charges and counts of labelled images; rows made from them."""

import numpy as np
import pandas as pd
import pytest
from argon_toys import argon_images, draw_line, write_labels, write_plain

from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.lartpc_observables import (
    LARTPC_OBSERVABLES,
    labelled_observables,
    track_shapes,
)
from darkpixel.metrics.lartpc_rows import (
    ablation_rows,
    lartpc_rows,
    mean_and_error,
    reference_code_rows,
    share_and_error,
)
from darkpixel.metrics.names import snapshot_epoch
from darkpixel.metrics.observables import Source
from darkpixel.metrics.order import ordered
from darkpixel.metrics.wasserstein import wasserstein
from darkpixel.tables.names import display_name

EVALUATION = LArTPCEvaluation(bootstrap_repetitions=20, floor_splits=4)


def lines(angles, length, seed=0):
    random = np.random.default_rng(seed)
    images = np.zeros((len(angles), 64, 64), np.float32)
    for image, angle in zip(images, angles, strict=True):
        direction = np.array([np.sin(angle), np.cos(angle)])
        start = 32 + random.uniform(-0.5, 0.5, 2) - direction * length / 2
        for step in np.arange(0, length, 0.02):
            row, column = start + step * direction
            image[int(row), int(column)] = 1
    return images > 0


@pytest.mark.parametrize("length", [6, 20, 45])
def test_a_lines_length_is_found_at_any_angle(length):
    angles = np.linspace(0, np.pi, 60)
    found, width = track_shapes(lines(angles, length), 0.5)
    assert found.mean() == pytest.approx(0.5 * length, abs=0.15)
    assert np.abs(found - 0.5 * length).max() < 0.71  # a pixel's diagonal
    assert width.max() < 0.25  # half a pixel


def test_width_is_the_rms_distance_from_the_axis():
    image = np.zeros((1, 64, 64), bool)
    image[0, 30:35, 10:50] = True  # 5 rows: rms sqrt(2) pixels
    length, width = track_shapes(image, 0.5)
    assert width[0] == pytest.approx(0.5 * np.sqrt(2))
    assert length[0] == pytest.approx(0.5 * 39)


def test_gaps_of_two_pixels_are_crossed_and_of_three_are_not():
    images = np.zeros((3, 64, 64), bool)
    for image, gap in zip(images, (1, 2, 3), strict=True):
        image[20, 5:25] = True
        image[20, 25 + gap : 60] = True
    length, _ = track_shapes(images, 1.0)
    assert length.tolist() == [54, 54, 31]


def test_the_largest_cluster_of_each_image_counts_and_images_do_not_touch():
    images = np.zeros((4, 64, 64), bool)
    images[0, 10, 3:13] = True
    images[0, 40, 10:40] = True
    images[1, 40, 40:60] = True  # at the end of the line in the image before
    images[2, 5, 5] = True
    length, width = track_shapes(images, 1.0)
    assert length.tolist() == [29, 19, 0, 0]
    assert width.tolist() == [0, 0, 0, 0]


def test_the_table_agrees_with_a_loop_over_images(tmp_path):
    images, labels, species = argon_images(60)
    images[5], labels[5] = 0, 0
    test = write_labels(tmp_path / "test.h5", images, labels, species)
    other, other_labels, _ = argon_images(20, seed=1)
    sample = write_labels(tmp_path / "sample.h5", other, other_labels, confidence=0.75)
    table = labelled_observables(
        [Source("vqvae_pixelcnn", 3, sample)], test, EVALUATION.low_confidence
    )
    assert table.groupby(["model", "seed"]).size().to_dict() == {
        (MONTE_CARLO, 0): 60, ("vqvae_pixelcnn", 3): 20,
    }  # fmt: skip
    own = table[table["model"] == MONTE_CARLO].reset_index()
    assert own["species"].tolist() == species.tolist()
    assert (table.loc[table["model"] == "vqvae_pixelcnn", "species"] == 0).all()
    for number in range(60):
        image, label = images[number].astype(float), labels[number]
        row = own.loc[number]
        assert row["image"] == number
        assert row["pixels"] == (image > 0.2).sum()
        assert row["charge"] == pytest.approx(0.255 * image.sum())
        assert row["track_charge"] == pytest.approx(0.255 * image[label == 2].sum())
        assert row["shower_charge"] == pytest.approx(0.255 * image[label == 1].sum())
        assert row["track_pixels"] == (label == 2).sum()
    assert own.loc[5, list(LARTPC_OBSERVABLES)].tolist() == [0] * len(LARTPC_OBSERVABLES)
    with ImageFile(sample) as file:
        scores = file.column("shower_scores")
    low = table.loc[table["model"] == "vqvae_pixelcnn", "low_confidence_shower"]
    assert low.tolist() == scores[:, 25:40].sum(axis=1).tolist()  # 0.5 to 0.8 in steps of 0.02


def test_batches_do_not_matter(tmp_path, monkeypatch):
    images, labels, species = argon_images(30)
    path = write_labels(tmp_path / "test.h5", images, labels, species)
    once = labelled_observables([], path, EVALUATION.low_confidence)
    monkeypatch.setattr("darkpixel.metrics.lartpc_observables.PIXELS_AT_ONCE", 7 * 64 * 64)
    pd.testing.assert_frame_equal(once, labelled_observables([], path, EVALUATION.low_confidence))


def test_files_that_do_not_fit_are_refused(tmp_path):
    images, labels, species = argon_images(4)
    path = write_labels(tmp_path / "test.h5", images, labels, species)
    plain = write_plain(tmp_path / "plain.h5", images)
    with pytest.raises(DarkpixelError, match=r"plain\.h5: no attribute `threshold`"):
        labelled_observables([Source("vqvae_pixelcnn", 1, plain)], path, EVALUATION.low_confidence)
    small = write_labels(tmp_path / "small.h5", images[:, :32, :32], labels[:, :32, :32])
    with pytest.raises(DarkpixelError, match=r"small\.h5: images of \(32, 32\) pixels"):
        labelled_observables([Source("vqvae_pixelcnn", 1, small)], path, EVALUATION.low_confidence)


def table_of(sources, count=240, **changes):
    """A made-up table: half of the images tracks; `changes` are added to a model's columns."""
    frames = []
    for number, (model, seed) in enumerate([(MONTE_CARLO, 0), *sources]):
        random = np.random.default_rng(number)
        track = np.arange(count) % 2 == 0
        frame = pd.DataFrame({
            "model": model, "seed": seed, "image": np.arange(count),
            "species": np.where(track, 13, 11), **dict.fromkeys(LARTPC_OBSERVABLES, 1.0),
        })  # fmt: skip
        frame["track_length"] = np.where(track, random.normal(10, 1, count), 0)
        frame["track_pixels"] = np.where(track, random.normal(40, 4, count), 1)
        frame["shower_pixels"] = np.where(track, 2, random.normal(90, 9, count))
        frame["low_confidence_shower"] = 0.1 * frame["shower_pixels"]
        for name, change in changes.get(model, {}).items():
            frame[name] += np.where(track if name.startswith("track") else ~track, change, 0)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def rows_of(table, evaluation=EVALUATION, **options):
    return lartpc_rows(
        table, dataset="lartpc", label="all", settings=evaluation, **options
    )  # fmt: skip


def test_rows_find_a_shift_in_its_group():
    table = table_of([("vqvae_pixelcnn", 1)], vqvae_pixelcnn={"track_length": -3.0})
    rows = rows_of(table, names=("track_length",)).set_index("species")
    assert rows.index.tolist() == ["all", "track-like", "shower-like", "e-", "mu-"]
    for group in ("track-like", "mu-"):
        assert rows.loc[group, "value"] == pytest.approx(3, abs=0.5)
        assert rows.loc[group, "n"] == 60
        assert rows.loc[group, "floor"] < 0.6
        difference = rows.loc[group, "mean"] - rows.loc[group, "test_mean"]
        assert difference == pytest.approx(-3, abs=0.5)
        assert rows.loc[group, "mean_error"] == pytest.approx(120**-0.5, rel=0.3)
    assert rows.loc["shower-like", "value"] == 0
    assert rows.loc["all", "value"] == pytest.approx(1.5, abs=0.4)


def test_species_only_where_the_samples_know_them():
    table = table_of([("vqvae_pixelcnn", 1)])
    table.loc[table["model"] == "vqvae_pixelcnn", "species"] = 0
    assert set(rows_of(table)["species"]) == {"all", "track-like", "shower-like"}


def test_a_group_without_images_is_a_row_without_value():
    table = table_of([("vqvae_pixelcnn", 1)])
    none = table[(table["model"] == MONTE_CARLO) | (table["track_pixels"] <= 1)]
    rows = rows_of(none, names=("track_length",)).set_index("species")
    assert rows.loc["track-like", "n"] == 0
    assert np.isnan(rows.loc["track-like", "value"])
    assert rows.loc["shower-like", "n"] == 60


def test_reconstructions_never_meet_their_own_originals():
    """Copies of the test images: W1 between the two halves, in every group, not zero."""
    table = table_of([])
    copy = table.assign(model="reconstructed_vqvae", seed=1)
    rows = rows_of(pd.concat([table, copy], ignore_index=True), names=("track_length",))
    tracks = table[table["track_pixels"] > table["shower_pixels"]]
    halves = [tracks.loc[mask, "track_length"].to_numpy()
              for mask in (tracks["image"] < 120, tracks["image"] >= 120)]  # fmt: skip
    row = rows.set_index("species").loc["track-like"]
    assert row["value"] == pytest.approx(wasserstein(*halves))
    assert row["value"] > 0
    assert row["n"] == 60


def test_errors_of_means_and_shares():
    table = table_of([("a", 1), ("a", 2)], a={"shower_pixels": 5.0})
    images = table[table["model"] == "a"]
    values = images["shower_pixels"].to_numpy()
    by_seed = images.groupby("seed")["shower_pixels"].mean()
    mean, error = mean_and_error(images, "shower_pixels")
    assert mean == pytest.approx(values.mean())
    assert error == pytest.approx(
        max(values.std(ddof=1) / len(values) ** 0.5, by_seed.std() / 2**0.5)
    )
    random = np.random.default_rng(0)
    images = images.assign(low_confidence_shower=random.poisson(5, len(images)))
    share, error = share_and_error(images, "low_confidence_shower", "shower_pixels")
    drawn = []
    for _ in range(400):
        again = images.iloc[random.integers(len(images), size=len(images))]
        drawn.append(again["low_confidence_shower"].sum() / again["shower_pixels"].sum())
    assert share == pytest.approx(np.mean(drawn), rel=0.01)
    assert error == pytest.approx(np.std(drawn), rel=0.25)


def test_a_seed_that_differs_shows_in_the_error():
    table = table_of([("a", 1), ("a", 2)])
    far = (table["model"] == "a") & (table["seed"] == 2)
    table.loc[far, "shower_pixels"] += 50
    images = table[table["model"] == "a"]
    assert mean_and_error(images, "shower_pixels")[1] == pytest.approx(25, rel=0.1)


def test_claims_are_seen_missed_or_opposite():
    change = {"track_pixels": -6.0, "shower_pixels": 0.0, "low_confidence_shower": -4.0}
    table = table_of([("vqvae_pixelcnn", 1), ("vqvae_pixelcnn_256", 1)], vqvae_pixelcnn_256=change)
    rows = ablation_rows(
        table, model="vqvae_pixelcnn", variant="vqvae_pixelcnn_256", dataset="lartpc", label="all"
    ).set_index("observable")
    assert rows.loc["track_pixels", "seen"] == "not resolved"  # the two classes scatter most
    assert rows.loc["shower_pixels", "seen"] == "not resolved"
    assert rows.loc["low_confidence_shower", "seen"] == "opposite"
    assert rows.loc["low_confidence_share", "seen"] == ""
    assert rows.loc["low_confidence_share", "sigma"] < -10
    assert rows.loc["track_pixels", "difference"] == pytest.approx(-3, abs=0.8)
    assert rows["claim"].tolist() == ["fewer", "more", "more", ""]
    more = table_of([("vqvae_pixelcnn", 1), ("b", 1)], b={"track_pixels": -30.0})
    seen = ablation_rows(more, model="vqvae_pixelcnn", variant="b", dataset="lartpc", label="all")
    assert seen.set_index("observable").loc["track_pixels", "seen"] == "yes"
    with pytest.raises(DarkpixelError, match="no images of c to compare"):
        ablation_rows(more, model="vqvae_pixelcnn", variant="c", dataset="lartpc", label="all")


def test_reference_code_rows_carry_lengths_and_likelihoods():
    models = ["vqvae_pixelcnn", "vqvae_pixelcnn_reference_code"]
    table = table_of([(m, 1) for m in models],
                     vqvae_pixelcnn_reference_code={"track_length": -4.0})  # fmt: skip
    divergences = pd.DataFrame({
        "model": models, "observable": "track_pixels", "value": [0.1, 0.3], "error": 0.01,
        "floor": 0.02, "floor_error": 0.005,
    })  # fmt: skip
    nats = pd.DataFrame(
        [
            (model, f"minus_log_p_{split}", value + k, 0.5)
            for k, model in enumerate(models)
            for split, value in (("validation", 80.0), ("test", 81.0))
        ],
        columns=["model", "quantity", "value", "error"],
    )
    rows = reference_code_rows(rows_of(table), divergences, nats, models)
    by_key = rows.set_index(["model", "quantity", "species"])
    assert by_key.loc[(models[1], "nats_test", "all"), "value"] == 82
    assert by_key.loc[(models[1], "kl_track_pixels", "all"), "reference"] == 0.02
    length = by_key.loc[(models[1], "mean_track_length", "track-like")]
    assert length["value"] == pytest.approx(length["reference"] - 4, abs=0.5)


def test_names_of_the_argon_models():
    assert display_name(MONTE_CARLO, "lartpc") == "test images"
    assert display_name("vqvae_pixelcnn_256") == "VQ-VAE + PixelCNN, 256 vectors"
    assert display_name("vqvae_pixelcnn_reference_code") == "VQ-VAE + PixelCNN, reference code"
    assert display_name("vqvae_pixelcnn_256-epoch8") == "VQ-VAE + PixelCNN, 256 vectors, epoch 8"
    assert display_name("reconstructed_vqvae_256") == "reconstructed by VQ-VAE, 256 vectors"
    assert snapshot_epoch("vqvae_pixelcnn-epoch100") == 100
    assert snapshot_epoch("vqvae_pixelcnn") is None
    names = ["monte_carlo", "vqvae", "reconstructed_vqvae", "vqvae_pixelcnn-epoch5",
             "vqvae_pixelcnn-epoch20", "vqvae_pixelcnn", "vqvae_pixelcnn_256"]  # fmt: skip
    assert ordered(names[::-1]) == names


def test_toy_lines_have_their_charge():
    image = np.zeros((64, 64), np.float32)
    draw_line(image, (32, 10), 0.0, 20, 4.0)
    assert image.sum() == pytest.approx(80)
