"""The user's own files: columns and events kept, kinds compared, units converted, or refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from jet_splits import ABOUT, outputs

from darkpixel.config.data import SplitSizes
from darkpixel.config.jets import JetImaging
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets import jets, lartpc
from darkpixel.datasets.own_files import file_events, file_in_angles, file_like
from darkpixel.datasets.splits import write_splits
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Events
from darkpixel.formats.image_file import ImageFile


def split_sizes(train: int, validation: int, test: int) -> SplitSizes:
    return SplitSizes(train=train, validation=validation, test=test)


def prepare(folder: Path, source: Events, sizes: SplitSizes, seed: int = 3) -> dict[str, Path]:
    paths = outputs(folder)
    write_splits(*source, paths, sizes=sizes, seed=seed, **ABOUT)
    return paths


def test_a_users_columns_stay_with_their_images(tmp_path: Path) -> None:
    path = tmp_path / "mine.h5"
    with h5py.File(path, "w") as file:
        file["images"] = (
            np.arange(1, 61, dtype=np.float32)[:, None, None].repeat(16, 1).reshape(60, 4, 4)
        )
        file["pressure"], file["region"] = np.arange(1, 61) / 2, np.arange(1, 61) % 3
    paths = outputs(tmp_path)
    write_splits(
        *file_events(path), paths, sizes=split_sizes(30, 10, 20), seed=1,
        required=["pressure", "region"], **ABOUT,
    )  # fmt: skip
    for made in paths.values():
        with ImageFile(made) as images:
            number = images.read()[:, 0, 0]
            assert np.array_equal(images.column("pressure"), number / 2)
            assert np.array_equal(images.column("region"), number % 3)


def test_an_event_column_takes_the_place_of_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.h5"
    with h5py.File(path, "w") as file:
        file["images"], file["event"], file["source_event"] = (
            np.ones((3, 4, 4)),
            [1, 2, 3],
            [4, 5, 6],
        )
    with pytest.raises(DarkpixelError, match="has columns event and source_event"):
        file_events(path)


UNITS = {"keV": 1e-6, "MeV": 1e-3, "GeV": 1, "TeV": 1e3, "0.5 GeV": 0.5}


def pixels_of(events: Events) -> np.ndarray[Any, Any]:
    """Of all images of `own_file` but the first, which is not like the others."""
    return np.concatenate([images for images, _ in events.blocks])[1:]


@pytest.mark.parametrize("unit", UNITS)
def test_energies_become_the_unit_of_the_data_set(tmp_path: Path, unit: str) -> None:
    """Pixels in any unit of energy give the images that the same pixels in GeV give."""
    own = own_file(tmp_path / "own.h5", unit=unit)
    beside = own_file(tmp_path / "beside.h5", unit="GeV")
    events, _ = file_in_angles(own, 0.1, [beside])
    np.testing.assert_allclose(pixels_of(events), UNITS[unit], rtol=1e-6)
    np.testing.assert_allclose(pixels_of(file_like(own, "mine", 0.1, "MeV")), UNITS[unit] * 1e3)


@pytest.mark.parametrize(
    ("scale", "unit", "warned"),
    [(20.0, None, False), (0.5, None, True), (2e5, None, True), (0.5, "GeV", False)],
)
def test_an_odd_largest_pixel_is_said_before_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, scale: float, unit: str | None, warned: bool
) -> None:
    caplog.set_level("INFO")
    own = tmp_path / "own.h5"
    with h5py.File(own, "w") as file:
        file["images"] = np.full((20, 6, 6), scale)
        if unit is not None:
            file.attrs["unit"] = unit
    list(file_in_angles(own, 0.1)[0].blocks)
    (record,) = caplog.records
    assert (record.levelname == "WARNING") == warned
    assert f"{scale:g} GeV" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert (unit is None) == ("no attribute unit, so pixels count as GeV" in record.getMessage())


@pytest.mark.parametrize("unit", [*UNITS, "0.255 MeV", None])
def test_charges_become_the_unit_of_the_networks(tmp_path: Path, unit: str | None) -> None:
    attributes: dict[str, Any] = {} if unit is None else {"unit": unit}
    own = own_file(tmp_path / "own.h5", **attributes)
    paths = outputs(tmp_path / "out")
    lartpc.prepare(
        "file", [own], paths, dataset="lartpc", label="all", imaging=ArgonImaging(pixels=6),
        pixel_size=0.5, sizes=split_sizes(1, 1, 2), seed=1, config_digest="x",
    )  # fmt: skip
    with ImageFile(paths["test"]) as file:
        assert file.attributes["unit"] == "0.255 MeV"
        expected = UNITS[unit] * 1e3 / 0.255 if unit in UNITS else 1
        np.testing.assert_allclose(file.read().max(axis=(1, 2)), expected, rtol=1e-6)


def test_a_unit_that_is_no_energy_is_refused(tmp_path: Path) -> None:
    own = own_file(tmp_path / "own.h5", unit="ADC", pixel_size=0.2)
    for refused in (
        lambda: file_in_angles(own, 0.1),
        lambda: file_like(own, "mine", 0.2, "GeV"),
        lambda: lartpc.prepare(
            "file", [own], outputs(tmp_path / "out"), dataset="lartpc", label="all",
            imaging=ArgonImaging(pixels=6), pixel_size=0.5, sizes=split_sizes(1, 1, 2), seed=1,
            config_digest="x",
        ),
    ):  # fmt: skip
        with pytest.raises(DarkpixelError, match=r"own\.h5: unit is 'ADC', which"):
            refused()
    assert file_like(own, "mine", 0.2, "ADC").total == 4
    with pytest.raises(
        DarkpixelError, match=r"own.h5: attribute pixel_size is 0.2, but datasets.m"
    ):
        file_like(own, "mine", 0.1, "ADC")


def test_users_own_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    images = rng.random((300, 5, 7))
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file["images"] = images
        file["event"] = np.arange(300) * 10
        file["species"] = np.array([b"e", b"mu"], "S4")[rng.integers(0, 2, 300)]
    source = file_events(tmp_path / "own.h5")
    assert source.total == 300
    paths = prepare(tmp_path, source, split_sizes(200, 40, 60))
    for path in paths.values():
        with ImageFile(path) as file:
            event = file.column("event")
            np.testing.assert_array_equal(file.read(), images[event].astype(np.float32))
            np.testing.assert_array_equal(file.column("source_event"), event * 10)
            assert set(file.column("species")) == {b"e", b"mu"}


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("event", [1, 2, 2, 3], "event 2 occurs 2 times"),
        ("name", ["a", "b", "c", "d"], "column name has type object"),
    ],
)
def test_users_columns_that_cannot_be_kept(
    tmp_path: Path, column: str, values: list[Any], words: str
) -> None:
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file["images"] = np.ones((4, 3, 3))
        file[column] = values
    with pytest.raises(DarkpixelError, match=words):
        file_events(tmp_path / "own.h5")


def own_file(path: Path, height: int = 6, width: int = 6, **attributes: Any) -> Path:
    with h5py.File(path, "w") as file:
        images = np.ones((4, height, width))
        images[0, 0, 0] = 0  # images that are all the same are refused
        file["images"] = images
        file.attrs.update(attributes)
    return path


def test_a_users_images_in_angles(tmp_path: Path) -> None:
    stated, silent = own_file(tmp_path / "a.h5", pixel_size=0.2), own_file(tmp_path / "b.h5")
    assert file_in_angles(stated, 0.2, [silent])[1] == 0.2
    assert file_in_angles(silent, 0.2, [stated])[1] == 0.2
    assert sum(len(images) for images, _ in file_in_angles(silent, 0.1)[0].blocks) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 5}, "own.h5: images of 6 x 5 pixels; square ones needed"),
        (
            {"unit": "ADC"},
            "other.h5: does not say in which unit .* but .*own.h5 has 'ADC'; set its attribute",
        ),
        (
            {"unit": "MeV"},
            "other.h5: does not say in which unit .* but .*own.h5 has 'MeV'; set its attribute",
        ),
        ({"pixel_size": 0.2}, r"own.h5: pixels of 0.2 a side, but those of .*other.h5 have 0.1 \("),
        ({"height": 7, "width": 7}, "own.h5: images of 7 x 7 pixels, but those of .*other.h5 have"),
    ],
)
def test_images_that_do_not_fit_are_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    own, other = own_file(tmp_path / "own.h5", **change), own_file(tmp_path / "other.h5")
    with pytest.raises(DarkpixelError, match=words):
        file_in_angles(own, 0.1, [other])


@pytest.mark.parametrize("stated", [{}, {"pixel_size": 0.3}])
def test_jets_of_a_users_file_have_its_pixel_size(tmp_path: Path, stated: dict[str, Any]) -> None:
    path = own_file(tmp_path / "own.h5", **stated)
    paths = outputs(tmp_path / "out")
    jets.prepare(
        "file", [path], paths, label="background", imaging=JetImaging(pixel_size=0.2),
        sizes=split_sizes(1, 1, 2), seed=3, config_digest="x",
    )  # fmt: skip
    with ImageFile(paths["test"]) as file:
        assert file.attributes["pixel_size"] == stated.get("pixel_size", 0.2)
        assert file.attributes["source"] == str(path)


@pytest.mark.parametrize("name", ["weight", "Weights"])
def test_weights_that_no_use_is_made_of_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    own = own_file(tmp_path / "own.h5")
    file_in_angles(own, 0.1)
    assert not caplog.records
    with h5py.File(own, "a") as file:
        file[name] = np.arange(4.0)
    file_in_angles(own, 0.1)
    assert f"own.h5: column {name} is kept, but no use is made of it" in caplog.text


def test_a_column_of_one_number_is_that_number(tmp_path: Path) -> None:
    """Stored as (N, 1), as many tools do: species of liquid argon above all."""
    own = own_file(tmp_path / "own.h5", unit="0.255 MeV")
    with h5py.File(own, "a") as file:
        file["species"] = np.array([[11], [22], [11], [2212]])
        file["event"] = np.arange(10, 14)[:, None]
    paths = outputs(tmp_path / "out")
    lartpc.prepare(
        "file", [own], paths, dataset="lartpc", label="all", imaging=ArgonImaging(pixels=6),
        pixel_size=0.5, sizes=split_sizes(1, 1, 2), seed=1, config_digest="x",
        columns=["species"],
    )  # fmt: skip
    for path in paths.values():
        with ImageFile(path) as file:
            species = np.array([11, 22, 11, 2212])[file.column("event")]
            assert np.array_equal(file.column("species"), species)
            assert np.array_equal(file.column("source_event"), file.column("event") + 10)
            assert file.attributes["drawn_11"] == 2


@pytest.mark.parametrize("species", [np.ones((4, 2), int), np.ones(4), np.array([b"e"] * 4)])
def test_species_that_are_no_codes_are_refused(tmp_path: Path, species: Any) -> None:
    own = own_file(tmp_path / "own.h5")
    with h5py.File(own, "a") as file:
        file["species"] = species
    with pytest.raises(DarkpixelError, match=r"own\.h5: column species has .* store one PDG code"):
        lartpc.prepare(
            "file", [own], outputs(tmp_path / "out"), dataset="lartpc", label="all",
            imaging=ArgonImaging(pixels=6), pixel_size=0.5, sizes=split_sizes(1, 1, 2), seed=1,
            config_digest="x",
        )  # fmt: skip
