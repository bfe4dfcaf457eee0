"""Damaged copies of real files, by mutations that know where the structure of a format lies.

Most bytes of a file are pixel values, and changing one tests nothing. So most mutations hit what
tells a reader where things are and how long: superblocks, object headers, messages, chunk indices
(HDF5); keys, trees, baskets and streamers (ROOT); the header (safetensors); scalars and indents
(YAML).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np
import uproot

Span = tuple[int, int]
"""First byte of a structure, and the one after its last."""

Mutate = Callable[[np.random.Generator], bytes]
"""A damaged copy of one file."""

_HDF5 = {
    b"\x89HDF": 96, b"TREE": 192, b"SNOD": 128, b"HEAP": 64, b"GCOL": 96, b"OHDR": 256,
    b"OCHK": 192, b"FRHP": 144, b"FHDB": 96, b"BTHD": 64, b"BTLF": 96, b"FADB": 64, b"FAHD": 32,
    b"EAHD": 72, b"EAIB": 64, b"FSHD": 64,
}  # fmt: skip
"""What structures begin with, and how many bytes of each are not data."""
_HEADER = 320  # bytes of an object header of version 1, which has no signature
_ODD = (0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**40,
        2**63 - 1, 2**63, 2**64 - 1)  # fmt: skip
_PLAIN = 0.2  # of the mutations anywhere in the file


def of_bytes(content: bytes, spans: Sequence[Span]) -> Mutate:
    """One to four changes, mostly within `spans`; one in eight files is cut off or lengthened."""

    def mutate(rng: np.random.Generator) -> bytes:
        data = bytearray(content)
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            low, high = spans[int(rng.integers(len(spans)))]
            if rng.random() < _PLAIN:
                low, high = 0, len(data)
            _change(data, int(rng.integers(low, max(low + 1, min(high, len(data))))), rng)
        if rng.random() < 0.125:
            end = int(rng.integers(len(data) + 1))
            data = data[:end] if rng.random() < 0.8 else data + data[:end]
        return bytes(data)

    return mutate


def _change(data: bytearray, at: int, rng: np.random.Generator) -> None:
    kind = rng.integers(5)
    if kind == 0:
        data[at] ^= 1 << int(rng.integers(8))
    elif kind in (1, 2):  # a number of one to eight bytes: odd, or an address within the file
        width = int(rng.choice([1, 2, 4, 8]))
        number = int(rng.integers(len(data))) if rng.random() < 0.5 else _odd(rng)
        order = "little" if rng.random() < 0.5 else "big"
        written = (number % 2 ** (8 * width)).to_bytes(width, order)
        data[at : at + width] = written[: len(data) - at]
    elif kind == 3:  # a piece of the file over another
        length = int(rng.choice([1, 4, 8, 16, 64]))
        start = int(rng.integers(len(data)))
        piece = data[start : start + min(length, len(data) - at)]
        data[at : at + len(piece)] = piece
    else:
        length = min(int(rng.choice([1, 8, 64])), len(data) - at)
        data[at : at + length] = rng.choice([b"\x00", b"\xff"]) * length


def _odd(rng: np.random.Generator) -> int:
    return _ODD[rng.integers(len(_ODD))]


def of_hdf5(path: Path) -> Mutate:
    """Of an HDF5 file."""
    content = path.read_bytes()
    spans = [
        (found.start(), found.start() + length)
        for signature, length in _HDF5.items()
        for found in re.finditer(re.escape(signature), content)
    ]
    with h5py.File(path, "r") as file:
        addresses = {h5py.h5o.get_info(file.id).addr}
        file.visititems(lambda _, thing: addresses.add(h5py.h5o.get_info(thing.id).addr))
    spans += [(at, at + _HEADER) for at in sorted(addresses)]
    return of_bytes(content, spans)


def of_root(path: Path) -> Mutate:
    """Of a ROOT file; best one that is not compressed."""
    content = path.read_bytes()
    spans = [(0, 120)]
    with uproot.open(path) as file:
        for name in file.keys(recursive=False):
            key = file.key(name)
            spans.append((key.fSeekKey, key.fSeekKey + key.fNbytes))
            for branch in file[name].itervalues(recursive=True):
                spans += [(int(at), int(at) + 100) for at in branch.member("fBasketSeek") if at > 0]
    streamers = content.find(b"StreamerInfo")
    return of_bytes(content, [*spans, (max(0, streamers - 60), len(content))])


_TOKEN = re.compile(r'"[^"]*"|-?\d+')


def of_safetensors(path: Path) -> Mutate:
    """Of a safetensors file: half of the mutations rewrite its header, which stays JSON."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header, data = content[8 : 8 + length].decode(), content[8 + length :]
    plain = of_bytes(content, [(0, 8 + length)])
    others = [
        "-1", "0", "1", str(2**40), str(2**64), "1e400", "null", "[]", "{}", '"F64"', '"I8"',
        '"BF16"', '"__metadata__"', '""',
    ]  # fmt: skip

    def mutate(rng: np.random.Generator) -> bytes:
        if rng.random() < 0.5:
            return plain(rng)
        tokens = list(_TOKEN.finditer(header))
        token, other = tokens[rng.integers(len(tokens))], others[rng.integers(len(others))]
        if rng.random() < 0.3:
            other = tokens[rng.integers(len(tokens))].group()
        text = (header[: token.start()] + other + header[token.end() :]).encode()
        return len(text).to_bytes(8, "little") + text + data

    return mutate


