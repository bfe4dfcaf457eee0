"""Bad input ends in one clear line: no traceback, nothing half-written."""

import os
import shutil
import subprocess

import h5py
import numpy as np
import pytest
import yaml

EVENTS = "results/test/events/jets/signal/chunk0.h5"
TRAIN = "results/test/data/jets/signal/train.h5"


def our_line(done):
    """The one line of darkpixel's in Snakemake's output."""
    assert done.returncode != 0
    assert "Traceback" not in done.stdout, done.stdout
    lines = [line for line in done.stdout.splitlines() if line.startswith("darkpixel: ")]
    assert len(lines) == 1, done.stdout[-3000:]
    return lines[0]


def own_file(project, name):
    """Point the jet images of the test configuration, of both labels, to a user's own file."""
    project.edit(
        "config/test.yaml",
        "  jets:\n",
        f"  jets:\n    source: file\n    file: {{signal: {name}, background: {name}}}\n",
    )
    return project.folder / name


def files_under(folder):
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_wrong_key(project):
    project.edit("config/test.yaml", "run: test", "run: test\nsede: 3")
    line = our_line(project.run())
    assert "config/test.yaml: sede: unknown key 'sede'; did you mean 'seed'?" in line
    assert not (project.folder / "results").exists()


def test_missing_file(project):
    own_file(project, "nowhere.h5")
    assert "datasets.jets.file.signal: no file nowhere.h5" in our_line(project.run())
    assert not (project.folder / "results").exists()


def test_corrupt_hdf5(project):
    path = own_file(project, "mine.h5")
    with h5py.File(path, "w") as file:
        file["images"] = np.ones((400, 12, 12), np.float32)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    line = our_line(project.run(TRAIN))
    assert "mine.h5" in line
    assert files_under(project.folder / "results/test/data") == []


def test_bad_pixels(project):
    path = own_file(project, "mine.h5")
    images = np.ones((400, 12, 12), np.float32)
    images[17, 3, 3] = np.nan
    with h5py.File(path, "w") as file:
        file["images"] = images
    line = our_line(project.run(TRAIN))
    assert "mine.h5: images[17] holds the pixel value nan" in line
    assert files_under(project.folder / "results/test/data") == []


def test_own_file_runs(project):
    path = own_file(project, "mine.h5")
    with h5py.File(path, "w") as file:
        file["images"] = np.random.default_rng(1).exponential(size=(400, 12, 12))
    done = project.run(TRAIN)
    assert done.returncode == 0, done.stdout[-3000:]
    with h5py.File(project.folder / TRAIN) as file:
        assert file["images"].shape == (160, 12, 12)
        assert len(set(file["event"][:])) == 160


def test_absent_pythia(project):
    fake = project.folder / "fake"
    fake.mkdir()
    (fake / "pythia8mc.py").write_text("raise ImportError('no module named pythia8mc')")
    line = our_line(project.run(EVENTS, PYTHONPATH=str(fake)))
    assert "pythia8mc" in line
    assert "pip install" in line
    assert files_under(project.folder / "results/test/events") == []


@pytest.fixture
def small_disk(project):
    """36 kB for the results: too little for the events, enough for a log."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small tmpfs needs root")
    folder = project.folder / "results"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=36k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this machine does not allow mounts")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(project, small_disk):
    line = our_line(project.run(EVENTS))
    assert "disk full" in line
    assert files_under(small_disk / "test/events") == []


def test_unknown_download(project):
    project.edit(
        "config/test.yaml", "  jets:\n", "  jets:\n    source: download\n    download: lagan_jet\n"
    )
    line = our_line(project.run())
    assert "no entry 'lagan_jet'; did you mean 'lagan_jets'?" in line


def test_labels_of_ones_own(project):
    """A user's labels need not be signal and background, nor all letters."""
    path = own_file(project, "mine.h5")
    project.edit("config/test.yaml", "signal: mine.h5", "W+jets: mine.h5")
    project.edit("config/test.yaml", "background: mine.h5", "é.e+e-: mine.h5")
    for key in ("layers", "filters"):  # the searches, which are of the label signal
        old = f"{{space: {{{key}"
        project.edit("config/test.yaml", old, old.replace("{space", "{label: W+jets, space"))
    images = np.random.default_rng(1).exponential(size=(400, 12, 12))
    with h5py.File(path, "w") as file:
        file["images"] = images
    done = project.run("-n", "all")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "label=W+jets" in done.stdout
    joint = "results/test/data/jets/joint/train.h5"
    done = project.run(joint)
    assert done.returncode == 0, done.stdout[-3000:]
    with h5py.File(project.folder / joint) as file:
        assert file.attrs["classes"] == "W+jets,é.e+e-"


def own_argon_file(project, name, model="vqvae_pixelcnn"):
    """Point the single-particle images of the test configuration to a user's own file."""
    path = project.folder / "config/test.yaml"
    config = yaml.safe_load(path.read_text())
    own = {"source": "file", "file": {"all": name}, "models": [model]}
    config["datasets"]["lartpc"] |= own
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return project.folder / name


ARGON = "results/test/data/lartpc/all/test.h5"


def test_own_argon_images_are_taken_as_they_are(project):
    images = np.random.default_rng(1).gamma(2.0, size=(160, 32, 32)).astype(np.float32)
    with h5py.File(own_argon_file(project, "mine.h5"), "w") as file:
        file["images"] = images
    done = project.run(ARGON)
    assert done.returncode == 0, done.stdout[-3000:]
    with h5py.File(project.folder / ARGON) as file:
        assert (file["images"][:] == images[file["event"][:]]).all()


def test_a_model_told_what_own_images_do_not_have(project):
    own_argon_file(project, "mine.h5", "vqvae_pixelcnn_species").touch()
    line = our_line(project.run(ARGON))
    assert (
        "config/test.yaml: datasets.lartpc.models.0: 'vqvae_pixelcnn_species' is conditioned "
        in line
    )
    assert "add it to datasets.lartpc.columns if your files have such a column" in line
    assert not (project.folder / "results").exists()


def test_a_root_file_that_is_none(project):
    own_argon_file(project, "mine.root").write_bytes(b"not ROOT at all" * 100)
    line = our_line(project.run(ARGON))
    assert "mine.root" in line
    assert files_under(project.folder / "results/test/data") == []


def test_judge_whose_folder_is_not_there(project):
    project.edit("config/test.yaml", "  ssnet:\n", "  ssnet:\n    weights: nowhere\n")
    assert "judges.ssnet.weights: no file nowhere/model.safetensors" in our_line(project.run())
