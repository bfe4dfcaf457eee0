"""More readers for the fuzz: packed and imported weights, JetNet, servers and records of downloads.

Each takes about as long for a file as those of `fuzz_targets`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py
import numpy as np
import safetensors.torch
from bad_server import CONTENT, MD5, SHA256, good, raw, serving
from fuzzing import Target
from mutations import of_bytes, of_hdf5, of_safetensors, of_text
from safetensors import SafetensorError, safe_open

import darkpixel
from darkpixel.config.sources import Source
from darkpixel.datasets.foreign import Grid, random_images
from darkpixel.formats.download import Patience, check_downloads, download
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_model
from darkpixel.models.packed import pack_model, packed_texts
from darkpixel.models.ssnet.model import import_weights

NAMES = ("JetNet", "packed model", "SSNet weights", "HTTP answers", "records of downloads")

_SSNET = {"model": "ssnet", "filters": 2, "depth": 1}
_ONCE = Patience(tries=1, wait=0.0, timeout=0.3)


def further_targets(folder: Path, model: Path) -> list[Target]:
    """All of them.

    Args:
        folder: for the whole files.
        model: folder of a trained one.
    """
    packed = folder / "whole-packed.safetensors"
    pack_model(model, packed, "# card")
    return [
        Target("JetNet", "jetnet.hdf5", [of_hdf5(jetnet(folder))], read_particles),
        Target("packed model", "packed.safetensors", [of_safetensors(packed)], read_packed),
        Target("SSNet weights", "ssnet.safetensors", [of_safetensors(ssnet(folder))], read_ssnet),
        Target(
            "HTTP answers", "answer",
            [of_bytes(answer, [(0, answer.index(b"\r\n\r\n") + 4)]) for answer in ANSWERS],
            read_answer,
        ),
        Target(
            "records of downloads", "record",
            [of_text(text, ('""', "null", "5", "[]", "{}", "\x00", "é", "a" * 64, "[" * 5000))
             for text in RECORDS],
            read_records,
        ),
    ]  # fmt: skip


def jetnet(folder: Path) -> Path:
    path, rng = folder / "whole-jetnet.hdf5", np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        particles = rng.normal(0, 0.1, (200, 30, 4)).astype(np.float32)
        particles[..., 2:] = np.abs(particles[..., 2:])
        file.create_dataset("particle_features", data=particles, chunks=True, compression="gzip")
    return path


def read_particles(path: Path) -> Iterator[str]:
    found = random_images(path, 50, 1, Grid(pixels=8))
    yield "images"
    assert found.images.shape[1:] == (8, 8)


def read_packed(path: Path) -> Iterator[str]:
    packed_texts(path)
    yield "texts"
    darkpixel.load(path)
    yield "loaded"


def ssnet(folder: Path) -> Path:
    path = folder / "whole-ssnet.safetensors"
    safetensors.torch.save_file(build_model(_SSNET, (16, 16), seed=0).state_dict(), path)
    return path


def read_ssnet(path: Path) -> Iterator[str]:
    with suppress(SafetensorError), safe_open(path, "numpy"):
        yield "header"
    output = path.with_name("imported")
    import_weights(path, _SSNET, output, image_size=(16, 16), images={"dataset": "lartpc"})
    yield "imported"
    load_model(output)
    yield "loaded"


_CHUNKED = b"".join(
    b"%x\r\n%b\r\n" % (len(CONTENT[at : at + 65_536]), CONTENT[at : at + 65_536])
    for at in range(0, len(CONTENT), 65_536)
)
_FURTHER = b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: nginx\r\nConnection: close\r\n"
ANSWERS = (
    b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: "one"\r\n%b\r\n%b'
    % (len(CONTENT), _FURTHER, CONTENT),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % _CHUNKED,
    b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1000-%d/%d\r\nContent-Length: %d\r\n"
    b"\r\n%b" % (len(CONTENT) - 1, len(CONTENT), len(CONTENT) - 1000, CONTENT[1000:]),
    b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
)
"""Whole answers, of which the headers are damaged; none sends elsewhere."""

RECORDS = (
    json.dumps({"url": "http://127.0.0.1/a", "etag": '"one"', "checksum": MD5}),
    f"{SHA256}  file.bin\n",
    f"{len(CONTENT)} 1700000000000000000 {MD5}\n",
)


def read_answer(path: Path) -> Iterator[str]:
    """The answer to whoever has the first 1,000 bytes, if it is one for the rest."""
    answer, destination = path.read_bytes(), path.with_name("file.bin")
    with serving() as server, _removed(destination):
        entry = Source(description="bytes", url=server.url("/a", raw(answer)), md5=MD5)
        if b"206" in answer[:20]:
            destination.with_name("file.bin.part").write_bytes(CONTENT[:1000])
            record = json.dumps({"url": "", "etag": None, "checksum": MD5})
            destination.with_name("file.bin.part.json").write_text(record)
        download(entry, destination, progress=False, patience=_ONCE)
        yield "whole"
        assert destination.read_bytes() == CONTENT


def read_records(path: Path) -> Iterator[str]:
    """The same text in the place of each record."""
    text, destination = path.read_bytes(), path.with_name("file.bin")
    with serving() as server, _removed(destination):
        known = Source(description="bytes", url=server.url("/a", good), md5=MD5)
        unknown = known.model_copy(update={"md5": None})
        destination.with_name("file.bin.part").write_bytes(CONTENT[:1000])
        destination.with_name("file.bin.part.json").write_bytes(text)
        download(known, destination, progress=False, patience=_ONCE)
        yield "part"
        destination.with_name("file.bin.checked").write_bytes(text)
        check_downloads([known], [destination])
        yield "checked"
        destination.with_name("file.bin.sha256").write_bytes(text)
        check_downloads([unknown], [destination])
        yield "first digest"


@contextmanager
def _removed(destination: Path) -> Iterator[None]:
    """Without the download and its records in the end."""
    try:
        yield
    finally:
        for path in destination.parent.glob(f"{destination.name}*"):
            path.unlink()
