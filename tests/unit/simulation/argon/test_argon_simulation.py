"""Argon events: box, voxels, labels, crop, events file."""

import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation, MomentumRanges
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block
from darkpixel.formats.image_format import SHOWER, TRACK
from darkpixel.formats.species import SpeciesCounts
from darkpixel.simulation.argon.crop import crop_corner
from darkpixel.simulation.argon.events import count_events, event_blocks, read_header
from darkpixel.simulation.argon.record import Record, Vector, clear, deposit, new_record
from darkpixel.simulation.argon.simulation import Kind, simulate
from darkpixel.simulation.argon.transport import SPECIES, seed_generator
from darkpixel.simulation.argon.voxels import choose_box, empty, new_projections, project, sparse

SETTINGS, IMAGING = ArgonSimulation(), ArgonImaging()
WHOLE = ArgonImaging(pixels=256)
FIRST = [458.69950, 604.77429, 101.48713, 271.47366]
"""Momenta of the first events of seed 5, MeV/c, of the simulator that stored no start points."""


def run(path: Path, kind: Kind = "single", images: int = 40, seed: int = 1, **more: Any) -> Path:
    imaging = IMAGING if kind == "single" else WHOLE
    simulate(SETTINGS, imaging, kind=kind, images=images, seed=seed, path=path, **more)
    return path


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("argon") / "single.h5", images=200)


def record_of(*places: tuple[int, float, float, float, float]) -> Record:
    """A record with deposits (maker, energy, x, y, z)."""
    record = new_record(1000, 10)
    clear(record)
    for maker, energy, *place in places:
        deposit(record, maker, energy, Vector(*place))
    return record


# --- box, voxels, projections


def test_projections_threshold_cap_and_labels() -> None:
    record = record_of(
        (SHOWER, 0.03, 1.2, 2.2, 3.2), (SHOWER, 0.01, 1.3, 2.3, 3.3),  # below the threshold
        (SHOWER, 0.06, 10.1, 20.1, 30.1),
        (TRACK, 7.0, 10.1, 20.1, 40.1), (SHOWER, 1.0, 10.1, 20.1, 30.6),  # capped
        (TRACK, 1.0, 200.0, 0.0, 0.0),  # outside
    )  # fmt: skip
    projections = new_projections()
    project(record, np.zeros(3), 0.5, 4.0, 0.05, 0, projections)
    xy, yz, zx = projections.images
    assert xy[40, 20] == pytest.approx(6 + 400 + 100)
    assert projections.labels[0, 40, 20] == TRACK  # overlap
    assert yz[60, 40] == pytest.approx(6)
    assert projections.labels[1, 60, 40] == SHOWER
    assert zx[20, 80] == pytest.approx(400)
    assert zx[20, 61] == pytest.approx(100)
    assert projections.counts.tolist() == [1, 3, 3]
    arrays = np.empty(3, np.uint16), np.empty(3, np.float32), np.empty(3, np.uint8)
    sparse(projections, 2, *arrays)
    assert arrays[0].tolist() == [20 * 256 + 60, 20 * 256 + 61, 20 * 256 + 80]
    np.testing.assert_allclose(arrays[1], [6, 100, 400], rtol=1e-6)
    assert arrays[2].tolist() == [SHOWER, SHOWER, TRACK]
    empty(projections)
    assert not projections.images.any()
    assert not projections.labels.any()
    assert (projections.keys == -1).all()


def test_box_holds_the_origin_and_all_that_fits() -> None:
    record = record_of((TRACK, 5.0, 100.0, 0.0, -50.0), (TRACK, 5.0, 0.0, 0.0, 60.0))
    corner = np.zeros(3)
    seed_generator(1)
    corners = []
    for _ in range(300):
        choose_box(record, 128.0, corner)
        corners.append(corner.copy())
    low, high = np.array(corners), np.array(corners) + 128
    assert (low <= 0).all()
    assert (high > 0).all()
    assert (high[:, 0] > 100).all()
    assert ((low[:, 2] <= -50) & (high[:, 2] > 60)).all()
    # y is free: uniform over its 128 cm, at any phase of the voxels.
    assert low[:, 1].mean() == pytest.approx(-64, abs=4 * 128 / np.sqrt(12 * 300))
    assert np.unique(np.round(low[:, 1] % 0.5, 3)).size > 100


# --- crop


