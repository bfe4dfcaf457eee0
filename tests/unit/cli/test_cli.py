"""The command `darkpixel`."""

import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
import torch
from image_files import write_images
from repository import CONFIG

from darkpixel.cli import main
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.build import build_model
from darkpixel.models.folder import save_model

ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


def write_random(path, count=60, seed=1):
    images = np.random.default_rng(seed).exponential(size=(count, 6, 6)).astype(np.float32)
    return str(write_images(path, images))


@pytest.fixture
def folder(tmp_path):
    model = build_model({"model": "sarm", "layers": 1, "units": 16}, (6, 6), seed=1)
    model.fit_to_data(lambda: iter([torch.rand(64, 6, 6) * 9]))
    save_model(model, tmp_path / "model", images=ABOUT, digest="0")
    return str(tmp_path / "model")


def test_check(capsys):
    assert main(["check", str(CONFIG / "config.yaml")]) == 0
    assert "run 'demo': jets" in capsys.readouterr().out


def test_sample_then_evaluate_then_info(folder, tmp_path, capsys):
    made = str(tmp_path / "made.h5")
    assert main(["sample", folder, made, "-n", "40", "--seed", "3"]) == 0
    with ImageFile(made) as file:
        assert file.shape == (40, 6, 6)
        assert file.attributes["pixel_size"] == 0.1
    assert main(["evaluate", write_random(tmp_path / "test.h5"), made]) == 0
    out = capsys.readouterr().out
    assert "W1 of pT, GeV" in out
    assert "perfect" in out
    assert "AUC, real or generated" in out
    assert main(["info", made]) == 0
    assert "40 images of 6 x 6 pixels" in capsys.readouterr().out


def test_a_model_of_one_label_draws_no_other(folder, tmp_path, capsys):
    made = tmp_path / "made.h5"
    assert main(["sample", folder, str(made), "-n", "4", "--label", "background"]) == 1
    assert "trained on the label signal alone; found 'background'" in capsys.readouterr().err
    assert not made.exists()
    words = ["sample", folder, str(made), "-n", "4", "--label", "signal"]
    assert main(words) == 0
    assert "made.h5: 4 images of signal" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(made), "images": 4, "label": "signal", "model": folder, "seed": 1,
        "replaced": True,
    }  # fmt: skip


def test_samples_replace_files_only(folder, tmp_path, capsys):
    """A link is followed; a pipe, a folder or a device stays what it is."""
    pipe, link, far = (tmp_path / name for name in ("pipe.h5", "link.h5", "far.h5"))
    os.mkfifo(pipe)
    link.symlink_to(far)
    for path, kind in ((pipe, "a pipe"), (tmp_path, "a folder")):
        assert main(["sample", folder, str(path), "-n", "1"]) == 1
        error = capsys.readouterr().err
        assert f"{path}: is {kind}" in error
        assert error.count("\n") == 1
    assert pipe.is_fifo()
    assert main(["sample", folder, str(link), "-n", "3"]) == 0
    assert link.is_symlink()
    with ImageFile(far) as file:
        assert len(file) == 3


@pytest.fixture
def conditioned(tmp_path):
    """A PixelCNN that knows electrons and protons, untrained."""
    encoder = {"model": "vqvae", "codes": 8, "dimension": 4}
    keys = {"model": "vqvae_pixelcnn", "filters": 4, "blocks": 1, "condition": "species"}
    settings = {**keys, "species": [11, 2212], "autoencoder": encoder}
    model = build_model(settings, (8, 8), seed=1)
    about = {"dataset": "lartpc", "label": "all", "pixel_size": 0.5, "unit": "0.255 MeV"}
    save_model(model, tmp_path / "pixelcnn", images=about, digest="0")
    return str(tmp_path / "pixelcnn")


def species_of(path):
    with ImageFile(path) as file:
        return file.column("species").tolist()


