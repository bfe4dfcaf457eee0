"""docs/formats.md names what files of ours hold."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from image_files import write_images
from repository import DOCS
from sarm_toys import make_sarm

from darkpixel.formats.image_format import ATTRIBUTES
from darkpixel.metrics.comparison import COLUMNS
from darkpixel.models.folder import save_model

TEXT = (DOCS / "formats.md").read_text(encoding="utf-8").partition("## What darkpixel writes")[2]


def test_every_attribute_of_an_image_file_is_named(tmp_path: Path) -> None:
    with h5py.File(write_images(tmp_path / "x.h5", np.ones((2, 3, 3)))) as file:
        for name in {*file.attrs, *ATTRIBUTES}:
            assert f"`{name}`" in TEXT, name


@pytest.mark.parametrize("column", [*COLUMNS, "converged", "verdict"])
def test_every_column_of_a_table_is_named(column: str) -> None:
    assert f"`{column}`" in TEXT


def test_every_key_of_a_models_settings_file_is_named(tmp_path: Path) -> None:
    save_model(make_sarm(6), tmp_path, images={"unit": "GeV"}, digest="0")
    for key in yaml.safe_load((tmp_path / "config.yaml").read_text()):
        assert f"`{key}`" in TEXT, key
