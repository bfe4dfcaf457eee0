"""The liquid-argon tables as files."""

import numpy as np
import pandas as pd
import pytest
from repository import PUBLISHED

from darkpixel.metrics.divergence import DIRECTIONS, QUANTITIES
from darkpixel.metrics.published import load_published
from darkpixel.tables.codes import codebook_table, reconstruction_table
from darkpixel.tables.divergence import divergence_table
from darkpixel.tables.lartpc import (
    ablation_table,
    observables_table,
    pixelcnn_parameters_table,
    reference_code_table,
    shapes_table,
    vqvae_parameters_table,
)


def lines_of(stem):
    """Markdown lines by their first cell; every line of the table has as many cells."""
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in stem.with_suffix(".md").read_text().splitlines()
        if line.startswith("|")
    ]
    assert len({len(line) for line in lines}) == 1
    assert stem.with_suffix(".csv").exists()
    return {line[0]: line[1:] for line in lines}


def test_settings_stand_beside_the_papers(tmp_path):
    configs = {
        "vqvae": {
            "model": {"codes": 512, "dimension": 8, "encoder_filters": [16, 32],
                      "decoder_filters": [32, 16]},
            "training": {"batch_size": 128}, "parameters": {"dense": 30_101, "free": 30_101},
        }
    }  # fmt: skip
    stem = tmp_path / "table2_vqvae_parameters"
    published = load_published(PUBLISHED, "lartpc", stem.name)
    vqvae_parameters_table(configs, stem, published)
    lines = lines_of(stem)
    assert lines["VQ-VAE"] == ["512", "8", "[16, 32]", "[32, 16]", "128", "30,101"]
    assert lines["*published*"] == ["512", "8", "[16, 32]", "[32, 16]", "512", "–"]
    back = pd.read_csv(stem.with_suffix(".csv")).set_index("quantity")
    assert back.loc["batch_size", ["value", "published"]].tolist() == ["128", "512"]

    configs = {
        name: {"model": {"blocks": 3, "filters": filters}, "training": {"batch_size": 64},
               "parameters": {"dense": 1_940_000, "free": 1_940_000}}
        for name, filters in (("vqvae_pixelcnn", 32), ("vqvae_pixelcnn_256", 64))
    }  # fmt: skip
    stem = tmp_path / "table3_pixelcnn_parameters"
    pixelcnn_parameters_table(configs, stem, load_published(PUBLISHED, "lartpc", stem.name))
    lines = lines_of(stem)
    assert lines["VQ-VAE + PixelCNN"] == ["3", "32", "64", "1.94M"]
    assert lines["VQ-VAE + PixelCNN, 256 vectors"][1] == "64"
    assert lines["*published*"] == ["6", "128", "512", "–"]


