"""LArCV files: orientation, units, labels, bounded memory, and one line for every fault."""

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from format_tables import WORKS
from larcv_cases import CASES, Case
from larcv_files import (
    PIXELS,
    Trees,
    classification,
    image_tree,
    particle_tree,
    random_projections,
    segmentation,
    write_trees,
)
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats import larcv
from darkpixel.formats.initial_state import DIRECTION
from darkpixel.formats.larcv import PLANES, larcv_events

REAL = os.environ.get("DARKPIXEL_LARCV_FILE")


def read(path: Path | str, plane: str = "zx") -> tuple[NDArray[np.float32], dict[str, Any]]:
    """All events of one file at once."""
    blocks = list(larcv_events([path], plane))
    names = blocks[0][1].keys()
    columns = {name: np.concatenate([columns[name] for _, columns in blocks]) for name in names}
    return np.concatenate([images for images, _ in blocks]), columns


@pytest.mark.parametrize("plane", PLANES)
def test_rows_are_the_second_axis_of_the_plane(tmp_path: Path, plane: str) -> None:
    """A pixel of plane p at (column, row) comes from the flat index column * 256 + row."""
    flat = [np.zeros(PIXELS * PIXELS, np.float32) for _ in PLANES]
    for index, values in enumerate(flat):
        values[(10 + index) * PIXELS + 200] = 5.0 + index
    trees = classification(1)
    trees["image2d_data_tree"] = image_tree([[values.reshape(PIXELS, PIXELS) for values in flat]])
    images, _ = read(write_trees(tmp_path / "a.root", trees), plane)
    index = PLANES.index(plane)
    assert np.argwhere(images).tolist() == [[0, 200, 10 + index]]
    assert images.max() == 5 + index


def test_classification_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(larcv, "_STEP", 3)
    trees = classification(7)
    images, columns = read(write_trees(tmp_path / "a.root", trees))
    expected = np.stack([event[2].T for event in random_projections(7)])
    np.testing.assert_array_equal(images, expected)
    assert images.dtype == np.float32
    assert set(columns) == {"event", "species", "momentum", *DIRECTION}
    np.testing.assert_array_equal(columns["event"], np.arange(7))
    particles = trees["particle_mctruth_tree"]
    np.testing.assert_array_equal(columns["species"], np.concatenate(particles["_part_v._pdg"]))
    momentum = [np.concatenate(particles[f"_part_v._p{axis}"]) for axis in "xyz"]
    np.testing.assert_allclose(columns["momentum"], np.linalg.norm(momentum, axis=0), rtol=1e-6)
    kinds = {name: str(values.dtype) for name, values in columns.items()}
    numbers = dict.fromkeys(("momentum", *DIRECTION), "float32")
    assert kinds == {"event": "int64", "species": "int32", **numbers}
    # zx: rows are x and columns z.
    for name, values in zip(DIRECTION, (momentum[0], momentum[2], momentum[1]), strict=True):
        np.testing.assert_allclose(columns[name] * columns["momentum"], values, rtol=1e-5)


def with_places(trees: Trees, vertex: NDArray[np.float64]) -> Trees:
    """Trees with start points (N, 3), cm, in images that begin at (10, 20, 30), 0.5 cm a pixel."""
    low, letters = dict(zip("xyz", (10.0, 20.0, 30.0), strict=True)), "xyz"
    count = len(vertex)
    for axis, letter in enumerate(letters):
        places = [np.array([value]) for value in vertex[:, axis]]
        trees["particle_mctruth_tree"][f"_part_v._vtx._{letter}"] = places
    for axis, name in enumerate("xy"):
        begin = np.array([low[plane[axis]] for plane in PLANES])
        trees["image2d_data_tree"][f"_image_v._meta._p1.{name}"] = [begin] * count
        trees["image2d_data_tree"][f"_image_v._meta._p2.{name}"] = [begin + 128.0] * count
    return trees


def test_start_points_are_pixels_of_the_plane(tmp_path: Path) -> None:
    vertex = np.array([[10.25, 20.25, 30.25], [15.0, 40.0, 80.0]])
    path = write_trees(tmp_path / "a.root", with_places(classification(2), vertex))
    for plane, rows, cut in (("xy", 1, 0), ("yz", 2, 1), ("zx", 0, 2)):
        _, columns = read(path, plane)
        expected = (vertex - [10, 20, 30]) * 2 - 0.5
        np.testing.assert_allclose(columns["start_row"], expected[:, rows], atol=1e-5)
        np.testing.assert_allclose(columns["start_column"], expected[:, cut], atol=1e-5)
        assert columns["start_row"][0] == columns["start_column"][0] == 0


