"""What an HDF5 file of images may be: one case a line of docs/formats.md, which is made from here.

`python tests/builders/hdf5_cases.py` writes the table anew.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

WORKS = "works"
PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
START, END = "<!-- hdf5 cases -->\n", "<!-- end of hdf5 cases -->\n"
IMAGES = (np.arange(6 * 4 * 4).reshape(6, 4, 4) % 5).astype(np.float32)


class Case(NamedTuple):
    """A file and what comes of it.

    Attributes:
        part: of the file.
        what: is found there.
        outcome: `works`, or what the one line says.
        write: fills an open file.
    """

    part: str
    what: str
    outcome: str
    write: Callable[[h5py.File], Any]


def stored(**options: Any) -> Callable[[h5py.File], Any]:
    """A file of `IMAGES`, stored in some way."""
    return lambda file: file.create_dataset("images", data=IMAGES, **options)


def of_type(kind: Any) -> Callable[[h5py.File], Any]:
    return lambda file: file.create_dataset("images", data=IMAGES.astype(kind))


def shaped(*shape: int) -> Callable[[h5py.File], Any]:
    return lambda file: file.create_dataset("images", data=np.ones(shape, np.float32))


def with_value(value: float) -> Callable[[h5py.File], Any]:
    def write(file: h5py.File) -> None:
        images = IMAGES.astype(np.float64)
        images[3, 1, 2] = value
        file["images"] = images

    return write


def beside(name: str, data: Any, **options: Any) -> Callable[[h5py.File], Any]:
    """`IMAGES` and another dataset."""

    def write(file: h5py.File) -> None:
        file["images"] = IMAGES
        file.create_dataset(name, data=data, **options)

    return write


def said(name: str, value: Any) -> Callable[[h5py.File], Any]:
    """`IMAGES` and a root attribute."""

    def write(file: h5py.File) -> None:
        file["images"] = IMAGES
        file.attrs[name] = value

    return write


def linked(link: Any) -> Callable[[h5py.File], Any]:
    def write(file: h5py.File) -> None:
        file["elsewhere/pixels"] = IMAGES
        file["images"] = link

    return write


def _hard_link(file: h5py.File) -> None:
    file["elsewhere/pixels"] = IMAGES
    file["images"] = file["elsewhere/pixels"]


def _cycle(file: h5py.File) -> None:
    file["images"] = IMAGES
    file["group/itself"] = h5py.SoftLink("/group")
    file["group/hard"] = file["group"]


def _soft_cycle(file: h5py.File) -> None:
    file["images"] = h5py.SoftLink("/other")
    file["other"] = h5py.SoftLink("/images")


def _other_file(file: h5py.File) -> str:
    path = Path(file.filename).with_name("other.h5")
    with h5py.File(path, "w") as other:
        other["pixels"] = IMAGES
    return path.name


def _external_link(file: h5py.File) -> None:
    file["images"] = h5py.ExternalLink(_other_file(file), "pixels")


def virtual(
    of: Callable[[h5py.File], str], images: int = len(IMAGES), name: str = "pixels"
) -> Callable[[h5py.File], Any]:
    """Images put together from another file, the first so many."""

    def write(file: h5py.File) -> None:
        layout = h5py.VirtualLayout(IMAGES.shape, np.float32)
        layout[:images] = h5py.VirtualSource(of(file), name, IMAGES.shape)[:images]
        file.create_virtual_dataset("images", layout)

    return write


def _raw_file(file: h5py.File) -> None:
    path = Path(file.filename).with_name("pixels.raw")
    path.write_bytes(IMAGES.tobytes())
    segment = [(str(path), 0, IMAGES.nbytes)]
    file.create_dataset("images", IMAGES.shape, np.float32, external=segment)


def declared(*shape: int, **options: Any) -> Callable[[h5py.File], Any]:
    return lambda file: file.create_dataset("images", shape, np.float32, **options)


def _named_type(file: h5py.File) -> None:
    file["images"] = IMAGES
    file["kind"] = np.dtype("f4")


def _references(file: h5py.File) -> None:
    file["images"] = IMAGES
    file.create_dataset("links", data=[file["images"].ref] * 6, dtype=h5py.ref_dtype)


PAIR = np.dtype([("row", "f4"), ("column", "f4")])
COLOURS = h5py.enum_dtype({"RED": 0, "BLUE": 1}, basetype="i1")

CASES: list[Case] = [
    *(
        Case("`images`: type", kind, WORKS, of_type(kind))
        for kind in ("float16", "float32", "float64", ">f4", ">f8", "int8", "uint8", ">i2", "u8")
    ),
    Case("`images`: type", "bool", "has type bool", of_type(bool)),
    Case("`images`: type", "complex64", "has type complex64", of_type("complex64")),
    Case("`images`: type", "text", "has type |S2", of_type("S2")),
    Case("`images`: type", "text of any length", "has type object",
         lambda file: file.create_dataset("images", data=["a", "b"])),
    Case("`images`: type", "records", "has type [('row'",
         lambda file: file.create_dataset("images", data=np.zeros((6, 4, 4), PAIR))),
    Case("`images`: value", "0, of a blank image", WORKS,
         lambda file: file.create_dataset("images", data=np.zeros((6, 4, 4)))),
    Case("`images`: value", "NaN", "images[3] holds the pixel value nan", with_value(np.nan)),
    Case("`images`: value", "infinite", "images[3] holds the pixel value inf", with_value(np.inf)),
    Case("`images`: value", "negative", "images[3] holds the pixel value -1.0", with_value(-1)),
    Case("`images`: value", "beyond float32", "images[3] holds the pixel value 1e+300",
         with_value(1e300)),
    Case("`images`: shape", "(N, H, W)", WORKS, shaped(3, 4, 4)),
    Case("`images`: shape", "one image", WORKS, shaped(1, 4, 4)),
    Case("`images`: shape", "not square", WORKS, shaped(3, 4, 5)),
    Case("`images`: shape", "(H, W)", "has shape (4, 4); store it as (N, H, W)", shaped(4, 4)),
    Case("`images`: shape", "(N, 1, H, W)", "has shape (3, 1, 4, 4); store it as",
         shaped(3, 1, 4, 4)),
    Case("`images`: shape", "scalar", "has shape (); store it as (N, H, W)", shaped()),
    Case("`images`: shape", "null", "store it as (N, H, W)",
         lambda file: file.create_dataset("images", data=h5py.Empty("f4"))),
    Case("`images`: shape", "no image", "no image at all", shaped(0, 4, 4)),
    Case("`images`: shape", "no pixel", "no image at all", shaped(3, 0, 4)),
    Case("`images`: shape", "5,000 × 5,000 pixels", "images of 5000 x 5000 pixels",
         declared(1, 5000, 5000)),
    Case("`images`: layout", "contiguous", WORKS, stored()),
    Case("`images`: layout", "chunks", WORKS, stored(chunks=(4, 3, 4))),
    Case("`images`: layout", "resizable", WORKS, stored(maxshape=(None, 4, 4))),
    Case("`images`: layout", "declared, never written", "but only 0 of its", declared(6, 4, 4)),
    Case("`images`: layout", "declared in chunks, never written", "but only 0 of its",
         declared(2**40, 4, 4, chunks=(64, 4, 4))),
    Case("`images`: layout", "virtual, of another file", WORKS, virtual(_other_file)),
    Case("`images`: layout", "virtual, the other file is not there",
         "pixels of gone.h5 is not there", virtual(lambda file: "gone.h5")),
    Case("`images`: layout", "virtual, its dataset is not there",
         "pictures of other.h5 is not there", virtual(_other_file, name="pictures")),
    Case("`images`: layout", "virtual, most of it comes from nowhere",
         "put together from 32 of 96 numbers", virtual(_other_file, images=2)),
    Case("`images`: layout", "in a raw file beside", "images is stored in the raw file", _raw_file),
    Case("`images`: layout", "chunks of more than 128 MiB", "stored in chunks of 1024 MiB",
         declared(2**14, 128, 128, chunks=(2**14, 128, 128))),
    Case("`images`: filter", "gzip", WORKS, stored(compression="gzip")),
    Case("`images`: filter", "lzf", WORKS, stored(compression="lzf")),
    Case("`images`: filter", "shuffle, checksums", WORKS,
         stored(compression="gzip", shuffle=True, fletcher32=True)),
    Case("`images`: filter", "scale and offset", WORKS, stored(scaleoffset=2)),
    Case("`images`: link", "soft", WORKS, linked(h5py.SoftLink("/elsewhere/pixels"))),
    Case("`images`: link", "hard", WORKS, _hard_link),
    Case("`images`: link", "to another file", WORKS, _external_link),
    Case("`images`: link", "to what is not there", "no dataset 'images'",
         linked(h5py.SoftLink("/nowhere"))),
    Case("`images`: link", "to a file that is not there", "no dataset 'images'",
         linked(h5py.ExternalLink("gone.h5", "pixels"))),
    Case("`images`: link", "to a named pipe, a folder, a device", "which is not a plain file",
         linked(h5py.ExternalLink("..", "pixels"))),
    Case("`images`: link", "in a circle", "too many links", _soft_cycle),
    Case("`images`", "a group", "no dataset 'images'",
         lambda file: file.create_group("images")),
    Case("`images`", "nothing of this name", "no dataset 'images'",
         lambda file: file.create_dataset("pictures", data=IMAGES)),
    Case("column: type", "numbers, true or false", WORKS, beside("good", np.ones(6, bool))),
    Case("column: type", "text of fixed length", WORKS, beside("who", np.full(6, b"ab"))),
    Case("column: type", "text of any length", "column who has type object",
         beside("who", ["a"] * 6)),
    Case("column: type", "records", "column pair has type", beside("pair", np.zeros(6, PAIR))),
    Case("column: type", "names of numbers (enum)", WORKS,
         beside("colour", np.zeros(6, "i1"), dtype=COLOURS)),
    Case("column: type", "references", "column links has type object", _references),
    Case("column: shape", "(N, 3)", WORKS, beside("start", np.ones((6, 3)))),
    Case("column: shape", "more than 64 KiB an image, and eight numbers a pixel",
         "the columns have 80000 bytes an image", beside("wide", np.ones((6, 10_000)))),
    Case("column: shape", "another length", "x has length 5 but images has 6",
         beside("x", np.ones(5))),
    Case("column: shape", "scalar: no column", WORKS, beside("version", 3)),
    Case("column: `event`", "each number once", WORKS, beside("event", np.arange(6))),
    Case("column: `event`", "a number twice", "event 1 occurs 2 times",
         beside("event", np.array([0, 1, 1, 3, 4, 5]))),
    Case("beside", "groups, also in a circle", WORKS, _cycle),
    Case("beside", "a named type", WORKS, _named_type),
    Case("attribute `pixel_size`", "a number", WORKS, said("pixel_size", 0.1)),
    Case("attribute `pixel_size`", "an array of one", WORKS, said("pixel_size", np.array([0.1]))),
    Case("attribute `pixel_size`", "two numbers", "attribute pixel_size is array([",
         said("pixel_size", [0.1, 0.2])),
    Case("attribute `pixel_size`", "0, negative, NaN", "attribute pixel_size is nan",
         said("pixel_size", np.nan)),
    Case("attribute `pixel_size`", "text", "attribute pixel_size is '0.1'",
         said("pixel_size", "0.1")),
    Case("attribute `pixel_size`", "null", "attribute pixel_size is 'empty'",
         said("pixel_size", h5py.Empty("f4"))),
    Case("attribute `unit`", "text", WORKS, said("unit", "GeV")),
    Case("attribute `unit`", "bytes", WORKS, said("unit", np.bytes_("GeV"))),
    Case("attribute `unit`", "a number", "attribute unit is 1", said("unit", 1)),
    Case("attribute", "any other", WORKS, said("comment", np.arange(5000.0))),
]  # fmt: skip


def table() -> str:
    """The table of docs/formats.md."""
    rows = ["| part | what is there | what comes of it |", "| --- | --- | --- |"]
    for case in CASES:
        outcome = case.outcome if case.outcome == WORKS else f"refused: “{case.outcome}”"
        rows.append(f"| {case.part} | {case.what} | {outcome.replace('|', chr(92) + '|')} |")
    return "\n".join(rows) + "\n"


def page() -> str:
    """The page with the table as it is now."""
    text = PAGE.read_text()
    before, rest = text.split(START)
    return before + START + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page())
