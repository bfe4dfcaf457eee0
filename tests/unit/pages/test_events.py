"""The events of the event display: what a page decodes is what the file holds."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from image_files import EXAMPLES, LARTPC, sparse_images, write_images
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.kinematics import image_observables
from darkpixel.pages.display import DataSet, Source, catalogue
from darkpixel.pages.events import (
    SSNET,
    TRUTH,
    events_script,
    in_script,
    part_of_images,
    read_part,
    write_events,
)


def unpacked(script: str) -> list[dict[str, Any]]:
    """The parts of a script, their images and labels dense again."""
    content = json.loads(script.removeprefix("darkpixel.add(").removesuffix(");\n"))
    return [{**part, "images": dense(part, array(part, "values", "<f4"))}
            for part in content["parts"]]  # fmt: skip


def array(part: dict[str, Any], name: str, kind: str) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(part[name]), kind)


def dense(part: dict[str, Any], values: NDArray[Any]) -> NDArray[Any]:
    starts = array(part, "starts", "<u4").astype(int)
    places = array(part, "places", "<u2" if part["bits"] == 16 else "<u4")
    images = np.zeros((len(starts) - 1, part["height"] * part["width"]), values.dtype)
    images[np.repeat(np.arange(len(images)), np.diff(starts)), places] = values
    return images.reshape(-1, part["height"], part["width"])


@settings(EXAMPLES, max_examples=12)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 70), st.integers(1, 5), st.integers(1, 5)),
        elements=st.floats(0, 2**100, width=32),
    ),
    st.integers(1, 80),
)
def test_pixels_survive_bit_for_bit(tmp_path: Path, images: NDArray[Any], most: int) -> None:
    path = write_images(tmp_path / "x.h5", images, dataset="own")
    (part,) = unpacked(events_script("own/monte_carlo", [read_part(path, most)]))
    np.testing.assert_array_equal(part["images"], images[:most])


def test_large_images_have_places_of_32_bits(tmp_path: Path) -> None:
    images = np.zeros((2, 300, 300), np.float32)
    images[1, 299, 298] = 3.5
    (part,) = unpacked(events_script("a/b", [part_of_images(images, {})]))
    assert part["bits"] == 32
    np.testing.assert_array_equal(part["images"], images)


def test_labels_columns_and_observables(tmp_path: Path) -> None:
    images = sparse_images(9, 8, 8, seed=3)
    truth, ssnet = ((images > cut).astype(np.uint8) * 2 for cut in (0, 4))
    columns: dict[str, NDArray[Any]] = {
        "species": np.full(9, 13, np.int32),
        "momentum": np.array([np.nan, *range(8)], np.float32),
        "pixel_labels": truth,
        "vector": np.zeros((9, 3)),
    }
    path = write_images(tmp_path / "x.h5", images, columns, **LARTPC)
    labels = write_images(tmp_path / "labels.h5", images, {"pixel_labels": ssnet}, **LARTPC)
    part = read_part(path, 7, labels=labels, threshold=0.2)
    assert part.columns["species"] == [13.0] * 7
    assert part.columns["momentum"][:3] == [None, 0.0, 1.0]
    assert {"length", "charge", "nonzero"} <= part.columns.keys()
    assert "vector" not in part.columns
    np.testing.assert_allclose(
        np.array(part.columns["charge"], float), 0.255 * images[:7].sum(axis=(1, 2)), rtol=1e-5
    )
    (packed,) = unpacked(events_script("lartpc/monte_carlo", [part]))
    for name, expected in ((TRUTH, truth), (SSNET, ssnet)):
        found = dense(packed, np.frombuffer(base64.b64decode(packed["layers"][name]), np.uint8))
        np.testing.assert_array_equal(found, expected[:7] * (images[:7] > 0))


def test_jets_have_their_pt_and_mass(tmp_path: Path) -> None:
    images = sparse_images(5, 6, 6)
    part = read_part(write_images(tmp_path / "x.h5", images), 5)
    expected = image_observables(images, 0.1)
    for name in ("pt", "mass"):
        np.testing.assert_allclose(np.array(part.columns[name], float), expected[name], rtol=1e-5)


def test_labels_of_other_images_are_refused(tmp_path: Path) -> None:
    images = sparse_images(4)
    path = write_images(tmp_path / "x.h5", images)
    marks = {"pixel_labels": np.zeros(images.shape, np.uint8)}
    for other in (images[::-1], images[:3]):
        labels = write_images(
            tmp_path / "labels.h5", other, {"pixel_labels": marks["pixel_labels"][: len(other)]}
        )
        with pytest.raises(DarkpixelError, match="labels other images than those of"):
            read_part(path, 4, labels=labels)


def test_nothing_ends_the_script_early(tmp_path: Path) -> None:
    assert "<" not in in_script({"label": "</script><!--"})
    assert json.loads(in_script({"a": "</script>"})) == {"a": "</script>"}
    part = part_of_images(sparse_images(2), {"label": "</script>"})
    write_events(tmp_path / "events/x.js", "a/b", [part])
    assert "<" not in (tmp_path / "events/x.js").read_text()


def test_one_scale_of_colours_for_simulated_and_generated(tmp_path: Path) -> None:
    """That of the simulation, of all labels: no model changes it."""
    parts = [
        part_of_images(np.full((2, 3, 3), value, np.float32), {"unit": "0.255 MeV", "label": name})
        for name, value in (("a", 0.2), ("b", 8.0))
    ]
    simulated = Source("own/monte_carlo", "simulated", "events/own.monte_carlo.js")
    (found,) = catalogue([DataSet("own", "own", parts, simulated)], "t")["datasets"]
    assert (found["low"], round(found["high"], 6)) == (pytest.approx(0.1), 8.0)
    assert (found["unit"], found["factor"]) == ("MeV", 0.255)
    assert found["labels"] == ["a", "b"]