@pytest.mark.parametrize(
    ("tree", "branch", "words"),
    [
        ("particle_mctruth_tree", "_part_v._vtx._x", "event 1 has no finite start point"),
        ("image2d_data_tree", "_image_v._meta._p2.y", "plane zx, reaches from 10 to"),
    ],
)
def test_bad_places_are_one_line(tmp_path: Path, tree: str, branch: str, words: str) -> None:
    trees = with_places(classification(2), np.full((2, 3), 50.0))
    trees[tree][branch][1] = trees[tree][branch][1] * (np.nan if "vtx" in branch else -1)
    with pytest.raises(DarkpixelError, match=words):
        read(write_trees(tmp_path / "a.root", trees))


def test_files_with_and_without_start_points_do_not_mix(tmp_path: Path) -> None:
    paths = [
        write_trees(tmp_path / "a.root", classification(1)),
        write_trees(tmp_path / "b.root", with_places(classification(1), np.full((1, 3), 50.0))),
    ]
    with pytest.raises(DarkpixelError, match="nor files with and without start points"):
        list(larcv_events(paths, "zx"))


@pytest.mark.parametrize("mass", [0.0, 0.511, 938.272])
@pytest.mark.parametrize("unit", [1.0, 1000.0], ids=["MeV", "GeV"])
def test_momenta_in_either_unit(tmp_path: Path, mass: float, unit: float) -> None:
    """The energy, which is in GeV, settles the unit: no momentum exceeds it."""
    momentum = np.array([[35.0, 0, 0], [0, 800, 0]])
    energy = np.hypot(np.linalg.norm(momentum, axis=1), mass) / 1000
    trees = classification(2)
    trees["particle_mctruth_tree"] = particle_tree([[22], [22]], momentum / unit, energy)
    _, columns = read(write_trees(tmp_path / "a.root", trees))
    np.testing.assert_allclose(columns["momentum"], [35, 800], rtol=1e-6)


def test_segmentation_file(tmp_path: Path) -> None:
    trees = segmentation(5)
    path = write_trees(tmp_path / "a.root", trees)
    for plane in ("xy", "zx"):
        images, columns = read(path, plane)
        labels = columns["pixel_labels"]
        assert labels.dtype == np.uint8
        assert not labels[images == 0].any()
        assert set(np.unique(labels[images > 0])) == {1, 2}
        start = 6 + PLANES.index(plane) * (4 + 4 * PIXELS**2) + 4  # of the vector's values
        for event, stored in enumerate(trees["image2d_segment_tree"]["_image_v._img"]):
            values = np.frombuffer(stored, ">f4", PIXELS**2, start).reshape(PIXELS, PIXELS).T
            np.testing.assert_array_equal(labels[event], np.where(images[event] > 0, values, 0))
        codes = trees["particle_mctruth_tree"]["_part_v._pdg"]
        assert columns["particles"].tolist() == [len(found) for found in codes]
        assert set(columns) == {"event", "particles", "pixel_labels"}


def test_files_are_joined_and_events_counted_through(tmp_path: Path) -> None:
    paths = [write_trees(tmp_path / f"{n}:{n}.root", classification(n)) for n in (3, 2)]
    blocks = list(larcv_events(paths, "xy"))
    assert [columns["event"].tolist() for _, columns in blocks] == [[0, 1, 2], [3, 4]]
    for path, (images, _) in zip(paths, blocks, strict=True):
        np.testing.assert_array_equal(images, read(path, "xy")[0])


def test_kinds_of_files_do_not_mix(tmp_path: Path) -> None:
    paths = [
        write_trees(tmp_path / "a.root", classification(1)),
        write_trees(tmp_path / "b.root", segmentation(1)),
    ]
    with pytest.raises(DarkpixelError, match="do not mix classification and segmentation"):
        list(larcv_events(paths, "zx"))


def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(larcv, "_STEP", 2)
    peaks = []
    for events in (4, 24):
        path = write_trees(tmp_path / f"{events}.root", classification(events))
        tracemalloc.start()
        for _ in larcv_events([path], "zx"):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] < 24 * 3 * PIXELS**2 * 4


