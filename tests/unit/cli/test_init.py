"""`darkpixel init`: an overlay that can be run as it is."""

from pathlib import Path

import h5py
import numpy as np
import pytest
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
        (["signal=few.h5"], "few.h5: 50 images; 100 of each label or more"),
        (
            ["signal=w.h5", "background=large.h5"],
            "w.h5: images of 8 x 8 pixels, but those of large.h5 have 9 x 9",
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


def test_arrays_and_showers_become_image_files(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pixels, unit, energies; and the overlay names what was written."""
    images = np.random.default_rng(3).exponential(size=(150, 8, 8)).astype(np.float32)
    np.save("e.npy", images)
    with h5py.File("p.hdf5", "w") as file:
        file["showers"], file["incident_energies"] = images.reshape(150, 64), np.ones((150, 1))
    words = ["e=e.npy", "p=p.hdf5", "--unit", "MeV", "--pixel-size", "0.1", "--shape", "8x8"]
    assert main(["init", "mine.yaml", *words]) == 0
    files = ["config/config.yaml", "mine.yaml"]
    jets = load_run(read_yaml(*files), files).datasets.jets
    assert jets is not None
    assert jets.file == {"e": "mine_e.h5", "p": "mine_p.h5"}
    assert "# mine_e.h5: written" in capsys.readouterr().out
    for name, columns in (("mine_e.h5", ()), ("mine_p.h5", ("incident_energy",))):
        with ImageFile(name) as made:
            np.testing.assert_array_equal(made.read(), images)
            assert made.columns == columns
            assert made.attributes["unit"] == "MeV"
            assert made.attributes["pixel_size"] == 0.1
    assert main(["init", "other.yaml", *words[1:4], "--pixel-size", "0.1"]) == 1
    assert "p.hdf5: showers of shape (150, 64); say with --shape" in capsys.readouterr().err
    assert main(["init", "other.yaml", "p=mine_p.h5", "--unit", "GeV"]) == 1
    assert "--unit GeV, but the file's attribute unit is MeV" in capsys.readouterr().err
    assert main(["init", "mine_2.yaml", "p=p.hdf5", "--shape", "4x16"]) == 1
    assert "mine_2_p.h5" in capsys.readouterr().err
    assert not list(Path().glob("mine_2*")) + list(Path().glob("other*"))


def test_it_asks(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not given, again where an answer makes no sense."""
    answers = iter(
        ["w", "w=nowhere.h5", "w=w.h5", "", "photons", "", "sarm2_dd sarm1_dd", "wide", ""]
    )
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert main(["init", "mine.yaml"]) == 0
    files = ["config/config.yaml", "mine.yaml"]
    jets = load_run(read_yaml(*files), files).datasets.jets
    assert jets is not None
    assert (jets.file, jets.models) == ({"w": "w.h5"}, ["sarm2_dd", "sarm1_dd"])
    assert next(answers, None) is None


def test_without_a_terminal_it_does_not_ask(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert main(["init", "mine.yaml"]) == 1
    assert "no files; name them as LABEL=FILE" in capsys.readouterr().err
