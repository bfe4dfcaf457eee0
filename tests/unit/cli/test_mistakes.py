"""Mistakes that new users made: each is one line, and none a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from image_files import write_images
from repository import CONFIG
from sarm_toys import make_sarm

from darkpixel.cli import main
from darkpixel.models.folder import save_model

ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, a model of jets and a file of images."""
    (tmp_path / "config").symlink_to(CONFIG)
    save_model(make_sarm(6), tmp_path / "model", images=ABOUT, digest="0")
    random = np.random.default_rng(0)
    for name, label in (("x", "signal"), ("muons", "background")):
        images = random.exponential(size=(300, 6, 6))
        dataset = "muons" if name == "muons" else "jets"
        write_images(tmp_path / f"{name}.h5", images, label=label, dataset=dataset)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sample model/model.safetensors a.h5", "a file; name the folder of a model, model"),
        ("info model/model.safetensors", "a file; name the folder of a model, model"),
        ("likelihood model/model.safetensors x.h5", "a file; name the folder of a model, model"),
        ("sample model . -n 2", ".: is a folder"),
        ("simulate argon . -n 2", ".: is a folder"),
        ("likelihood model x.h5 -o .", ".: is a folder"),
        ("evaluate x.h5 muons.h5 --html .", ".: is a folder"),
        ("check x.h5", "x.h5: no configuration, which is a .yaml file; darkpixel info x.h5 says"),
        ("check nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("sample model a.h5 --label pions", "trained on the label signal alone; found 'pions'"),
        ("simulate jets a.h5 --label pions", "pions"),
        ("likelihood model x.h5 --label pions", "trained on the label signal alone"),
    ],
)
def test_a_mistake_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    assert main(words.split()) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.strip().splitlines()[-1].startswith("darkpixel: ")
    assert "Traceback" not in error
    assert not (here / "a.h5").exists()


@pytest.mark.parametrize("command", ["sample model a.h5", "label model x.h5 a.h5"])
def test_a_device_that_is_not_here(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main([*command.split(), "--device", "cuda"]) == 1
    assert "--device: cuda is not available" in capsys.readouterr().err


def test_showers_of_an_unknown_shape_are_shown_once_it_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File("showers.h5", "w") as file:
        file["showers"], file["incident_energies"] = np.ones((3, 12)), np.ones((3, 1))
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    for more in ([], ["--browser"]):
        assert main(["show", "showers.h5", *more]) == 1
        assert "say with --shape" in capsys.readouterr().err
        assert main(["show", "showers.h5", "--shape", "3x4", *more]) == 0
    assert {path.name for path in here.glob("showers.*")} == {
        "showers.h5", "showers.png", "showers.html",
    }  # fmt: skip


def test_images_of_another_data_set_are_warned_of(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "x.h5", "muons.h5", "-n", "150"]) == 0
    assert "dataset 'muons', that of the reference is 'jets'" in capsys.readouterr().err
    np.save("mine.npy", np.random.default_rng(1).exponential(size=(300, 6, 6)))
    assert main(["evaluate", "x.h5", "mine.npy", "-n", "150"]) == 0
    said = "mine.npy: no unit; taken to be that of the reference, GeV"
    assert said in capsys.readouterr().err
    assert main(["likelihood", "model", "muons.h5"]) == 0
    assert "images of 'muons', but model was trained on 'jets'" in capsys.readouterr().err


def test_a_reader_of_show_that_has_seen_enough(here: Path) -> None:
    """As `darkpixel show x.h5 | head -0`: what is written when nobody reads any more."""
    command = [sys.executable, "-m", "darkpixel.cli", "show", "x.h5"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MPLBACKEND": "Agg"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert (here / "x.png").exists()


def overlay(folder: Path, images: int) -> str:
    path = folder / "mine.yaml"
    path.write_text(
        "run: mine\n"
        "datasets:\n"
        f"  jets: {{source: file, file: {{hot: x.h5}}, models: [sarm2_dd],\n"
        f"    images: {{train: {images}, validation: 20, test: 20}}}}\n"
        "  muons: null\n"
        "  lartpc: null\n"
        "  lartpc_vertex: null\n"
    )
    return str(path)


def test_check_takes_an_overlay_alone_or_with_its_base(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = overlay(here, 100)
    for words in (["check", mine], ["check", "config/config.yaml", mine]):
        assert main(words) == 0
        out = capsys.readouterr().out
        assert "run 'mine': jets (config/config.yaml < " in out
        assert "datasets.jets.file.hot: x.h5, 300 images, 140 needed" in out


def test_check_says_that_images_are_too_few_or_not_there(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = overlay(here, 1000)
    assert main(["check", mine]) == 1
    assert "x.h5 holds 300 images, 1040 are needed" in capsys.readouterr().err
    (here / "x.h5").unlink()
    assert main(["check", mine]) == 1
    assert "datasets.jets.file.hot: no file x.h5; correct the path" in capsys.readouterr().err


def test_completion_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--print-completion", "bash"])
    assert caught.value.code == 0
    script = capsys.readouterr().out
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--species" in script
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = capsys.readouterr().out
    commands = [line.split()[0] for line in listed.splitlines() if line.startswith("    ")]
    commands = [word for word in commands if word.isalpha()]
    assert {"check", "evaluate", "sample", "simulate", "plan", "likelihood"} <= set(commands)
    for name in ("check", "doctor", "evaluate", "export", "info", "init", "label", "likelihood",
                 "plan", "sample", "show", "simulate"):  # fmt: skip
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert f"examples:\n  darkpixel {name}" in capsys.readouterr().out


def test_a_part_that_is_not_installed_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `pip install .`, without Pythia."""
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    assert main(["simulate", "jets", "a.h5", "-n", "2", "--cores", "1"]) == 1
    error = capsys.readouterr().err
    assert "simulation needs pythia8mc, which cannot be imported" in error
    assert not (here / "a.h5").exists()