def test_crop_corner() -> None:
    image = np.zeros((256, 256), np.float32)
    image[100:120, 90:130] = 3
    assert crop_corner(image, 64, 0.01) == (109 - 32, 109 - 32)
    assert crop_corner(image, 64, 800 / 4096) == (77, 77)
    assert crop_corner(image, 64, 801 / 4096) == (-1, -1)
    assert crop_corner(image, 256, 0.5) == (0, 0)


@pytest.mark.parametrize(("row", "good"), [(32, False), (33, True), (223, True), (224, False)])
def test_crop_needs_its_centroid_strictly_inside(row: int, good: bool) -> None:
    image = np.zeros((256, 256), np.float32)
    image[row, 128] = 1
    assert crop_corner(image, 64, 0.0) == ((row - 32, 96) if good else (-1, -1))
    assert crop_corner(image.T.copy(), 64, 0.0) == ((96, row - 32) if good else (-1, -1))


def test_nothing_to_crop() -> None:
    assert crop_corner(np.zeros((256, 256), np.float32), 64, 0.0) == (-1, -1)


# --- events


def test_accepted_events(single: Path) -> None:
    header = read_header(single)
    assert header.kind == "single"
    assert header.images == count_events([single]) == 200
    assert header.drawn == sum(header.species.drawn[pdg] for pdg in SPECIES)
    assert header.images == sum(header.species.accepted[pdg] for pdg in SPECIES)
    assert header.species.accepted[2212] / header.species.drawn[2212] < 0.6  # facts: 34%
    events = 0
    for images, columns in event_blocks([single], IMAGING):
        assert images.dtype == np.float32
        assert columns["event"].tolist() == list(range(events, events + len(images)))
        labels = columns["pixel_labels"]
        assert np.array_equal(labels > 0, images > 0)
        assert images[images > 0].min() >= 5 - 1e-3
        assert ((images > 0).sum(axis=(1, 2)) >= 10).all()
        for image, species, momentum in zip(
            images, columns["species"], columns["momentum"], strict=True
        ):
            assert crop_corner(image, 64, 0.01)[0] > 0
            low, high = {11: (35.5, 800), 22: (35, 800), 13: (90, 800), 211: (105, 800)}.get(
                int(species), (275, 800)
            )
            assert low <= momentum <= high
        shower = labels[np.isin(columns["species"], (11, 22))]
        protons = columns["species"] == 2212
        assert (shower[shower > 0] == SHOWER).mean() > 0.99
        charge = images[protons][labels[protons] == TRACK].sum() / images[protons].sum()
        assert 0.8 < charge < 1  # the rest: photons of nuclear reactions
        events += len(images)
    assert events == 200


def test_planes_are_projections_of_the_same_voxels(single: Path) -> None:
    with h5py.File(single) as file:
        sums = []
        for plane in ("xy", "yz", "zx"):
            edges, charge = file[f"{plane}/offsets"][:], file[f"{plane}/charge"][:]
            sums.append(np.add.reduceat(charge.astype(np.float64), edges[:-1]))
            assert (np.diff(edges) >= 10).all()
    np.testing.assert_allclose(sums[1], sums[0], rtol=1e-5)
    np.testing.assert_allclose(sums[2], sums[0], rtol=1e-5)


@pytest.fixture(scope="module")
def uncropped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("argon") / "uncropped.h5"
    simulate(SETTINGS, WHOLE, kind="single", images=600, seed=5, path=path)
    return path


def planes_of(path: Path, plane: str, folder: Path) -> Block:
    """All events of a file, without a crop, in any plane."""
    copy = folder / f"{plane}.h5"
    shutil.copy(path, copy)
    imaging = ArgonImaging(pixels=256, plane=plane)
    with h5py.File(copy, "r+") as file:
        file.attrs["imaging"] = imaging.model_dump_json()
    parts = list(event_blocks([copy], imaging))
    names = parts[0][1].keys()
    columns = {name: np.concatenate([part[1][name] for part in parts]) for name in names}
    return np.concatenate([images for images, _ in parts]), columns