def divergences():
    rows = [
        {
            "model": model, "dataset": "lartpc", "label": "all", "observable": name,
            "value": 0.2 + 0.1 * k, "error": 0.013, "floor": 0.011, "floor_error": 0.002, "n": 500,
            "seeds": 1, "direction": direction,
            "published": 0.36 if direction == "generated_test" and k else np.nan,
        }
        for k, model in enumerate(["reconstructed_vqvae", "vqvae_pixelcnn-epoch5"])
        for name in QUANTITIES
        for direction in DIRECTIONS
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_both_directions_are_in_table_4_the_configured_first(tmp_path):
    divergence_table(divergences(), tmp_path / "table4", direction="generated_test")
    text = (tmp_path / "table4.md").read_text()
    assert text.index("KL(generated ‖ test)") < text.index("KL(test ‖ generated)")
    assert text.count("0.300 ± 0.013 (0.36)") == 4
    assert text.count("VQ-VAE + PixelCNN, epoch 5") == 2
    assert text.count("*noise floor*") == 2
    assert text.count("0.0110 ± 0.0020") == 8
    assert "reconstructed by VQ-VAE" in text
    lines_of(tmp_path / "table4")


def test_claims_are_written_with_their_answers(tmp_path):
    shared = {"model": "vqvae_pixelcnn_256", "compared_with": "vqvae_pixelcnn", "seeds": 1, "n": 9}
    row = {"value": 20.0, "error": 1.0, "model_value": 24.0, "model_error": 1.0,
           "test_value": 25.0, "test_error": 1.0, "difference": -4.0, "difference_error": 1.4,
           "sigma": -2.8}  # fmt: skip
    share = {name: value / 100 if name != "sigma" else value for name, value in row.items()}
    rows = pd.DataFrame([
        {**shared, "observable": "track_pixels", "claim": "fewer", "seen": "yes", **row},
        {**shared, "observable": "low_confidence_share", "claim": "", "seen": "", **share},
    ])  # fmt: skip
    ablation_table(rows, tmp_path / "ablation")
    lines = lines_of(tmp_path / "ablation")
    assert lines["track pixels"] == [
        "20.0 ± 1.0", "24.0 ± 1.0", "25.0 ± 1.0", "-4.0 ± 1.4", "-2.8", "fewer", "yes"
    ]  # fmt: skip
    share_line = lines["low-confidence share of shower pixels, %"]
    assert share_line[0] == "20.0 ± 1.0"
    assert share_line[-2:] == ["–", "–"]


def test_observables_by_group_with_floor(tmp_path):
    rows = pd.DataFrame([
        {"model": "vqvae_pixelcnn", "observable": name, "species": group, "value": value,
         "error": 0.1, "floor": 0.5, "floor_error": 0.1, "n": n}
        for group, n, value in (("all", 100, 2.0), ("pi+", 0, np.nan))
        for name in ("track_length", "shower_charge")
    ])  # fmt: skip
    observables_table(rows, tmp_path / "observables")
    text = (tmp_path / "observables.md").read_text()
    assert "| track length, cm | shower charge, MeV |" in " ".join(text.split())
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert ["VQ-VAE + PixelCNN", "all", "2.00 ± 0.10", "2.00 ± 0.10", "100"] in found
    assert ["VQ-VAE + PixelCNN", "π⁺", "–", "–", "0"] in found
    assert ["*noise floor*", "all", "0.50 ± 0.10", "0.50 ± 0.10", "100"] in found
    lines_of(tmp_path / "observables")


def test_shapes_of_too_few_images_are_dashes_and_n_is_a_range(tmp_path):
    rows = pd.DataFrame([
        {"model": "vqvae_pixelcnn", "observable": name, "species": group, "value": 2.0,
         "error": 0.1, "floor": 0.5, "floor_error": 0.1, "n": n}
        for group, numbers in (("all", (100, 40)), ("p", (30, 5)))
        for name, n in zip(("length", "opening_angle"), numbers, strict=True)
    ])  # fmt: skip
    shapes_table(rows, tmp_path / "shapes")
    text = (tmp_path / "shapes.md").read_text()
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert ["model", "images", "length, cm", "opening angle, °", "n"] in found
    assert ["VQ-VAE + PixelCNN", "all", "2.00 ± 0.10", "2.00 ± 0.10", "40–100"] in found
    assert ["VQ-VAE + PixelCNN", "p", "2.00 ± 0.10", "–", "5–30"] in found
    assert ["*noise floor*", "p", "0.50 ± 0.10", "–", "5–30"] in found
    assert pd.read_csv(tmp_path / "shapes.csv")["value"].tolist() == [2.0] * 4
    lines_of(tmp_path / "shapes")


def test_reference_code_beside_correct_masks(tmp_path):
    models = ["vqvae_pixelcnn", "vqvae_pixelcnn_reference_code"]
    columns = ["model", "quantity", "species", "unit", "value", "error", "reference",
               "reference_error"]  # fmt: skip
    rows = [
        (models[0], "nats_test", "all", "nats", 80.0, 0.5, np.nan, np.nan),
        (models[1], "nats_test", "all", "nats", 95.0, 0.5, np.nan, np.nan),
        (models[0], "mean_track_length", "track-like", "cm", 9.0, 0.3, 10.0, 0.4),
        (models[1], "mean_track_length", "track-like", "cm", 6.0, 0.3, 10.0, 0.4),
        (models[0], "kl_track_pixels", "all", "nats", 0.2, 0.01, 0.02, 0.01),
    ]
    reference_code_table(pd.DataFrame(rows, columns=columns), tmp_path / "reference")
    lines = lines_of(tmp_path / "reference")
    assert lines["-log p of codes test, nats"] == ["80.00 ± 0.50", "95.00 ± 0.50", "–"]
    length = lines["mean track length, track-like images, cm"]
    assert length[0] == "9.00 ± 0.30 (-1.00 ± 0.50 to test, -2.0 σ)"
    assert "-8.0 σ" in length[1]
    assert length[2] == "10.00 ± 0.40"
    assert lines["KL track pixels, nats"][1] == "–"


def test_reconstruction_and_codebook(tmp_path):
    rows = pd.DataFrame([
        ("vqvae", "all", "squared_error", "MeV²", 0.02, 0.001),
        ("vqvae", "e-", "squared_error", "MeV²", 0.03, 0.001),
        ("vqvae", "all", "code_map_bits", "bits", 2304.0, 0.0),
    ], columns=["model", "species", "quantity", "unit", "value", "error"])  # fmt: skip
    reconstruction_table(rows, tmp_path / "reconstruction")
    lines = lines_of(tmp_path / "reconstruction")
    assert lines["quantity"] == ["model", "all", "e⁻"]
    assert lines["squared error, MeV²"] == ["VQ-VAE", "0.0200 ± 0.0010", "0.0300 ± 0.0010"]
    assert lines["code map bits, bits"] == ["VQ-VAE", "2304.00", "–"]
    rows = pd.DataFrame([
        ("vqvae", "codes_used", "", 401.0, np.nan),
        ("vqvae", "independent_codes", "nats per map", 140.0, 1.2),
        ("vqvae_pixelcnn", "pixelcnn", "nats per map", 90.0, 1.1),
    ], columns=["model", "quantity", "unit", "value", "error"])  # fmt: skip
    codebook_table(rows, tmp_path / "codebook")
    lines = lines_of(tmp_path / "codebook")
    assert lines["codes used"] == ["401", "–"]
    assert lines["pixelcnn, nats per map"] == ["–", "90.0 ± 1.1"]


def test_a_missing_published_entry_is_a_dash(tmp_path):
    configs = {"vqvae": {"model": {"codes": 4}, "parameters": {"dense": 10}}}
    vqvae_parameters_table(configs, tmp_path / "table2", {})
    assert lines_of(tmp_path / "table2")["*published*"] == ["–"] * 6


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_rows_keep_all_digits(tmp_path, direction):
    rows = divergences()
    divergence_table(rows, tmp_path / "table4", direction=direction)
    back = pd.read_csv(tmp_path / "table4.csv", dtype=str)
    assert [float(text) for text in back["value"]] == rows["value"].tolist()
