"""Images of a dense calorimeter, 40 % of the pixels lit: D+C may draw ever larger pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from image_files import write_images
from typed_models import build

from darkpixel.errors import DarkpixelError
from darkpixel.models.sample_file import write_shard
from darkpixel.models.sarm.model import SARM
from darkpixel.studies.density import bits_per_pixel
from darkpixel.training.monitors.observables import observable_monitor

LOGISTIC = {"likelihood": "truncated_logistic", "layers": 1, "units": 32, "inputs": "value"}
"""D+C of config/test.yaml."""


@pytest.fixture(scope="module")
def dense() -> Any:
    """(300, 27, 27), 20 GeV on average where there is anything."""
    rng = np.random.default_rng(0)
    lit = rng.random((300, 27, 27)) < 0.4
    return np.where(lit, rng.exponential(20, lit.shape), 0).astype(np.float32)


def untrained(dense: Any, **settings: Any) -> SARM:
    model = build(SARM, {"model": "sarm", **LOGISTIC, **settings}, (27, 27), seed=1)
    model.fit_to_data(lambda: iter([torch.from_numpy(dense)]))
    return model.eval()


def drawn(model: SARM, path: Path) -> None:
    about = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}
    write_shard(
        model, path, images=20, block_size=20, blocks=range(1), seed=1, about=about,
        source="sarm2_dc", config_digest="x",
    )  # fmt: skip


def test_pixels_that_are_not_finite_name_the_model_and_the_setting(
    tmp_path: Path, dense: Any
) -> None:
    """In the monitor of a training and in what is written; no file is left."""
    model = untrained(dense)
    monitor = observable_monitor(write_images(tmp_path / "bright.h5", dense), 20, 1)
    assert monitor is not None
    line = (
        r"^model sarm: \d+ of 20 images that it drew hold bad pixels .*: set truncate_above: true "
        r"or inputs: features in [^\n]*$"
    )
    with pytest.raises(DarkpixelError, match=line):
        monitor(model, 1)
    with pytest.raises(DarkpixelError, match=line):
        drawn(model, tmp_path / "drawn.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["bright.h5"]


@pytest.mark.parametrize(
    "settings",
    [
        {"truncate_above": True},
        {"inputs": "features"},
        {"likelihood": "discrete"},
    ],
)
def test_what_the_line_says_helps(tmp_path: Path, dense: Any, settings: dict[str, Any]) -> None:
    drawn(untrained(dense, **settings), tmp_path / "drawn.h5")


def test_a_likelihood_that_is_not_a_number_reaches_no_table(
    tmp_path: Path, dense: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = untrained(dense)
    path = write_images(tmp_path / "bright.h5", dense)
    assert bits_per_pixel(model, path, 20, path) is not None
    real = model.log_prob

    def broken(images: torch.Tensor) -> torch.Tensor:
        found = real(images)
        found[3] = torch.nan
        return found

    monkeypatch.setattr(model, "log_prob", broken)
    with pytest.raises(DarkpixelError, match="model sarm: the likelihood of 1 of 20 images is not"):
        bits_per_pixel(model, path, 20, path)