def test_baskets_that_would_fill_the_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before they are read: a basket says how large it is."""
    path = write_trees(tmp_path / "a.root", classification(8))
    assert len(read(path)[0]) == 8
    monkeypatch.setattr(larcv, "_LARGEST", 8 * 3 * PIXELS**2 * 4 - 1)
    message = failure(path)
    assert "events 0 to 8: 6 MB in its baskets" in message
    assert message.endswith("write the file with smaller baskets.")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.part}-{case.what}")
def test_trees_work_or_are_refused_in_one_line(tmp_path: Path, case: Case) -> None:
    trees = case.make(3)
    case.change(trees)
    path = write_trees(tmp_path / "a.root", trees)
    if case.outcome == WORKS:
        images, columns = read(path)
        np.testing.assert_array_equal(images, [event[2].T for event in random_projections(3)])
        assert set(columns) == case.columns
        return
    message = failure(path)
    assert case.outcome in message
    assert case.tree in message


@pytest.mark.parametrize("make", [classification, segmentation])
@pytest.mark.parametrize("projections", [1, 6, 9])
def test_events_of_other_projections_are_left_out_and_counted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    make: Callable[[int], Trees],
    projections: int,
) -> None:
    """As 2,477 of the public test_40k.root; the others are read as if these were not there."""
    monkeypatch.setattr(larcv, "_STEP", 4)
    whole, columns = read(write_trees(tmp_path / "whole.root", make(10)))
    trees, odd = make(10), random_projections(10)
    for number in (3, 4, 8, 9):
        odd[number] = (odd[number] * 3)[:projections]
    trees["image2d_data_tree"] = image_tree(odd)
    images, kept = read(write_trees(tmp_path / "odd.root", trees))
    left = [0, 1, 2, 5, 6, 7]
    assert np.array_equal(images, whole[left])
    assert set(kept) == set(columns)
    for name, values in kept.items():
        assert np.array_equal(values, columns[name][left]), name
    (record,) = caplog.records
    assert f"4 of 10 events do not have 3 projections (4 with {projections})" in record.message


def test_a_file_of_other_events_alone_is_refused(tmp_path: Path) -> None:
    trees = classification(4)
    trees["image2d_data_tree"] = image_tree([event * 2 for event in random_projections(4)])
    message = failure(write_trees(tmp_path / "a.root", trees))
    assert "no event of the 3 projections of the public files (found 4 with 6)" in message


def failure(path: Path) -> str:
    with pytest.raises(DarkpixelError) as caught:
        read(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_truncated_file(tmp_path: Path, share: float) -> None:
    path = write_trees(tmp_path / "a.root", classification(2))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "download it again" in failure(path)


def test_damaged_basket(tmp_path: Path) -> None:
    path = write_trees(tmp_path / "a.root", classification(2))
    with uproot.open(path) as file:
        where = int(file["image2d_data_tree"]["_image_v._img"].member("fBasketSeek")[1])
    content = bytearray(path.read_bytes())
    content[where + 200 : where + 400] = b"\x55" * 200
    path.write_bytes(content)
    assert "cannot be read" in failure(path)


def test_foreign_and_absent_files(tmp_path: Path) -> None:
    assert "no such file" in failure(tmp_path / "absent.root")
    (tmp_path / "text.root").write_text("no ROOT file at all\n" * 100)
    assert "not a whole ROOT file" in failure(tmp_path / "text.root")
    with uproot.recreate(tmp_path / "other.root") as file:
        file["muons"] = np.histogram([1.0, 2.0])
    assert "image2d_data_tree is missing (found muons)" in failure(tmp_path / "other.root")


def stored(branch: str) -> NDArray[Any]:
    """A branch of the real file, one row per event."""
    assert REAL is not None
    name = "image2d_data_tree" if branch.startswith("_image") else "particle_mctruth_tree"
    with uproot.open(REAL) as file:
        found = {each.name: each for each in file[name].itervalues(recursive=True)}
        return np.stack(list(found[branch].array(library="np")))


real = pytest.mark.skipif(REAL is None, reason="DARKPIXEL_LARCV_FILE names no LArCV file")


@real
@pytest.mark.parametrize("plane", PLANES)
def test_real_charge_lies_from_the_vertex_along_the_momentum(plane: str) -> None:
    """In this orientation and in no other."""
    assert REAL is not None
    images, _ = read(REAL, plane)
    low, high = (
        [stored(f"_image_v._meta._p{end}.{axis}")[:, PLANES.index(plane)] for axis in "xy"]
        for end in "12"
    )
    np.testing.assert_allclose(np.subtract(high, low), 128)  # cm: 256 pixels of 0.5 cm
    vertex, momentum = (
        np.stack([stored(f"_part_v._{what}{axis}")[:, 0] for axis in plane])
        for what in ("vtx._", "p")
    )

    def cosine(images: NDArray[np.float32]) -> float:
        middle = 0.5 * (np.arange(PIXELS) + 0.5)
        moments = [images.sum(axis=1) @ middle, images.sum(axis=2) @ middle]  # column, row
        way = low + moments / images.sum(axis=(1, 2)) - vertex
        product = (way * momentum).sum(axis=0)
        return float(np.mean(product / np.hypot(*way) / np.hypot(*momentum)))

    assert cosine(images) > 0.95
    for wrong in (images.swapaxes(1, 2), images[:, ::-1], images[:, :, ::-1]):
        assert cosine(wrong) < 0.3


@real
def test_real_protons_are_on_their_mass_shell() -> None:
    assert REAL is not None
    _, columns = read(REAL)
    assert set(columns["species"]) == {2212}
    energy = np.hypot(columns["momentum"], 938.272)
    np.testing.assert_allclose(energy, 1000 * stored("_part_v._energy_init")[:, 0], rtol=1e-5)