@pytest.mark.parametrize("plane", ["xy", "yz", "zx"])
def test_charge_lies_along_the_direction_from_the_start(
    uncropped: Path, tmp_path: Path, plane: str
) -> None:
    """Charged particles leave charge where they start; protons go where they are said to go."""
    images, columns = planes_of(uncropped, plane, tmp_path)
    start = np.stack([columns["start_row"], columns["start_column"]], 1)
    assert ((start >= -0.5) & (start < 255.5)).all()
    direction = np.stack(
        [columns[f"direction_{name}"] for name in ("row", "column", "depth")], 1
    ).astype(float)
    np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1, rtol=1e-6)
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    around = [
        image[row : row + 3, column : column + 3].max()
        for image, (row, column) in zip(wide, np.rint(start).astype(int), strict=True)
    ]
    charged = columns["species"] != 22
    assert (np.array(around)[charged] > 0).mean() > 0.98  # a step may begin below the threshold
    assert (np.array(around)[~charged] > 0).mean() < 0.5  # most photons have not converted there
    protons = columns["species"] == 2212
    away = (moments(images[protons])[:, :2] + 127.5 - start[protons]).astype(float)
    seen = np.linalg.norm(direction[protons, :2], axis=1) > 0.3  # along the view there is no angle
    cosine = (away * direction[protons, :2]).sum(1) / (
        np.linalg.norm(away, axis=1) * np.linalg.norm(direction[protons, :2], axis=1)
    )
    assert cosine[seen].mean() > 0.9


