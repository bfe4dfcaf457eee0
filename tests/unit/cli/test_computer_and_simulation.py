"""The commands that need no file: `darkpixel simulate` and `darkpixel doctor`."""

import subprocess
import sys

import numpy as np
import pytest
from image_files import write_images
from repository import CONFIG
from sarm_toys import make_sarm

from darkpixel.cli import doctor, main
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.folder import save_model


def test_simulate_of_one_species_at_one_momentum(tmp_path, capsys):
    path = str(tmp_path / "muons.h5")
    words = ["-n", "10", "--species", "mu-", "--momentum", "500", "--cores", "1"]
    assert main(["simulate", "argon", path, *words]) == 0
    assert "10 simulated images" in capsys.readouterr().out
    with ImageFile(path) as file:
        assert set(file.column("species")) == {13}
        assert set(file.column("momentum")) == {500.0}
        plain = file.read()
    # The test configuration has crops of 32 pixels.
    files = [str(CONFIG / "config.yaml"), str(CONFIG / "test.yaml")]
    assert main(["simulate", "argon", path, *words, "--configfile", *files]) == 0
    assert "in place of the file that was there" in capsys.readouterr().out
    with ImageFile(path) as file:
        assert file.shape[1:] == (32, 32)
    assert plain.shape[1:] == (64, 64)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--species", "muon"], "found 'muon'; give a PDG code, or one of e- (11)"),
        (["--momentum", "fast"], "found 'fast'; give MeV/c"),
        (["--momentum", "800:300"], "found '800:300'; above 0, and the lower one first"),
        (["--momentum", "nan"], "found 'nan'; above 0"),
    ],
)
def test_simulate_refuses_what_it_does_not_know(tmp_path, capsys, words, message):
    with pytest.raises(SystemExit):
        main(["simulate", "argon", str(tmp_path / "x.h5"), *words])
    assert message in capsys.readouterr().err


def test_doctor(tmp_path, capsys, monkeypatch):
    for name in ("_LEAST_DISK", "_LEAST_MEMORY"):  # whatever computer the tests run on
        monkeypatch.setattr(doctor, name, 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["doctor", "--configfile", str(CONFIG / "config.yaml")]) == 0
    out = capsys.readouterr().out
    assert "BAD" not in out
    for word in ("Python 3.", "torch 2.", "cores; GPU", "disk: ", "Slurm: ", "run 'demo'"):
        assert word in out
    bad = tmp_path / "bad.yaml"
    bad.write_text("run: x\nseeed: 1\n")
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nothing")
    assert main(["doctor", "--configfile", str(CONFIG / "config.yaml"), str(bad)]) == 1
    out, error = capsys.readouterr()
    assert "BAD  cache: /proc/nothing" in out
    assert "did you mean 'seed'" in out
    assert "2 of these will go wrong" in error


CHILD = """
import sys
for name in ("snakemake", "pythia8mc", "fastjet"):
    sys.modules[name] = None
from darkpixel.cli import doctor, main
doctor._LEAST_DISK = doctor._LEAST_MEMORY = 0
for words in (
    "info test.h5", "sample model made.h5 -n 8 --cores 1", "evaluate test.h5 made.h5", "doctor",
):
    print(words, "gives", main(words.split()))
"""


def test_the_library_alone(tmp_path):
    """As `pip install .` leaves it, without the extras: nothing that needs none of them goes wrong.

    In a process of its own, since libraries that were imported before stay.
    """
    about = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}
    save_model(make_sarm(6), tmp_path / "model", images=about, digest="0")
    images = np.random.default_rng(0).exponential(size=(16, 6, 6))
    write_images(tmp_path / "test.h5", images)
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    assert [line.split(" gives ")[1] for line in lines if " gives " in line] == ["0"] * 4, done
    assert not any(line.startswith("BAD") for line in lines)
    for name, extra in (("pythia8mc", "simulation"), ("snakemake", "workflow")):
        (line,) = (line for line in lines if f" {name}: not here" in line)
        assert f"pip install '.[{extra}]'" in line


def test_a_broken_extra_is_bad(monkeypatch):
    def broken(name):
        raise ImportError(f"lib{name}.so: wrong version")

    monkeypatch.setattr("importlib.import_module", broken)
    assert not doctor._part("fastjet", "finds jets").good
