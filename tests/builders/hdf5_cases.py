"""What an HDF5 file of images may be: one case a line of docs/formats.md (`format_tables`)."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import h5py
import numpy as np
from format_tables import WORKS

IMAGES = (np.arange(6 * 4 * 4).reshape(6, 4, 4) % 5).astype(np.float32)


class Case(NamedTuple):
    """A file and what comes of it.

    Attributes:
        part: of the file.
        what: is found there.
        outcome: `works`, or what the one line says.
        write: fills an open file.
        holds: what is read of a column or an attribute, by its name.
        options: of the file.
    """

    part: str
    what: str
    outcome: str
    write: Callable[[h5py.File], Any]
    holds: Mapping[str, Any] = MappingProxyType({})
    options: Mapping[str, Any] = MappingProxyType({})


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


def _reference(file: h5py.File) -> None:
    file["images"] = IMAGES
    file.attrs["comment"] = file["images"].ref


def raw(
    name: str,
    kind: h5py.h5t.TypeID,
    data: np.ndarray[Any, Any],
    shape: tuple[int, ...] | None = None,
    created: Callable[[h5py.h5p.PropDCID], None] = lambda settings: None,
) -> Callable[[h5py.File], None]:
    """A dataset as the C library stores it, of kinds for which h5py has no word."""

    def write(file: h5py.File) -> None:
        if name != "images":
            file["images"] = IMAGES
        settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created(settings)
        space = h5py.h5s.create_simple(shape or data.shape)
        dataset = h5py.h5d.create(file.id, name.encode(), kind, space, settings)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, data, mtype=kind)

    return write


def _compact(settings: h5py.h5p.PropDCID) -> None:
    settings.set_layout(h5py.h5d.COMPACT)


def _nbit(settings: h5py.h5p.PropDCID) -> None:
    settings.set_chunk(IMAGES.shape)
    settings.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_MANDATORY)


COUNT = np.arange(6)
LEVELS = h5py.enum_dtype({f"LEVEL{level}": level for level in range(5)}, basetype="i1")
OPAQUE = h5py.h5t.create(h5py.h5t.OPAQUE, 4)
OPAQUE.set_tag(b"ours")
PAIR = np.dtype([("row", "f4"), ("column", "f4")])
COLOURS = h5py.enum_dtype({"RED": 0, "BLUE": 1}, basetype="i1")

CASES: list[Case] = [
    *(
        Case("`images`: type", kind, WORKS, of_type(kind))
        for kind in ("float16", "float32", "float64", ">f4", ">f8", "int8", "uint8", ">i2", "u8")
    ),
    Case("`images`: type", "longdouble", WORKS, of_type("longdouble")),
    Case("`images`: type", "names of numbers (enum)", WORKS,
         lambda file: file.create_dataset("images", data=IMAGES.astype("i1"), dtype=LEVELS)),
    Case("`images`: type", "a bitfield", WORKS,
         raw("images", h5py.h5t.STD_B8LE, IMAGES.astype("u1"))),
    Case("`images`: type", "bool", "has type bool", of_type(bool)),
    Case("`images`: type", "opaque", "has type |V4",
         raw("images", OPAQUE, np.zeros(IMAGES.shape, "V4"))),
    Case("`images`: type", "arrays", "has type ('<f4', (4,))",
         raw("images", h5py.h5t.array_create(h5py.h5t.IEEE_F32LE, (4,)), IMAGES, (6, 4))),
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
    Case("`images`: layout", "compact", WORKS,
         raw("images", h5py.h5t.IEEE_F32LE, IMAGES, created=_compact)),
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
    Case("`images`: filter", "nbit", WORKS,
         raw("images", h5py.h5t.IEEE_F32LE, IMAGES, created=_nbit)),
    Case("`images`: filter", "szip", WORKS, stored(compression="szip")),
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
    *(
        Case("column: type", kind, WORKS, beside("x", COUNT.astype(kind)),
             {"x": COUNT.astype(kind)})
        for kind in ("float16", ">f8", "longdouble", "int8", "u8", "bool")
    ),
    Case("column: type", "a bitfield", WORKS, raw("x", h5py.h5t.STD_B8LE, COUNT.astype("u1")),
         {"x": COUNT}),
    Case("column: type", "text of fixed length", WORKS, beside("who", np.full(6, b"ab")),
         {"who": np.full(6, b"ab")}),
    Case("column: type", "complex64", "column x has type complex64",
         beside("x", np.ones(6, "complex64"))),
    Case("column: type", "opaque", "column x has type |V4",
         raw("x", OPAQUE, np.zeros(6, "V4"))),
    Case("column: type", "text of any length", "column who has type object",
         beside("who", ["a"] * 6)),
    Case("column: type", "records", "column pair has type", beside("pair", np.zeros(6, PAIR))),
    Case("column: type", "names of numbers (enum)", WORKS,
         beside("colour", COUNT % 2, dtype=COLOURS), {"colour": COUNT % 2}),
    Case("column: type", "references", "column links has type object", _references),
    Case("column: shape", "(N, 3)", WORKS, beside("start", IMAGES[:, 0, :3]),
         {"start": IMAGES[:, 0, :3]}),
    Case("column: shape", "more than 64 KiB an image, and eight numbers a pixel",
         "the columns have 80000 bytes an image", beside("wide", np.ones((6, 10_000)))),
    Case("column: shape", "another length", "x has length 5 but images has 6",
         beside("x", np.ones(5))),
    Case("column: shape", "scalar: no column", WORKS, beside("version", 3)),
    Case("column: `event`", "each number once", WORKS, beside("event", COUNT[::-1]),
         {"event": COUNT[::-1]}),
    Case("column: `event`", "a number twice", "event 1 occurs 2 times",
         beside("event", np.array([0, 1, 1, 3, 4, 5]))),
    Case("beside", "groups, also in a circle", WORKS, _cycle),
    Case("beside", "a named type", WORKS, _named_type),
    *(
        Case("attribute `pixel_size`", what, WORKS, said("pixel_size", value), {"pixel_size": 0.5})
        for what, value in {
            "a number": 0.5, ">f4": np.array(0.5, ">f4"), "longdouble": np.longdouble(0.5),
            "an array of one": np.array([0.5]),
        }.items()
    ),
    Case("attribute `pixel_size`", "an integer", WORKS, said("pixel_size", 2), {"pixel_size": 2}),
    Case("attribute `pixel_size`", "two numbers", "attribute pixel_size is array([",
         said("pixel_size", [0.1, 0.2])),
    *(
        Case("attribute `pixel_size`", what, f"attribute pixel_size is {value}",
             said("pixel_size", value))
        for what, value in {
            "0": 0.0, "negative": -1.0, "NaN": np.nan, "infinite": np.inf, "true": True
        }.items()
    ),
    Case("attribute `pixel_size`", "text", "attribute pixel_size is '0.1'",
         said("pixel_size", "0.1")),
    Case("attribute `pixel_size`", "null", "attribute pixel_size is 'empty'",
         said("pixel_size", h5py.Empty("f4"))),
    *(
        Case("attribute `unit`", what, WORKS, said("unit", value), {"unit": "MeV"})
        for what, value in {
            "text": "MeV", "bytes": np.bytes_("MeV"), "an array of one text": ["MeV"],
            "an array of one, bytes": np.array([b"MeV"]),
        }.items()
    ),
    Case("attribute `unit`", "an array of two", "attribute unit is array(['GeV', 'MeV']",
         said("unit", ["GeV", "MeV"])),
    Case("attribute `unit`", "empty text", "attribute unit is ''", said("unit", "")),
    Case("attribute `unit`", "null", "attribute unit is 'empty'", said("unit", h5py.Empty("S3"))),
    Case("attribute `unit`", "a number", "attribute unit is 1", said("unit", 1)),
    Case("attribute", "any other number", WORKS, said("comment", np.arange(5000.0)),
         {"comment": np.arange(5000.0)}),
    Case("attribute", "a complex number", WORKS, said("comment", 1j), {"comment": 1j}),
    Case("attribute", "records", WORKS, said("comment", np.zeros(2, PAIR)),
         {"comment": np.zeros(2, PAIR)}),
    Case("attribute", "a reference", WORKS, _reference),
    Case("file", "with a user block", WORKS, stored(), options={"userblock_size": 512}),
    Case("file", "of the latest format", WORKS, stored(), options={"libver": "latest"}),
]  # fmt: skip
