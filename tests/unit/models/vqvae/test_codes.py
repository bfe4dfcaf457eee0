"""Code maps on disk, and the entropies of independent codes."""

import h5py
import numpy as np
import pytest
import torch
from autoencoder_toys import SIDE, fitted_vqvae, small_images, toy_vqvae, write_argon
from image_files import LARTPC, write_images
from scipy.stats import entropy
from typed_models import build

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.vqvae.codes import code_statistics, encode_file, perplexity, reconstruct_file
from darkpixel.models.vqvae.model import VQVAE


@pytest.fixture(scope="module")
def model():
    return fitted_vqvae(small_images(100)[0])


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_argon(tmp_path_factory.mktemp("images") / "test.h5", 100)


def write_codes(path, codes, size, charged=None):
    """A code file of codes (N, h, w)."""
    seen = (codes > 0 if charged is None else charged).astype(np.uint8)
    about = LARTPC | {"pixel_size": 2.0, "unit": "code index", "attributes": {"codes": size}}
    return write_images(path, codes, {"charged": seen}, **about)


def values(rows):
    return rows.set_index("quantity")["value"]


def test_a_code_file_holds_the_codes_and_the_events_columns(model, source, tmp_path):
    encode_file(model, source, tmp_path / "codes.h5", digest="abc", batch=32)
    images, _, species = small_images(100)
    with ImageFile(tmp_path / "codes.h5") as file:
        codes = model.encode(torch.from_numpy(images))
        assert np.array_equal(file.read(), codes.numpy().astype(np.float32))
        assert len(codes.unique()) > 5
        assert set(file.columns) == {"event", "species", "charged"}
        assert np.array_equal(file.column("event"), 100 + np.arange(100))
        assert np.array_equal(file.column("species"), species)
        charged = model.charged_cells(torch.from_numpy(images)).numpy()
        assert np.array_equal(file.column("charged") > 0, charged)
        expected = {"codes": 24, "image_height": SIDE, "image_width": SIDE, "unit": "code index",
                    "pixel_size": 2.0, "config_digest": "abc", "split": "test", "label": "all",
                    "source": "simulate", "seed": 3}  # fmt: skip
        assert {name: file.attributes[name] for name in expected} == expected


def test_files_do_not_depend_on_the_batch(model, source, tmp_path):
    for batch in (7, 100):
        encode_file(model, source, tmp_path / f"codes{batch}.h5", digest="", batch=batch)
    assert (tmp_path / "codes7.h5").read_bytes() == (tmp_path / "codes100.h5").read_bytes()


def test_reconstructions_keep_events_and_the_unit_but_not_the_pixel_labels(model, source, tmp_path):
    reconstruct_file(model, source, tmp_path / "back.h5", digest="abc", batch=32)
    images, _, species = small_images(100)
    with ImageFile(tmp_path / "back.h5") as file:
        expected = model.reconstruct(torch.from_numpy(images)).numpy()
        np.testing.assert_allclose(file.read(), expected, rtol=1e-5, atol=1e-6)
        assert expected.max() > 0
        assert set(file.columns) == {"event", "species"}
        assert np.array_equal(file.column("species"), species)
        assert file.attributes["unit"] == "0.255 MeV"
        assert file.attributes["pixel_size"] == 0.5


@pytest.mark.parametrize("write", [encode_file, reconstruct_file])
def test_sources_that_do_not_fit_are_refused_in_one_line(write, model, source, tmp_path):
    with pytest.raises(DarkpixelError, match=r"test\.h5: images of 32x32 .* built for 64x64"):
        write(toy_vqvae((64, 64)).eval(), source, tmp_path / "out.h5", digest="")
    with h5py.File(tmp_path / "bare.h5", "w") as file:
        file["images"] = np.zeros((3, SIDE, SIDE), np.float32)
    with pytest.raises(DarkpixelError, match=r"bare\.h5: attribute dataset is missing"):
        write(model, tmp_path / "bare.h5", tmp_path / "out.h5", digest="")
    assert not (tmp_path / "out.h5").exists()


def test_perplexity_counts_equally_used_codes():
    assert perplexity(np.array([5, 0, 5, 5, 0, 5])) == pytest.approx(4)
    assert perplexity(np.array([0, 9, 0])) == pytest.approx(1)
    assert np.isnan(perplexity(np.zeros(4, np.int64)))
    counts = np.random.default_rng(0).integers(0, 50, 30)
    assert perplexity(counts) == pytest.approx(np.exp(entropy(counts)))


