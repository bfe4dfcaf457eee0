"""Every kind of HDF5 file in docs/formats.md works, or is refused in one line."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from format_tables import PAGE, WORKS, page
from hdf5_cases import CASES, IMAGES, Case

from darkpixel.datasets.own_files import file_events
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.part}-{case.what}")
def test_a_file_works_or_is_refused_in_one_line(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "own.h5"
    with h5py.File(path, "w", **case.options) as file:
        case.write(file)
    if case.outcome == WORKS:
        events = file_events(path)
        blocks = list(events.blocks)
        images = np.concatenate([images for images, _ in blocks])
        assert len(images) == events.total
        assert np.isfinite(images).all()
        if images.shape == IMAGES.shape and images.any():
            np.testing.assert_allclose(images, IMAGES, atol=0.01)
        with ImageFile(path) as file:
            for name, value in case.holds.items():
                if name in file.attributes:
                    np.testing.assert_array_equal(file.attributes[name], value)
                    continue
                prepared = "source_event" if name == "event" else name  # which we number anew
                kept = np.concatenate([columns[prepared] for _, columns in blocks])
                for found in (file.column(name), kept):
                    np.testing.assert_array_equal(found, value)
        return
    with pytest.raises(DarkpixelError) as error:
        list(file_events(path).blocks)
    assert case.outcome in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_the_page_says_what_is_tested() -> None:
    assert page() == PAGE.read_text(), "run python tests/builders/format_tables.py"