_SCALARS = (
    "", "null", "~", "true", "yes", "0", "-1", "1", "0100", "1:30", "1e400", ".nan", ".inf",
    str(2**63), str(2**200), "[]", "{}", "[[[[]]]]", "{a: 1}", "a", "''", "é", "\x00", "\x7f",
    "*a", "&a [*a]", "&a", "!!python/object/apply:os.system [echo]", "!!binary aGk=", "!!set {a}",
    "2026-01-01", "../..", "/dev/zero", "$(echo)", "a{b}c", "x" * 5000, "|", ">", "%", "@", "`",
    "? a", "- a", "<<: *b", "'", '"', "#", "{", "[", "1_000", "0x10", "0b1", "+.5", "١",
)  # fmt: skip
_SCALAR = re.compile(r"(?<=: )[^\s,{}\[\]#&*][^,{}\[\]#\n]*|[A-Za-z_][A-Za-z_0-9]*(?=:)")


def of_yaml(text: str) -> Mutate:
    """Of a YAML text: scalars and keys replaced, lines taken out, doubled, moved or indented."""

    def mutate(rng: np.random.Generator) -> bytes:
        changed = text
        for _ in range(rng.choice([1, 1, 2, 4])):
            changed = _changed_text(changed, rng)
        data = changed.encode()
        if rng.random() < 0.1 and data:
            buffer = bytearray(data)
            _change(buffer, int(rng.integers(len(buffer))), rng)
            data = bytes(buffer)
        return data

    return mutate


def _changed_text(text: str, rng: np.random.Generator) -> str:
    kind = rng.integers(8)
    if kind < 5:
        found = list(_SCALAR.finditer(text))
        if not found:
            return text
        here = found[rng.integers(len(found))]
        other = _SCALARS[rng.integers(len(_SCALARS))]
        if rng.random() < 0.3:
            other = found[rng.integers(len(found))].group()
        return text[: here.start()] + other + text[here.end() :]
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at, to = rng.integers(len(lines), size=2)
    if kind == 5:
        del lines[at]
    elif kind == 6:
        lines.insert(to, lines[at])
    else:
        lines[at] = " " * int(rng.integers(1, 5)) + lines[at]
    return "".join(lines)


def of_text(text: str, others: Iterable[str]) -> Mutate:
    """Of a text of fields between commas: fields replaced, bytes changed."""
    others = list(others)
    plain = of_bytes(text.encode(), [(0, len(text))])

    def mutate(rng: np.random.Generator) -> bytes:
        if rng.random() < 0.3:
            return plain(rng)
        fields = re.split(r"([,\n])", text)
        fields[2 * rng.integers((len(fields) + 1) // 2)] = others[rng.integers(len(others))]
        return "".join(fields).encode()

    return mutate
