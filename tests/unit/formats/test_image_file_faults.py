"""The image file: every fault is named in one line, and nothing half-written stays."""

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import ABOUT, EXAMPLES, ONES, sparse_images, write_images

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile, ImageWriter
from darkpixel.formats.image_format import ATTRIBUTES


def refusal(path: Path) -> str:
    """The one line with which the reader refuses `path`, whether on opening or while reading."""
    with pytest.raises(DarkpixelError) as caught, ImageFile(path) as file:
        for _ in file.batches(7, file.columns):
            pass
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def datasets(**values: Any) -> Callable[[h5py.File], None]:
    def fill(file: h5py.File) -> None:
        for name, value in values.items():
            file[name] = value

    return fill


def spoiled(value: float) -> np.ndarray:
    images = ONES.astype(np.float64)
    images[[13, 17], 2, 1] = value
    return images


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (datasets(image=ONES), ["no dataset 'images'", "found image"]),
        (datasets(), ["no dataset 'images'", "nothing"]),
        (datasets(images=ONES[0]), ["(4, 4)", "(N, H, W)"]),
        (datasets(images=ONES[:0]), ["images", "no image"]),
        (datasets(images=ONES.astype(complex)), ["images", "complex128"]),
        (datasets(images=ONES.astype("S4")), ["images", "|S4"]),
        (datasets(images=ONES > 0), ["images", "bool"]),
        (datasets(images=ONES, event=np.arange(19)), ["event has length 19", "20"]),
        (datasets(images=spoiled(np.nan)), ["images[13]", "nan"]),
        (datasets(images=spoiled(np.inf)), ["images[13]", "inf"]),
        (datasets(images=spoiled(-0.25)), ["images[13]", "-0.25"]),
        (datasets(images=spoiled(1e300)), ["images[13]", "1e+300"]),
        (datasets(images=ONES, pixel_labels=ONES), ["pixel_labels is float32", "uint8"]),
        (
            datasets(images=ONES, pixel_labels=np.full((20, 4, 4), 3, np.uint8)),
            ["pixel_labels holds 3", "track"],
        ),
    ],
)
def test_faults_of_content(
    tmp_path: Path, fill: Callable[[h5py.File], None], words: list[str]
) -> None:
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        fill(file)
    message = refusal(tmp_path / "bad.h5")
    assert all(word in message for word in words), message


def test_faults_of_the_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "absent.h5")
    assert "not a file" in refusal(tmp_path)
    (tmp_path / "text.h5").write_text("pixels\n" * 500)
    assert "not an HDF5 file (3500 bytes)" in refusal(tmp_path / "text.h5")
    (tmp_path / "empty.h5").touch()
    assert "not an HDF5 file (0 bytes)" in refusal(tmp_path / "empty.h5")
    write_images(tmp_path / "whole.h5", sparse_images(500))
    content = (tmp_path / "whole.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: len(content) // 2])
    assert "truncated" in refusal(tmp_path / "cut.h5")


def test_damaged_metadata_is_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "a.h5", ONES, {"event": np.arange(20)})
    content = (tmp_path / "a.h5").read_bytes()
    (tmp_path / "b.h5").write_bytes(content.replace(b"SNOD", b"NODS"))
    assert "damaged" in refusal(tmp_path / "b.h5")


@settings(EXAMPLES, max_examples=60)
@given(data=st.data())
def test_damaged_pixels_are_never_read(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever bytes of the stored pixels change, the reader refuses, or reads what was written."""
    images = sparse_images(300)
    whole, damaged = tmp_path / "a.h5", tmp_path / "b.h5"
    if not whole.exists():
        write_images(whole, images)
    with h5py.File(whole) as file:
        chunk = file["images"].id.get_chunk_info(0)
    content = bytearray(whole.read_bytes())
    patch = data.draw(st.binary(min_size=1, max_size=40))
    start = chunk.byte_offset + data.draw(st.integers(0, chunk.size - len(patch)))
    content[start : start + len(patch)] = patch
    damaged.write_bytes(content)
    try:
        with ImageFile(damaged) as file:
            np.testing.assert_array_equal(file.read(), images)
    except DarkpixelError:
        assert "images[0:300] cannot be read" in refusal_of_all(damaged)


def refusal_of_all(path: Path) -> str:
    with ImageFile(path) as file, pytest.raises(DarkpixelError) as caught:
        file.read()
    return str(caught.value)


def test_other_version_and_missing_attributes(tmp_path: Path) -> None:
    for name in ATTRIBUTES:
        write_images(tmp_path / "a.h5", ONES)
        with h5py.File(tmp_path / "a.h5", "a") as file:
            del file.attrs[name]
        assert f"attribute {name} is missing" in refusal(tmp_path / "a.h5")
    write_images(tmp_path / "a.h5", ONES)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file.attrs["seed"] = "seven"
    assert "attribute seed is 'seven'" in refusal(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file.attrs["version"] = 99
    assert "version is 99, this darkpixel reads 1" in refusal(tmp_path / "a.h5")


def test_a_filter_that_h5py_lacks_is_named(tmp_path: Path) -> None:
    """With the package that reads it; the file itself is whole. 32001 is registered for blosc."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"] = ONES
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_chunk((20,))
        created.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple((20,))
        column = h5py.h5d.create(file.id, b"momentum", h5py.h5t.NATIVE_FLOAT, space, created)
        column.write_direct_chunk((0,), b"compressed by another program")
    message = refusal(tmp_path / "a.h5")
    assert "momentum is compressed with the HDF5 filter 'blosc' (32001)" in message
    assert "hdf5plugin" in message