def test_entropies_of_independent_codes(tmp_path):
    """Codes that are drawn independently cost their entropy; a rule of the position saves it."""
    rng = np.random.default_rng(0)
    size, cells = 8, (2, 3)
    shares = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05, 0, 0])
    nats = -(shares[:6] * np.log(shares[:6])).sum() * 6
    for seed, name in enumerate(("train", "test")):
        codes = np.random.default_rng(seed).choice(size, (20_000, *cells), p=shares)
        write_codes(tmp_path / f"{name}.h5", codes, size)
    rows = code_statistics(tmp_path / "test.h5", tmp_path / "train.h5", model="m")
    found, errors = values(rows), rows.set_index("quantity")["error"]
    for name in ("independent_codes", "independent_codes_by_position"):
        assert abs(found[name] - nats) < 4 * errors[name]
    assert found["codes_used"] == 6
    assert found["perplexity"] == pytest.approx(np.exp(nats / 6), rel=0.02)

    offsets = rng.integers(0, size, cells)
    for seed, name in enumerate(("train", "test")):
        codes = np.random.default_rng(seed).choice(size, (20_000, *cells), p=shares)
        write_codes(tmp_path / f"{name}.h5", (codes + offsets) % size, size)
    rows = code_statistics(tmp_path / "test.h5", tmp_path / "train.h5", model="m")
    found, errors = values(rows), rows.set_index("quantity")["error"]
    gap = abs(found["independent_codes_by_position"] - nats)
    assert gap < 4 * errors["independent_codes_by_position"]
    assert found["independent_codes"] > nats + 1


def test_codes_never_seen_in_training_cost_a_finite_price(tmp_path):
    train = write_codes(tmp_path / "train.h5", np.zeros((98, 1, 1)), 4)
    test = write_codes(tmp_path / "test.h5", np.full((1, 1, 1), 3), 4)
    found = values(code_statistics(test, train, model="m"))
    assert found["independent_codes"] == pytest.approx(-np.log(1 / 102))
    # One cell: both models are the same but for the second smoothing.
    assert found["independent_codes_by_position"] == pytest.approx(-np.log(4 / 102 / 102))


def test_perplexity_of_charged_cells_leaves_the_empty_ones_out(tmp_path):
    codes = np.zeros((50, 4, 4), np.int64)
    codes[:, 0] = np.arange(4)
    charged = np.zeros(codes.shape, bool)
    charged[:, 0] = True
    write_codes(tmp_path / "codes.h5", codes, 9, charged)
    rows = code_statistics(tmp_path / "codes.h5", tmp_path / "codes.h5", model="vqvae")
    found = values(rows)
    assert found["perplexity_of_charged_cells"] == pytest.approx(4)
    assert 1 < found["perplexity"] < 2.5
    assert (found["codes"], found["charged_cells"]) == (9, 4)
    assert list(rows.columns) == ["model", "quantity", "unit", "value", "error"]


def test_only_code_files_of_one_autoencoder_are_compared(source, tmp_path):
    codes = np.zeros((5, 2, 2), np.int64)
    one = write_codes(tmp_path / "one.h5", codes, 4)
    other = write_codes(tmp_path / "other.h5", codes, 8)
    with pytest.raises(DarkpixelError, match=r"other\.h5: 8 codes.* 4 codes"):
        code_statistics(one, other, model="m")
    with pytest.raises(DarkpixelError, match=r"test\.h5: .*not a file of code maps"):
        code_statistics(source, one, model="m")
    wrong = write_codes(tmp_path / "wrong.h5", codes + 7, 4)
    with pytest.raises(DarkpixelError, match=r"wrong\.h5: code 7 in a codebook of 4"):
        code_statistics(one, wrong, model="m")


def test_cells_are_as_large_as_the_model_makes_them(source, tmp_path):
    keys = {"model": "vqvae", "encoder_filters": [4], "decoder_filters": [4], "codes": 8}
    model = build(VQVAE, keys, (SIDE, SIDE), seed=0).eval()
    encode_file(model, source, tmp_path / "codes.h5", digest="")
    with ImageFile(tmp_path / "codes.h5") as file:
        assert file.shape == (100, SIDE // 2, SIDE // 2)
        assert file.attributes["pixel_size"] == 1.0
