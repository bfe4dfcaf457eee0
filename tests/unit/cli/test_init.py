"""`darkpixel init`: an overlay that can be run as it is."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from image_files import write_images
from repository import CONFIG

from darkpixel.cli import main
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.formats.image_file import ImageFile


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configuration and two files of images."""
    (tmp_path / "config").symlink_to(CONFIG)
    for name, count in (("w", 500), ("it's q", 400)):
        images = np.random.default_rng(count).exponential(size=(count, 8, 8)).astype(np.float32)
        write_images(tmp_path / f"{name}.h5", images)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_overlay_fits_the_files(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["signal=w.h5", "background=it's q.h5", "--models", "sarm2_dd"]
    assert main(["init", "mine.yaml", *words]) == 0
    files = ["config/config.yaml", "mine.yaml"]
    run = load_run(read_yaml(*files), files)
    assert run.run == "mine"
    assert list(run.datasets.present()) == ["jets"]
    jets = run.datasets.jets
    assert jets is not None
    assert jets.file == {"signal": "w.h5", "background": "it's q.h5"}
    assert jets.images.total == 400
    assert jets.images.test == 80
    assert jets.models == ["sarm2_dd"]
    assert (checkout / "mine.yaml").read_text() in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["signal=w.h5", "--models", "sarm2"], "mine.yaml: datasets.jets.models.0: unknown model"),
        (["signal=w.h5", "signal=w.h5"], "label 'signal' is given twice"),
        (["signal=nowhere.h5"], "nowhere.h5"),
        (["signal=few.h5"], "few.h5: 50 images in all; 100 of each label or more"),
        (
            ["signal=w.h5", "background=large.h5"],
            "large.h5: images of 9 x 9 pixels, those of w.h5 have 8 x 8",
        ),
    ],
)
def test_what_cannot_be_run_is_not_written(
    checkout: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    write_images(checkout / "few.h5", np.ones((50, 8, 8), np.float32))
    write_images(checkout / "large.h5", np.ones((200, 9, 9), np.float32))
    assert main(["init", "mine.yaml", *words]) == 1
    assert message in capsys.readouterr().err
    assert not (checkout / "mine.yaml").exists()


def test_nothing_is_replaced(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "mine.yaml").write_text("run: precious")
    assert main(["init", "mine.yaml", "signal=w.h5"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (checkout / "mine.yaml").read_text() == "run: precious"
    with pytest.raises(SystemExit):
        main(["init", "other.yaml", "w.h5"])
    assert "give LABEL=FILE" in capsys.readouterr().err


def arrays() -> np.ndarray:
    """Images as a file of another program has them: (N, 1, H, W), as float64."""
    images = np.random.default_rng(3).exponential(size=(150, 8, 8)).astype(np.float32)
    np.save("e.npy", images[:, None].astype(np.float64))
    np.savez("g.npz", images=images, energy=np.arange(150), names=np.full(150, "x"), event=[1, 2])
    with h5py.File("p.hdf5", "w") as file:
        file["showers"], file["incident_energies"] = images.reshape(150, 64), np.ones((150, 1))
    np.save("wide.npy", np.ones((150, 8, 9)))
    with h5py.File("jets.hdf5", "w") as file:  # of JetNet
        file["particle_features"] = np.ones((150, 30, 3))
    return images


def test_arrays_and_showers_become_image_files(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pixels, unit, columns; and the overlay names what was written."""
    images = arrays()
    words = ["e=e.npy", "22=g.npz", "p=p.hdf5", "--unit", "MeV", "--pixel-size", "0.1"]
    assert main(["init", "mine.yaml", *words, "--shape", "8x8"]) == 0
    files = ["config/config.yaml", "mine.yaml"]
    jets = load_run(read_yaml(*files), files).datasets.jets
    assert jets is not None
    assert jets.file == {"e": "mine_e.h5", "22": "mine_22.h5", "p": "mine_p.h5"}
    out = capsys.readouterr().out
    assert "# mine_22.h5: written, the images as HDF5, without the arrays names, event" in out
    expected = {"e": (), "22": ("energy",), "p": ("incident_energy",)}
    for label, columns in expected.items():
        with ImageFile(f"mine_{label}.h5") as made:
            np.testing.assert_array_equal(made.read(), images)
            assert made.columns == columns
            assert made.attributes["unit"] == "MeV"
            assert made.attributes["pixel_size"] == 0.1
    with ImageFile("mine_22.h5") as made:
        np.testing.assert_array_equal(made.column("energy"), np.arange(150))


def test_the_overlay_as_json(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrays()
    assert main(["init", "mine.yaml", "a=g.npz", *UNIT, *SIZE, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == "mine.yaml"
    assert found["configuration"] == yaml.safe_load(Path("mine.yaml").read_text())
    assert found["written"] == [{"file": "mine_a.h5", "left_out": ["names", "event"]}]


SIZE, UNIT = ["--pixel-size", "0.1"], ["--unit", "GeV"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["e=e.npy", *SIZE], "e.npy: does not say in which unit its pixels are; give --unit"),
        (["e=e.npy", *UNIT], "e.npy: does not say how large a pixel is, in eta and phi; give --p"),
        (["e=e.npy"], "in eta and phi, nor in which unit its pixels are; give --pixel-size 0.1 --"),
        (["e=e.npy", *SIZE, "--unit", "gev"], "to 'GeV'; did you mean 'GeV'? (energies can"),
        (["e=e.npy", "w=w.h5"], "e.npy: does not say how large a pixel is, w.h5 says 0.1, nor in"),
        (["w=w.h5", "--pixel-size", "0.2"], "w.h5: says that its pixels have 0.1, not 0.2; leave"),
        (["w=w.h5", "--unit", "MeV"], "--unit MeV, but the file's attribute unit is GeV"),
        (["e=e.npy", *SIZE, "--unit", "ADC"], "e.npy: unit is 'ADC', which cannot be"),
        (["p=p.hdf5", *SIZE], "p.hdf5: showers of shape (150, 64); say with --shape"),
        (["p=p.hdf5", *SIZE, "--shape", "4x16"], "p.hdf5: images of 4 x 16 pixels; square ones"),
        (["j=jets.hdf5", *SIZE], "jets.hdf5: pT in units of the jet's, which is no energy"),
        (["e=wide.npy", *SIZE, *UNIT], "wide.npy: images of 8 x 9 pixels; square ones are needed"),
        (["e=e.npy", *SIZE, *UNIT, "--models", "sarm2"], "datasets.jets.models.0: unknown model"),
        (["joint=e.npy", *SIZE, *UNIT], "label 'joint' is taken"),
        (["a/b=e.npy", *SIZE, *UNIT], "datasets.jets.file: label 'a/b' has '/'"),
        (["e=e.npy", *SIZE, *UNIT, "--run", "a b"], "mine.yaml: run"),
        (["all=e.npy", "--dataset", "lartpc", "--unit", "ADC"], "cannot be converted to '0.255"),
    ],
)
def test_arrays_that_cannot_be_run_leave_no_file(
    checkout: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    arrays()
    before = sorted(checkout.iterdir())
    assert main(["init", "mine.yaml", *words]) == 1
    assert message in capsys.readouterr().err
    assert sorted(checkout.iterdir()) == before


def test_argon_of_a_small_size_is_its_own_crop(checkout: Path) -> None:
    arrays()
    words = ["all=e.npy", "--dataset", "lartpc", "--pixel-size", "0.3", "--unit", "keV"]
    assert main(["init", "mine.yaml", *words]) == 0
    files = ["config/config.yaml", "mine.yaml"]
    argon = load_run(read_yaml(*files), files).datasets.lartpc
    assert argon is not None
    assert (argon.imaging.pixels, argon.images.total) == (8, 150)
    with h5py.File("plain.h5", "w") as file:
        file["images"] = np.ones((150, 8, 8), np.float32)
    words = ["all=plain.h5", "--dataset", "lartpc", "--pixel-size", "0.3"]
    assert main(["init", "plain.yaml", *words]) == 0
    files[1] = "plain.yaml"
    argon = load_run(read_yaml(*files), files).datasets.lartpc
    assert argon is not None
    assert argon.simulation.pixel_size == 0.3


def test_the_overlay_comes_first(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "w=w.h5"]) == 1
    assert "an overlay ends in .yaml, and comes first" in capsys.readouterr().err


def test_it_asks(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not given, again where an answer makes no sense."""
    arrays()
    answers = iter(
        ["e", "e=nowhere.npy", "e=e.npy", "e=e.npy", "", "photons", "", "sarm2_dd, sarm1_dd",
         "wide", "0", "0.1", ""]
    )  # fmt: skip
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert main(["init", "mine.yaml"]) == 0
    files = ["config/config.yaml", "mine.yaml"]
    jets = load_run(read_yaml(*files), files).datasets.jets
    assert jets is not None
    assert (jets.file, jets.models) == ({"e": "mine_e.h5"}, ["sarm2_dd", "sarm1_dd"])
    with ImageFile("mine_e.h5") as made:
        assert (made.attributes["unit"], made.attributes["pixel_size"]) == ("GeV", 0.1)
    assert next(answers, None) is None


def test_leaving_writes_nothing(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", leave)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert main(["init", "mine.yaml"]) == 1
    assert "nothing was written" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert main(["init", "mine.yaml"]) == 1
    assert "no files; name them as LABEL=FILE" in capsys.readouterr().err