def test_what_was_declared_and_hardly_written_is_refused(tmp_path: Path) -> None:
    """At once, whatever the length: reading zeros that nobody wrote would have no end."""
    path = tmp_path / "a.h5"
    for shape, written in (((2**40, 12, 12), 0), ((2**40, 12, 12), 1000), ((100, 12, 12), 40)):
        with h5py.File(path, "w") as file:
            images = file.create_dataset("images", shape, "f4", chunks=(10, 12, 12))
            images[:written] = 1
        assert "of its" in refusal(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", (100, 12, 12), "f4")  # in one piece, and empty
    assert "but only 0 of its 57600 bytes were written" in refusal(path)
    with h5py.File(path, "w") as file:  # a few blank images need not be stored
        images = file.create_dataset("images", (100, 12, 12), "f4", chunks=(10, 12, 12))
        images[:60] = 1
    with ImageFile(path) as whole:
        assert whole.read().sum() == 60 * 144


def test_images_too_large_for_the_memory_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("images", (2, 60_000, 60_000), "f4", chunks=(1, 1000, 1000))
    assert "images of 60000 x 60000 pixels, 16777216 at most" in refusal(tmp_path / "a.h5")


@pytest.mark.parametrize(("side", "count"), [(12, 300), (600, 120)])
def test_batches_have_a_bounded_size(tmp_path: Path, side: int, count: int) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        numbered = np.ones((count, side, side), np.float32)
        numbered *= np.arange(count, dtype=np.float32)[:, None, None]
        file.create_dataset("images", data=numbered, compression="lzf")
        file["number"] = np.arange(count)
    with ImageFile(path) as whole:
        batches = [
            (batch["images"].nbytes, batch["images"][:, 0, 0], batch["number"])
            for batch in whole.batches(10**6, ["number"])
        ]
    assert max(size for size, _, _ in batches) <= 2**27
    assert len(batches) == (1 if side == 12 else 2)
    for place in (1, 2):
        found = np.concatenate([batch[place] for batch in batches])
        assert np.array_equal(found, np.arange(count))


def test_public_layouts_are_recognised(tmp_path: Path) -> None:
    lagan, uci = tmp_path / "lagan.h5", tmp_path / "uci.h5"
    with h5py.File(lagan, "w") as file:
        file["image"], file["signal"] = ONES, np.zeros(20)
    with h5py.File(uci, "w") as file:
        file["low/train"] = ONES
    assert "is read with `source: download`" in refusal(lagan)
    assert "layout of UCI" in refusal(uci)


TEXT = h5py.string_dtype()


@pytest.mark.parametrize("side", [0.1, np.array([0.1]), np.array([[0.1]]), np.float32(0.1), 1])
@pytest.mark.parametrize(
    "unit", ["GeV", np.array(["GeV"], TEXT), np.array([b"GeV"]), np.bytes_(b"GeV")]
)
def test_attributes_of_one_element_are_that_element(tmp_path: Path, side: Any, unit: Any) -> None:
    """As other tools write them: arrays of one number or of one word."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"], file.attrs["pixel_size"], file.attrs["unit"] = ONES, side, unit
    with ImageFile(tmp_path / "a.h5") as images:
        assert images.attributes["pixel_size"] == np.asarray(side).item()
        assert images.attributes["unit"] == "GeV"


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("pixel_size", h5py.Empty("f4"), "'empty'"),
        ("pixel_size", "a tenth", "'a tenth'"),
        ("pixel_size", -0.1, "-0.1"),
        ("pixel_size", 0.0, "0.0"),
        ("pixel_size", np.nan, "nan"),
        ("pixel_size", np.array([np.inf]), "inf"),
        ("pixel_size", True, "True"),
        ("pixel_size", np.array([0.1, 0.2]), "array([0.1, 0.2])"),
        ("pixel_size", np.arange(999.0), "array([ 0., 1., "),
        ("unit", h5py.Empty("S4"), "'empty'"),
        ("unit", 5, "5"),
        ("unit", "", "''"),
        ("unit", np.array(["GeV", "MeV"], TEXT), "array(['GeV', 'MeV']"),
    ],
)
def test_other_attributes_are_refused_on_opening(
    tmp_path: Path, name: str, value: Any, found: str
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"], file.attrs[name] = ONES, value
    with pytest.raises(DarkpixelError) as caught:
        ImageFile(tmp_path / "a.h5")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'a.h5'}: attribute {name} is {found}")
    assert "\n" not in message
    assert len(message.removeprefix(str(tmp_path))) < 200


def test_unknown_column(tmp_path: Path) -> None:
    write_images(tmp_path / "a.h5", ONES, {"momentum": np.arange(20.0)})
    with ImageFile(tmp_path / "a.h5") as file, pytest.raises(DarkpixelError, match="momentum"):
        file.column("species")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_bad_pixels_are_never_written(tmp_path: Path, value: float) -> None:
    images = ONES.copy()
    images[3, 1, 1] = value
    with pytest.raises(DarkpixelError, match="image 23 to be written"):
        write_images(tmp_path / "a.h5", np.concatenate([ONES, images]), blocks=[20])
    assert list(tmp_path.iterdir()) == []


def test_a_failed_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_images(tmp_path / "a.h5", ONES)
    before = (tmp_path / "a.h5").read_bytes()

    def interrupted() -> None:
        with ImageWriter(tmp_path / "a.h5", height=4, width=4, **ABOUT) as file:
            for _ in range(100):
                file.append(ONES)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]
    assert (tmp_path / "a.h5").read_bytes() == before


def test_no_images_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(DarkpixelError, match="no images"),
        ImageWriter(tmp_path / "a.h5", height=4, width=4, **ABOUT),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_undeclared_columns_and_wrong_shapes_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="expected"),
        ImageWriter(tmp_path / "a.h5", height=4, width=5, **ABOUT) as file,
    ):
        file.append(ONES)
    with (
        pytest.raises(ValueError, match="declared"),
        ImageWriter(tmp_path / "a.h5", height=4, width=4, **ABOUT) as file,
    ):
        file.append(ONES, event=np.arange(20))


FULL_DISK = """
import errno, io, sys
import numpy as np
from darkpixel.formats import hdf5
from darkpixel.formats.image_file import ImageWriter
from darkpixel.errors import DarkpixelError

class Full(hdf5.Disk):
    def __init__(self, raw):
        super().__init__(Limited(raw, int(sys.argv[2])))

class Limited:
    def __init__(self, raw, room):
        self.raw, self.room = raw, room
    def write(self, data):
        if self.raw.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.raw.write(data)
    def __getattr__(self, name):
        return getattr(self.raw, name)

hdf5.Disk = Full
images = np.random.default_rng(0).random((500, 28, 28))
try:
    with ImageWriter(sys.argv[1], height=28, width=28, dataset="jets", label="signal",
                     split="train", pixel_size=0.1, unit="GeV", source="simulate", seed=1,
                     config_digest="a", columns={"event": "i8"}) as file:
        for start in range(0, 500, 50):
            file.append(images[start : start + 50], event=np.arange(50))
except DarkpixelError as error:
    print(error)
"""


@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.5, 0.99])
def test_full_disk_is_one_line(tmp_path: Path, fraction: float) -> None:
    """At any moment: while creating, in the first chunk, later, and at the close.

    In a process of its own, because HDF5 may crash at the end of one in which a write failed.
    """

    def fill(room: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "a.h5"), str(room)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert fill(2**30).stdout == ""
    size = (tmp_path / "a.h5").stat().st_size
    (tmp_path / "a.h5").unlink()
    done = fill(int(fraction * size))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert "a.h5: disk full" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_other_write_errors_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from darkpixel.formats import hdf5

    def broken(self: object, data: bytes) -> int:
        self._error = OSError(errno.EIO, "Input/output error")  # type: ignore[attr-defined]
        return len(data)

    monkeypatch.setattr(hdf5.Disk, "write", broken)
    with pytest.raises(OSError, match="Input/output error"):
        write_images(tmp_path / "a.h5", ONES)
    assert list(tmp_path.iterdir()) == []