def test_sample_of_one_species_or_of_a_file_of_species(conditioned, tmp_path):
    made, rows = str(tmp_path / "made.h5"), tmp_path / "rows.csv"
    assert main(["sample", conditioned, made, "-n", "3", "--species", "2212"]) == 0
    assert species_of(made) == [2212] * 3
    assert main(["sample", conditioned, made, "-n", "2", "--condition", "species=11"]) == 0
    assert species_of(made) == [11, 11]
    rows.write_text("species\n11\n2212\n2212\n")
    assert main(["sample", conditioned, made, "--conditions", str(rows)]) == 0
    assert species_of(made) == [11, 2212, 2212]
    again = str(tmp_path / "again.h5")
    assert main(["sample", conditioned, again, "--conditions", made]) == 0
    with ImageFile(made) as one, ImageFile(again) as two:
        assert np.array_equal(one.read(), two.read())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--species", "13"], "'species': 13 is not among 11, 2212"),
        (["--momentum", "500"], "'momentum': the model takes species"),
        (["--condition", "species"], "found 'species'; give NAME=VALUE"),
        (["--condition", "species=e"], "found 'species=e'; give NAME=VALUE"),
        (["--species", "11", "--condition", "species=11"], "'species' is given twice"),
        (["--conditions", "nowhere.csv"], "nowhere.csv: no such file"),
        (["--conditions", "{rows}", "-n", "5"], "2 rows, but 5 images are asked for"),
        (["--conditions", "{rows}", "--species", "11"], "given on the command line too"),
    ],
)
def test_bad_conditions_are_one_line(conditioned, tmp_path, capsys, arguments, words):
    rows = tmp_path / "rows.csv"
    rows.write_text("species\n11\n2212\n")
    made = tmp_path / "made.h5"
    arguments = [word.format(rows=rows) for word in arguments]
    assert main(["sample", conditioned, str(made), *arguments]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not made.exists()


def test_an_unconditioned_model_takes_no_conditions(folder, tmp_path, capsys):
    made = tmp_path / "made.h5"
    assert main(["sample", folder, str(made), "-n", "4", "--species", "13"]) == 1
    assert "condition 'species': the model takes none" in capsys.readouterr().err


def test_an_overlay_without_its_base_is_no_configuration(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    overlay = tmp_path / "my.yaml"
    overlay.write_text("run: mine")
    assert main(["check", str(overlay)]) == 1
    error = capsys.readouterr().err
    assert "call `darkpixel check` in the checkout" in error
    assert f"darkpixel check BASE {overlay}" in error


def distances(out):
    """W1 of each observable, its error and its floor, as `darkpixel evaluate` prints them."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in out.splitlines()]
    found = {}
    for cells in lines:
        if cells and cells[0].startswith("W1 of "):
            value, error = map(float, (*cells[1].split("±"), "0")[:2])
            floor = float(cells[2].split("±")[0])
            found[cells[0].removeprefix("W1 of ").split(",")[0]] = value, error, floor
    assert found
    return found


def test_the_order_of_a_file_is_no_difference(tmp_path, capsys):
    """One set, sorted and shuffled: no distance within error and floor, and none to itself."""
    images = np.random.default_rng(0).exponential(size=(1000, 6, 6)).astype(np.float32)
    by_sum = np.argsort(images.sum((1, 2)))
    shuffled = str(write_images(tmp_path / "shuffled.h5", images))
    ordered = str(write_images(tmp_path / "sorted.h5", images[by_sum]))
    for first, second in ((shuffled, ordered), (ordered, shuffled)):
        assert main(["evaluate", second, first]) == 0
        for value, error, floor in distances(capsys.readouterr().out).values():
            assert value <= floor + 4 * error
    # Half of the images are brighter: the order must not hide a difference, either.
    brighter = images * np.where(np.arange(1000) % 2, 1, 1.5)[:, None, None]
    other = str(write_images(tmp_path / "other.h5", brighter[np.argsort(brighter.sum((1, 2)))]))
    assert main(["evaluate", ordered, other]) == 0
    value, error, floor = distances(capsys.readouterr().out)["pT"]
    assert value > floor + 4 * error
    assert main(["evaluate", ordered, ordered]) == 0
    assert {value for value, _, _ in distances(capsys.readouterr().out).values()} == {0}


def test_the_order_of_a_file_leaves_no_mark_on_auc_and_fpd(tmp_path, capsys):
    """Two sets of the same kind, each sorted or shuffled: no network tells them apart."""
    paths = {}
    for seed, name in enumerate(("reference", "generated")):
        images = np.random.default_rng(seed).exponential(size=(600, 6, 6)).astype(np.float32)
        for order, chosen in (
            ("shuffled", images),
            ("sorted", images[images.sum((1, 2)).argsort()]),
        ):
            paths[name, order] = str(write_images(tmp_path / f"{name}_{order}.h5", chosen))
    for first, second in (("sorted", "shuffled"), ("shuffled", "sorted"), ("sorted", "sorted")):
        pair = paths["reference", first], paths["generated", second]
        assert main(["evaluate", *pair, "--json"]) == 0
        rows = {row["observable"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
        auc, fpd, kpd = (rows[name] for name in ("auc", "fpd", "kpd"))
        assert abs(auc["value"] - 0.5) < 4 * auc["error"] < 0.2
        for row in (fpd, kpd):
            assert abs(row["value"] - row["floor"]) < 4 * row["error"], row


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        ("unit", "ADC", "other.h5: unit is 'ADC', which cannot be converted to 'GeV'"),
        ("pixel_size", 0.2, "other.h5: pixels of 0.2, those of the reference have 0.1"),
    ],
)
def test_files_of_two_scales_are_not_compared(tmp_path, capsys, attribute, value, words):
    other, test = (write_random(tmp_path / name) for name in ("other.h5", "test.h5"))
    with h5py.File(other, "a") as file:
        file.attrs[attribute] = value
    assert main(["evaluate", test, other]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(("unit", "code"), [("GeV", 0), ("MeV", 1), ("0.255 MeV", 1)])
def test_a_unit_that_only_one_file_states(tmp_path, capsys, unit, code):
    """GeV is what images of jets are in by themselves; any other unit must be stated by both."""
    stated, silent = (write_random(tmp_path / name) for name in ("stated.h5", "silent.h5"))
    with h5py.File(stated, "a") as file:
        file.attrs["unit"] = unit
    with h5py.File(silent, "w") as file:
        file["images"], file.attrs["pixel_size"] = np.ones((20, 6, 6)), 0.1
    for pair in ((stated, silent), (silent, stated)):
        assert main(["evaluate", *pair]) == code
        error = capsys.readouterr().err
        said = f"silent.h5: does not say in which unit its pixels are, but {stated} has '{unit}'"
        assert code == 0 or said in error


def test_energies_are_compared_in_the_reference_s_unit(tmp_path, capsys):
    one, other = (write_random(tmp_path / name) for name in ("one.h5", "other.h5"))
    with h5py.File(other, "a") as file:
        file["images"][:] *= 1000
        file.attrs["unit"] = "MeV"
    assert main(["evaluate", one, other]) == 0
    assert distances(capsys.readouterr().out)["pT"][0] == pytest.approx(0, abs=1e-3)
    assert main(["evaluate", other, one]) == 0
    out = capsys.readouterr().out
    assert "pT, MeV" in out
    assert distances(out)["pT"][0] == pytest.approx(0, abs=1)


def test_a_reference_of_one_image_is_one_line(tmp_path, capsys):
    one = write_random(tmp_path / "one.h5", 1)
    assert main(["evaluate", one, one]) == 1
    assert f"{one}: 1 image; a reference needs 2 or more" in capsys.readouterr().err


def test_images_without_angles_have_no_mass(tmp_path, capsys):
    names = [write_random(tmp_path / name) for name in ("made.h5", "test.h5")]
    for name in names:
        with h5py.File(name, "a") as file:
            file.attrs["pixel_size"], file.attrs["unit"] = 1.5, "0.255 MeV"
    assert main(["evaluate", *names]) == 0
    out = capsys.readouterr().out
    assert "mass" not in out
    assert "0.255 MeV" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sample", "{model}", "a.txt"], "found 'a.txt'; HDF5 and NumPy arrays are written"),
        (["sample", "{model}", "a.h5", "--seed", str(10**20)], "found 100000000000000000000; must"),
        (
            ["label", "{model}", "in.h5", "a.h5", "--threshold", "nan"],
            "found nan; must be a finite",
        ),
        (["label", "{model}", "in.h5", "a.h5", "--threshold", "-1"], "found -1; must be a finite"),
        (["label", "{model}", "in.h5", "labels.csv"], "found 'labels.csv'; HDF5 is written"),
    ],
)
def test_arguments_out_of_range_are_refused(folder, capsys, arguments, words):
    with pytest.raises(SystemExit) as caught:
        main([word.format(model=folder) for word in arguments])
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_a_file_of_weights_is_no_model(folder, tmp_path, capsys):
    weights = f"{folder}/model.safetensors"
    assert main(["sample", weights, str(tmp_path / "a.h5")]) == 1
    error = capsys.readouterr().err
    assert f"{weights}: a file; name the folder of a model" in error
    assert error.count("\n") == 1


def test_a_file_that_is_replaced_is_said(folder, tmp_path, capsys):
    for words in (
        "4 images of signal\n",
        "4 images of signal (in place of the file that was there)",
    ):
        assert main(["sample", folder, str(tmp_path / "a.h5"), "-n", "4"]) == 0
        assert words in capsys.readouterr().out


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    """As `darkpixel show images.h5 | head -1`."""
    images = write_random(tmp_path / "images.h5")
    command = [sys.executable, "-m", "darkpixel.cli", "info", images]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["check", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["show", "nowhere.h5"], "nowhere.h5"),
        (["sample", "nowhere", "out.h5"], "nowhere: no such folder; a model folder holds"),
        (["label", "nowhere", "in.h5", "out.h5"], "nowhere: no such folder; a model folder holds"),
    ],
)
def test_bad_input_is_one_line(arguments, expected, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1


def test_a_name_that_ends_in_npy_gives_an_array(folder, tmp_path, capsys):
    words = ["-n", "30", "--cores", "1"]
    assert main(["sample", folder, str(tmp_path / "x.h5"), *words]) == 0
    assert main(["sample", folder, str(tmp_path / "x.npy"), *words]) == 0
    with ImageFile(tmp_path / "x.h5") as file:
        np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), file.read())
    capsys.readouterr()
    muons = str(tmp_path / "muons.npy")
    assert main(["simulate", "argon", muons, "-n", "3", "--species", "13", "--cores", "1"]) == 0
    assert "without the columns" in capsys.readouterr().err
    assert np.load(muons).shape == (3, 64, 64)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"model", "x.h5", "x.npy", "muons.npy"}
    with pytest.raises(SystemExit):
        main(["sample", folder, str(tmp_path / "x.txt")])
    assert "end it in .h5, .hdf5 or .npy" in capsys.readouterr().err


def test_info_of_a_model_and_of_other_files(folder, tmp_path, capsys):
    assert main(["info", folder]) == 0
    out = capsys.readouterr().out
    assert "a model 'sarm' of 6 x 6 pixels" in out
    assert "settings.units: 16" in out
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["some/numbers"], file.attrs["format"] = np.ones((2, 3)), "mine"
    assert main(["info", str(tmp_path / "other.h5")]) == 0
    out = capsys.readouterr().out
    assert "format: mine" in out
    assert "some/numbers (2, 3) float64" in out
    np.save(tmp_path / "x.npy", np.eye(4)[None])
    assert main(["info", str(tmp_path / "x.npy"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["holds"] == "1 images of 4 x 4 pixels"
    assert (found["zero_fraction"], found["largest"]) == (0.75, 1)
    assert main(["info", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["units"] == 16


def test_show_draws_images(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images = write_random(tmp_path / "images.h5")
    assert main(["show", images, "-n", "7"]) == 0
    assert capsys.readouterr().out == "images.png\n"
    assert (tmp_path / "images.png").read_bytes().startswith(b"\x89PNG")
    assert main(["show", images, "-n", "7"]) == 0
    assert capsys.readouterr().out == "images.png (in place of the file that was there)\n"
    np.save(tmp_path / "x.npy", np.zeros((3, 5, 9)))
    assert main(["show", "x.npy", "-o", "x.pdf"]) == 0
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "images.h5", "images.png", "x.npy", "x.pdf",
    ]  # fmt: skip
