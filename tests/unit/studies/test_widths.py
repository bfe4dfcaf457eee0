"""Speed and memory by width of the upsampling layer: the rows, the memory meter, the figure."""

import mmap
import sys

import numpy as np
import pytest
import torch
from image_files import write_images
from matplotlib.image import imread
from sarm_toys import toy_images

from darkpixel.config.search import Widths
from darkpixel.figures.sarm.widths import width_study
from darkpixel.studies import widths as module
from darkpixel.studies.speed import Rate
from darkpixel.studies.widths import COLUMNS, PeakMemory, width_rows

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Rows with speeds that are counted calls instead of times, the calls, the share of zeros."""
    pixels = toy_images(200, 12)
    pixels[0] = 0  # a blank image
    folder = tmp_path_factory.mktemp("widths")
    path = write_images(folder / "train.h5", pixels.numpy(), pixel_size=0.2)
    calls = []

    def rate(draw, batches, seconds, clock):
        (batch,) = batches
        draw(batch)
        calls.append((batch, seconds))
        return Rate(100.0, 1.0, 3, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "sampling_rate", rate)
        rows = width_rows(
            {"model": "sarm", "layers": 1, "units": 16, "power": 1.0}, path,
            Widths(widths=[8, 2], batch=1000, seconds=0.5), device=CPU, threads=1,
            hardware="a machine",
        )  # fmt: skip
    return rows, calls, float((pixels == 0).double().mean())


def test_every_width_is_measured_and_grows(study):
    rows, calls, zeros = study
    assert list(rows.columns) == COLUMNS
    table = rows.pivot(index="width", columns="observable", values="value")
    assert table.index.tolist() == [2, 8]
    for counted in ("parameters_dense", "parameters_free"):
        assert table[counted].is_monotonic_increasing
    # Untrained, but as sparse as the images, on which the speed depends.
    assert table["zero_fraction"].to_numpy() == pytest.approx([zeros, zeros], abs=0.05)
    assert set(rows["n"]) == {200}  # no more than the file has
    assert calls == [(200, 0.5)] * 4
    assert rows["hardware"].unique().tolist() == ["a machine"]


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is measured on Linux")
def test_memory_of_one_call_without_that_of_others():
    size = 64_000_000

    def take():
        with mmap.mmap(-1, size) as block:
            block[:] = b"x" * size

    memory = PeakMemory(CPU)
    assert memory.of(take) == pytest.approx(2 * size / 1e6, rel=0.1)  # the bytes and their copy
    assert memory.of(lambda: None) < 10  # the peak of the call before is forgotten
    held = np.ones(size // 8)
    assert memory.of(lambda: None) == pytest.approx(held.nbytes / 1e6, rel=0.2)


def test_figure_is_written_the_same_each_time_and_without_memory(study, tmp_path):
    rows = study[0].copy()
    width_study(rows, tmp_path / "a")
    width_study(rows, tmp_path / "b")
    for suffix in ("png", "pdf"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    unknown = rows["observable"].str.endswith("_memory")
    rows.loc[unknown, "value"] = np.nan
    width_study(rows, tmp_path / "c")
    assert imread(tmp_path / "c.png").shape[1] < 0.7 * imread(tmp_path / "a.png").shape[1]


def test_widths_need_two():
    with pytest.raises(ValueError, match="at least 2"):
        Widths(widths=[10])