def moments(images: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Centroid (row, column) from the middle, and mean row^2 - column^2 and row x column about it,
    (N, 4), pixels."""
    place = np.arange(images.shape[1]) - (images.shape[1] - 1) / 2
    weight = images / images.sum((1, 2), keepdims=True, dtype=float)
    rows, columns = weight.sum(2), weight.sum(1)
    row, column = rows @ place, columns @ place
    square = rows @ place**2 - row**2 - (columns @ place**2 - column**2)
    product = np.einsum("nrc,r,c->n", weight, place, place) - row * column
    return np.stack([row, column, square, product], 1)


def odd_means(images: NDArray[np.floating[Any]], start: NDArray[Any]) -> NDArray[np.float64]:
    """Means, in standard errors, of what changes its sign under one of the eight symmetries.

    Rows mirrored: centroid's row, and the start's from it; columns mirrored: the same of columns;
    one of them alone: row x column; rows and columns swapped: row^2 - column^2.
    """
    found = moments(images)
    values = np.concatenate([found, start - 127.5 - found[:, :2]], 1)
    error = values.std(0, ddof=1) / np.sqrt(len(values))
    means: NDArray[np.float64] = values.mean(0) / error
    return means


@pytest.mark.parametrize("plane", ["xy", "yz", "zx"])
def test_the_eight_symmetries_of_the_square(uncropped: Path, tmp_path: Path, plane: str) -> None:
    images, columns = planes_of(uncropped, plane, tmp_path)
    start = np.stack([columns["start_row"], columns["start_column"]], 1).astype(float)
    assert np.abs(odd_means(images, start)).max() < 4
    # The control: images 20 pixels lower are seen, and particles that go one way.
    assert odd_means(np.roll(images, 20, 1), start + np.array([20, 0]))[0] > 4
    directed = columns["direction_row"] > 0
    assert abs(odd_means(images[directed], start[directed])[4]) > 4


def test_the_random_stream_is_that_of_version_1(uncropped: Path) -> None:
    """To store start and direction draws no random number: the events are those before it."""
    _, columns = next(event_blocks([uncropped], WHOLE))
    np.testing.assert_allclose(columns["momentum"][:4], FIRST, rtol=1e-6)


def test_momenta_and_species_are_uniform_before_the_crop(uncropped: Path) -> None:
    header = read_header(uncropped)
    assert header.drawn == 600
    drawn = [header.species.drawn[pdg] for pdg in SPECIES]
    assert max(abs(count - 120) for count in drawn) < 4 * np.sqrt(600 * 0.2 * 0.8)


def test_same_seed_same_bytes_and_chunks_are_independent(tmp_path: Path) -> None:
    first = run(tmp_path / "a.h5").read_bytes()
    assert run(tmp_path / "b.h5").read_bytes() == first
    one = next(event_blocks([tmp_path / "a.h5"], IMAGING))
    run(tmp_path / "c.h5", seed=2, first_event=40)
    other = next(event_blocks([tmp_path / "c.h5"], IMAGING))
    assert other[1]["event"].tolist() == list(range(40, 80))
    assert not np.isin(other[1]["momentum"], one[1]["momentum"]).any()
    # More of the same seed goes on from what there was.
    run(tmp_path / "d.h5", images=50)
    more = next(event_blocks([tmp_path / "d.h5"], IMAGING))
    np.testing.assert_array_equal(more[0][:40], one[0])


def test_vertex_events(tmp_path: Path) -> None:
    path = run(tmp_path / "v.h5", kind="vertex", images=60)
    header = read_header(path)
    assert header.species == SpeciesCounts()
    assert header.drawn == 60
    images, columns = next(event_blocks([path], WHOLE))
    assert set(columns) == {"event", "particles", "pixel_labels"}
    assert set(columns["particles"]) == {2, 3, 4, 5}
    both = [{SHOWER, TRACK} <= set(np.unique(labels)) for labels in columns["pixel_labels"]]
    assert np.mean(both) > 0.5
    few, many = (images.sum(axis=(1, 2))[columns["particles"] == n].mean() for n in (2, 5))
    assert many > 1.3 * few


def test_labels_by_ancestor(tmp_path: Path) -> None:
    muons = MomentumRanges(
        electron=(90, 800), photon=(90, 800), muon=(90, 800), pion=(105, 800), proton=(275, 800)
    )
    settings = ArgonSimulation(labels="ancestor", momentum=muons)
    simulate(settings, WHOLE, kind="single", images=60, seed=3, path=tmp_path / "a.h5")
    images, columns = next(event_blocks([tmp_path / "a.h5"], WHOLE))
    for labels, species in zip(columns["pixel_labels"], columns["species"], strict=True):
        expected = SHOWER if species in (11, 22) else TRACK
        assert set(labels[labels > 0]) == {expected}
    assert len(images) == 60


def test_a_larger_pixel_takes_a_larger_box(tmp_path: Path) -> None:
    pixels = {}
    for size in (0.5, 1.0):
        momentum = MomentumRanges(muon=(300, 301))  # tracks of one length, short of both boxes
        settings = ArgonSimulation(pixel_size=size, momentum=momentum)
        simulate(settings, WHOLE, kind="single", images=200, seed=4, path=tmp_path / "a.h5")
        images, columns = next(event_blocks([tmp_path / "a.h5"], WHOLE))
        pixels[size] = (images > 0).sum(axis=(1, 2))[columns["species"] == 13].mean()
    assert pixels[1.0] < 0.75 * pixels[0.5]


# --- errors


def test_hardly_any_event_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darkpixel.simulation.argon.simulation._PATIENCE", 30)
    imaging = ArgonImaging(minimum_filled=0.9)
    with pytest.raises(DarkpixelError, match=r"0 events of 30 pass the crop"):
        simulate(SETTINGS, imaging, kind="single", images=1, seed=1, path=tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []


def test_no_image_asked_for(tmp_path: Path) -> None:
    with pytest.raises(DarkpixelError, match="0 images asked for"):
        run(tmp_path / "a.h5", images=0)


def test_events_of_another_crop_are_refused(single: Path) -> None:
    for other in (ArgonImaging(plane="xy"), ArgonImaging(pixels=32)):
        with pytest.raises(DarkpixelError, match=r"events accepted with imaging\.(plane|pixels)"):
            next(event_blocks([single], other))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("cut", "not a whole HDF5 file"),
        ("format", "attribute format is 'other'"),
        ("seed", "attribute seed is missing"),
        ("zx/charge", "zx/charge has values that are not above zero"),
        ("zx/label", "zx/label has values beside 1 and 2"),
        ("yz/pixel", "yz/pixel is missing"),
        ("event", r"event has shape \(3,\), expected \(200,\)"),
        ("version", "attribute version is 1, expected 2; delete the file and run the simulation"),
        ("absent", "no such file"),
    ],
)
def test_damaged_files(single: Path, tmp_path: Path, damage: str, message: str) -> None:
    path = tmp_path / "a.h5"
    content = single.read_bytes()
    path.write_bytes(content[:-100] if damage == "cut" else content)
    if damage == "absent":
        path.unlink()
    elif damage != "cut":
        with h5py.File(path, "r+") as file:
            if damage == "format":
                file.attrs["format"] = "other"
            elif damage == "version":
                file.attrs["version"] = 1
            elif damage == "seed":
                del file.attrs["seed"]
            elif damage == "zx/charge":
                file[damage][7] = np.nan
            elif damage == "zx/label":
                file[damage][7] = 3
            elif damage == "yz/pixel":
                del file[damage]
            else:
                file[damage].resize((3,))
    with pytest.raises(DarkpixelError, match=message) as error:
        for _ in event_blocks([path], IMAGING):
            pass
    assert "\n" not in str(error.value)
