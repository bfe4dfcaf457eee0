"""Reconstruction errors and bits per image."""

import gzip
import math

import h5py
import numpy as np
import pytest
from autoencoder_toys import fitted_vqvae, small_images, write_argon

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.compression import COLUMNS, UNITS, compression_rows
from darkpixel.models.vqvae.codes import encode_file, reconstruct_file
from darkpixel.tables.codes import reconstruction_table

COUNT = 60


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Image file, its reconstructions and its code maps."""
    folder = tmp_path_factory.mktemp("compression")
    images = write_argon(folder / "test.h5", COUNT)
    model = fitted_vqvae(small_images(COUNT)[0])
    reconstruct_file(model, images, folder / "back.h5", digest="")
    encode_file(model, images, folder / "codes.h5", digest="")
    return images, folder / "back.h5", folder / "codes.h5"


def rows(files, **options):
    return compression_rows(*files, model="vqvae", dataset="lartpc", **options)


def found(files, species="all", **options):
    table = rows(files, **options)
    return table[table["species"] == species].set_index("quantity")


def arrays(files):
    with ImageFile(files[0]) as images, ImageFile(files[1]) as back:
        return images.read(), back.read()


def test_errors_are_those_of_the_images(files):
    before, after = arrays(files)
    got = found(files, batch=17)["value"]
    charge, other = before.sum((1, 2)), after.sum((1, 2))
    expected = {
        "squared_error": 0.255**2 * ((after - before) ** 2).mean(),
        "charge_error": (abs(other - charge) / charge).mean(),
        "charge_bias": ((other - charge) / charge).mean(),
        "pixels": (before > 0.2).sum((1, 2)).mean(),
        "missed_pixels": ((before > 0.2) & (after <= 0.2)).sum((1, 2)).mean(),
        "false_pixels": ((before <= 0.2) & (after > 0.2)).sum((1, 2)).mean(),
    }
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, rel=1e-5), name
        assert value != 0


def test_standard_errors_are_of_the_mean_over_images(files):
    before, after = arrays(files)
    squares = 0.255**2 * ((after - before) ** 2).mean((1, 2))
    got = found(files).loc["squared_error"]
    assert got["error"] == pytest.approx(squares.std(ddof=1) / math.sqrt(COUNT), rel=1e-5)
    assert got["n"] == COUNT


def test_bits_are_those_of_files_of_one_image(files):
    before, _ = arrays(files)
    with ImageFile(files[2]) as file:
        codes = file.read().astype(np.uint8)  # 24 codes fit into a byte
    counts = np.rint(before * 25.5).astype(np.uint16)
    nats = np.linspace(10, 30, COUNT)
    got = found(files, prior_nats=nats)["value"]

    def bits(images):
        return 8 * np.mean([len(gzip.compress(i.tobytes(), 9, mtime=0)) for i in images])

    assert got["code_map_bits"] == 64 * 5  # 2^5 > 24
    assert got["code_map_gzip_bits"] == bits(codes)
    assert got["image_float32_gzip_bits"] == bits(before)
    assert got["image_counts_gzip_bits"] == bits(counts)
    assert got["code_map_prior_bits"] == pytest.approx(20 / math.log(2))
    assert got["code_map_bits"] < got["image_counts_gzip_bits"] < got["image_float32_gzip_bits"]


def test_counts_can_be_had_back_from_what_is_compressed(files):
    """16 bits of 0.01 MeV hold what the simulator writes: whole counts come back exactly."""
    counts = np.arange(0, 65536, 13, dtype=np.float64)
    images = (counts * 10 / 255).astype(np.float32)
    assert np.array_equal(np.rint(images * (0.255 / 0.01)), counts)


def test_species_are_taken_apart(files):
    table = rows(files, prior_nats=np.ones(COUNT))
    species = small_images(COUNT)[2]
    sizes = {name: (species == code).sum() for code, name in
             ((11, "e-"), (13, "mu-"), (2212, "p"))}  # fmt: skip
    assert list(dict.fromkeys(table["species"])) == ["all", *sizes]
    one = table[table["quantity"] == "squared_error"].set_index("species")
    assert one["n"].to_dict() == {"all": COUNT, **sizes}
    total = sum(one["value"][name] * size for name, size in sizes.items())
    assert total / COUNT == pytest.approx(one["value"]["all"])
    assert set(table["quantity"]) == set(UNITS)
    assert list(table.columns) == COLUMNS


def test_the_rows_make_the_table(files, tmp_path):
    reconstruction_table(rows(files), tmp_path / "reconstruction")
    text = (tmp_path / "reconstruction.md").read_text()
    assert "code map bits" in text
    assert "µ⁻" in text


def changed(source, path, change):
    path.write_bytes(source.read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def test_blank_images_have_no_relative_charge_error(files, tmp_path):
    def blank(file):
        file["images"][0] = 0

    images = changed(files[0], tmp_path / "test.h5", blank)
    got = found((images, *files[1:]))
    assert got["n"]["charge_error"] == COUNT - 1
    assert np.isfinite(got["value"]["charge_error"])
    assert got["n"]["squared_error"] == COUNT


def test_files_that_do_not_belong_together_are_refused(files, tmp_path):
    other = write_argon(tmp_path / "other.h5", COUNT - 1)
    with pytest.raises(DarkpixelError, match=r"back\.h5: 60 images, but 59 in .*other\.h5"):
        rows((other, *files[1:]))
    with pytest.raises(DarkpixelError, match=r"codes\.h5: images of \(8, 8\) pixels, but \(32"):
        rows((files[0], files[2], files[2]))
    with pytest.raises(ValueError, match="expected"):
        rows(files, prior_nats=np.ones(3))


def test_pixels_that_16_bits_cannot_hold_are_refused(files, tmp_path):
    def brighten(file):
        file["images"][7, 3, 3] = 2600.0

    bright = changed(files[0], tmp_path / "test.h5", brighten)
    with pytest.raises(DarkpixelError, match=r"a pixel of 663 MeV among images 0 to 59"):
        rows((bright, *files[1:]))
