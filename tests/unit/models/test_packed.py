"""A model in one file: the same model, and nothing of it is trusted."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from sarm_toys import make_sarm

import darkpixel
from darkpixel.cli import main
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.folder import save_model
from darkpixel.models.packed import model_folder, pack_model, packed_texts

ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(make_sarm(6), tmp_path / "model", images=ABOUT, digest="0")
    pack_model(tmp_path / "model", tmp_path / "x.safetensors", "# A card")
    return tmp_path / "model"


def test_packed_and_unpacked_give_the_same_images(folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "x.safetensors"
    one, two = darkpixel.load(folder), darkpixel.load(packed)
    images = one.sample(20, seed=3, cores=1)
    np.testing.assert_array_equal(images, two.sample(20, seed=3, cores=1))
    np.testing.assert_array_equal(one.log_density(images), two.log_density(images))
    assert (one.settings, one.about) == (two.settings, two.about)
    # The file alone, wherever it is.
    moved = packed.rename(tmp_path / "elsewhere.safetensors")
    for model, name in ((folder, "a.h5"), (moved, "b.h5")):
        words = ["sample", str(model), str(tmp_path / name), "-n", "20", "--seed", "3"]
        assert main([*words, "--cores", "1"]) == 0
        with ImageFile(tmp_path / name) as file:
            np.testing.assert_array_equal(file.read(), images)


def test_the_card_is_in_the_file(folder: Path, tmp_path: Path, capsys: Any) -> None:
    texts = packed_texts(tmp_path / "x.safetensors")
    assert texts["card"] == "# A card"
    assert texts["config"] == (folder / "config.yaml").read_text()
    assert main(["info", str(tmp_path / "x.safetensors")]) == 0
    out = capsys.readouterr().out
    assert "x.safetensors: a model 'sarm' of 6 x 6 pixels" in out
    assert "# A card" in out


def test_other_files_are_no_models(folder: Path, tmp_path: Path) -> None:
    weights, other = folder / "model.safetensors", tmp_path / "other.safetensors"
    with pytest.raises(DarkpixelError, match=rf"a file; name the folder of a model, {folder} \("):
        darkpixel.load(weights)
    pickled = io.BytesIO()
    torch.save({"a": torch.ones(1)}, pickled)
    other.write_bytes(pickled.getvalue())
    with pytest.raises(DarkpixelError, match="or a packed model, a safetensors file"):
        darkpixel.load(other)
    safetensors.torch.save_file({"a": torch.ones(1)}, other, {"darkpixel_model": "9"})
    with pytest.raises(DarkpixelError, match="packed in version 9"):
        darkpixel.load(other)


def test_a_bad_configuration_in_the_file_is_refused_by_its_name(
    folder: Path, tmp_path: Path
) -> None:
    """Settings come from the file; what they cannot name is a path, or code."""
    state = safetensors.torch.load_file(folder / "model.safetensors")
    path = tmp_path / "bad.safetensors"
    text = "model: {model: '../../etc/passwd'}\nimage_size: [6, 6]\n"
    safetensors.torch.save_file(state, path, {"darkpixel_model": "1", "config": text})
    with pytest.raises(DarkpixelError, match=r"bad\.safetensors/config\.yaml: "):
        darkpixel.load(path)
    text = "!!python/object/apply:os.system ['true']"
    safetensors.torch.save_file(state, path, {"darkpixel_model": "1", "config": text})
    with pytest.raises(DarkpixelError, match="not readable as YAML"):
        darkpixel.load(path)


def test_the_temporary_folder_goes(tmp_path: Path, folder: Path) -> None:
    with model_folder(tmp_path / "x.safetensors") as unpacked:
        assert sorted(path.name for path in unpacked.iterdir()) == [
            "config.yaml", "model.safetensors",
        ]  # fmt: skip
    assert not unpacked.exists()
    assert (tmp_path / "x.safetensors").exists()
