"""Servers that mean harm: odd headers, redirects out of the web, answers without an end."""

from email.message import Message
from http.client import HTTPMessage
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

import pytest
from bad_server import CONTENT, MD5, Server, good, never_ends, raw, source, state

from darkpixel.config.sources import Source
from darkpixel.errors import DarkpixelError
from darkpixel.formats import download as module
from darkpixel.formats.download import Patience, check_downloads, download

QUICK = Patience(tries=2, wait=0.01, longest_wait=0.02, timeout=0.5)
MANY = "9" * 5000


def failure(entry: Source, path: Path) -> str:
    with pytest.raises(DarkpixelError) as caught:
        download(entry, path, patience=QUICK)
    message = str(caught.value)
    assert message.isprintable()
    assert str(path) in message
    assert not path.is_file()
    return message


HEADERS = {
    "a length in superscript": b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n",
    "a length of 5,000 digits": f"HTTP/1.1 200 OK\r\nContent-Length: {MANY}\r\n\r\n".encode(),
    "a wait in superscript": b"HTTP/1.1 503 Busy\r\nRetry-After: \xb2\r\n\r\n",
    "a wait of 5,000 digits": f"HTTP/1.1 503 Busy\r\nRetry-After: {MANY}\r\n\r\n".encode(),
    "a wait until a year beyond": b"HTTP/1.1 503 Busy\r\nRetry-After: "
    b"Thu, 01 Jan 99999999999999999999 00:00:00 GMT\r\n\r\n",
    "a range of 5,000 digits": f"HTTP/1.1 206 OK\r\nContent-Range: bytes {MANY}-1/{MANY}"
    "\r\nContent-Length: 0\r\n\r\n".encode(),
    "no number as its status": b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n",
    "control characters": b"HTTP/1.1 404 \x1b[31mred\x07\r\n\r\n",
    "a chunk of no size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\xb2\r\nabc",
    "a chunk below zero": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
    "a port that is none": b"HTTP/1.1 302 Found\r\nLocation: http://localhost:\xb2/\r\n\r\n",
    "a host that is none": b"HTTP/1.1 302 Found\r\nLocation: http://[/\r\n\r\n",
    "a line without end": b"HTTP/1.1 200 " + b"a" * 100_000,
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000,
}  # fmt: skip


@pytest.mark.parametrize("what", HEADERS)
def test_after_odd_headers_the_mirror_is_asked(server: Server, tmp_path: Path, what: str) -> None:
    bad, path = server.url("/bad", raw(HEADERS[what])), tmp_path / "file.bin"
    assert bad in failure(source(bad), path)
    download(source(bad, server.url("/mirror", good)), path, patience=QUICK)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("known", [{}, {"md5": MD5, "size": 1000}])
def test_an_answer_without_end_is_left(
    server: Server, tmp_path: Path, known: dict[str, Any]
) -> None:
    entry = source(server.url("/a", never_ends), **known)
    assert "or more came, expected" in failure(entry, tmp_path / "file.bin")
    assert not list(tmp_path.iterdir()), "the disk is not filled"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_page_is_followed(
    server: Server, tmp_path: Path, status: int
) -> None:
    there = server.url("/there", good)
    entry = source(server.url("/here", state(status, Location=there)))
    download(entry, tmp_path / "file.bin", patience=QUICK)
    assert server.paths == ["/here", "/there"]


@pytest.mark.parametrize("scheme", ["file", "ftp", "data", "gopher", "FILE"])
def test_a_redirect_out_of_the_web_is_refused(server: Server, tmp_path: Path, scheme: str) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(CONTENT)
    away = state(302, Location=f"{scheme}://{secret}")
    message = failure(source(server.url("/a", away)), tmp_path / "file.bin")
    assert str(secret) in message
    assert "HTTP 302" in message


def test_a_circle_of_redirects_ends(server: Server, tmp_path: Path) -> None:
    here = server.url("/a", good)
    server.url("/a", state(302, Location=here))
    assert "HTTP 302" in failure(source(here), tmp_path / "file.bin")


@pytest.mark.parametrize(
    ("old", "new", "followed"),
    [
        ("http", "http", True), ("http", "https", True), ("https", "https", True),
        ("https", "http", False),
    ],
)  # fmt: skip
def test_no_redirect_leaves_https(old: str, new: str, followed: bool) -> None:
    request, target = Request(f"{old}://example.org/a"), f"{new}://example.org/b"
    headers = HTTPMessage(Message().policy)
    redirects = module._Redirects()
    if followed:
        sent = redirects.redirect_request(request, BytesIO(), 302, "Found", headers, target)
        assert sent is not None
        assert sent.full_url == target
        return
    with pytest.raises(HTTPError, match="not https"):
        redirects.redirect_request(request, BytesIO(), 302, "Found", headers, target)


@pytest.mark.parametrize("record", ["\xff", "[]", '{"url": 1}', "[" * 100_000, '{"etag": 5}'])
def test_a_damaged_record_of_a_part_begins_anew(
    server: Server, tmp_path: Path, record: str
) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    (tmp_path / "file.bin.part.json").write_text(record, encoding="latin-1")
    download(source(server.url("/a", good)), tmp_path / "file.bin", patience=QUICK)
    assert server.ranges == [None]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_damaged_record_of_a_check_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT)
    (tmp_path / "file.bin.checked").write_bytes(b"\xff\xfe")
    check_downloads([source("http://example.org/a")], [path])
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(DarkpixelError, match="expected"):
        check_downloads([source("http://example.org/a")], [path])


def test_a_first_digest_that_is_none_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.sha256").write_bytes(b"\xff\x1b[31m")
    message = failure(source(server.url("/a", good), size=None), tmp_path / "file.bin")
    assert "file.bin.sha256: does not begin with a SHA-256 sum" in message


def test_a_folder_in_the_place_of_a_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").mkdir()
    assert "file.bin.part" in failure(source(server.url("/a", good)), tmp_path / "file.bin")
