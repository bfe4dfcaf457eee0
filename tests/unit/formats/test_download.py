"""Downloads against a local server that misbehaves in every way we could think of."""

import errno
import hashlib
import re
import runpy
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bad_server import (
    CONTENT,
    MD5,
    SHA256,
    Request,
    Server,
    drops_after,
    good,
    hangs_up,
    ignores_range,
    ignores_range_and_drops,
    lies_about_range,
    other_content,
    says_no_length,
    source,
    stalls_after,
    state,
)
from repository import ROOT

from darkpixel.config.sources import Source
from darkpixel.errors import DarkpixelError
from darkpixel.formats import download as module
from darkpixel.formats.download import Patience, check_downloads, download
from darkpixel.formats.part_file import digest_of

QUICK = Patience(tries=3, wait=0.01, longest_wait=0.05, timeout=0.3)


def fetch(entry: Source, folder: Path, patience: Patience = QUICK) -> None:
    download(entry, folder / "file.bin", patience=patience)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def failure(entry: Source, folder: Path) -> str:
    with pytest.raises(DarkpixelError) as caught:
        fetch(entry, folder)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder / "file.bin") in message
    assert "file.bin" not in names(folder)
    return message


def test_whole_file_and_nothing_else(server: Server, tmp_path: Path) -> None:
    entry = source(server.url("/a", good))
    fetch(entry, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert names(tmp_path) == {"file.bin"}
    fetch(entry, tmp_path)
    assert len(server.paths) == 1, "a right file is not downloaded again"


def test_a_wrong_file_in_place_is_replaced(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT[:-1] + b"!")
    fetch(source(server.url("/a", good)), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "trouble",
    [drops_after(70_000), stalls_after(70_000)],
    ids=["dropped", "stalled"],
)
def test_broken_connection_goes_on_where_it_ended(
    server: Server, tmp_path: Path, trouble: Callable[[Request], None]
) -> None:
    fetch(source(server.url("/a", trouble, trouble, good)), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=70000-", "bytes=140000-"]


def test_many_drops_are_survived_while_there_is_progress(server: Server, tmp_path: Path) -> None:
    fetch(source(server.url("/a", drops_after(20_001))), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert len(server.ranges) == 10 > QUICK.tries


def test_next_call_resumes(server: Server, tmp_path: Path) -> None:
    entry = source(server.url("/a", drops_after(50_000), hangs_up))
    assert "50000 bytes are kept" in failure(entry, tmp_path)
    assert names(tmp_path) == {"file.bin.part", "file.bin.part.json"}
    server.url("/a", good)
    server.ranges.clear()
    fetch(entry, tmp_path)
    assert server.ranges == ["bytes=50000-"]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert names(tmp_path) == {"file.bin"}


def test_interrupt_keeps_what_arrived(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = source(server.url("/a", drops_after(50_000), good))

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fetch(entry, tmp_path)
    fetch(entry, tmp_path)
    assert server.ranges == [None, "bytes=50000-"]


def test_a_whole_part_file_needs_no_request(server: Server, tmp_path: Path) -> None:
    entry = source(server.url("/a", drops_after(50_000), hangs_up))
    failure(entry, tmp_path)
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    server.paths.clear()
    fetch(entry, tmp_path)
    assert server.paths == []


def test_a_whole_part_file_of_unknown_size(server: Server, tmp_path: Path) -> None:
    entry = source(server.url("/a", drops_after(50_000), hangs_up), md5=MD5)
    failure(entry, tmp_path)
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    server.url("/a", good)
    fetch(entry, tmp_path)
    assert server.ranges[-1] == f"bytes={len(CONTENT)}-"
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_a_part_file_that_is_too_long_restarts(
    server: Server, tmp_path: Path, size: int | None
) -> None:
    entry = source(server.url("/a", drops_after(50_000), hangs_up), md5=MD5, size=size)
    failure(entry, tmp_path)
    (tmp_path / "file.bin.part").write_bytes(CONTENT + b"more")
    server.url("/a", good)
    fetch(entry, tmp_path)
    assert server.ranges[-1] is None
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_the_part_of_another_file_is_not_continued(server: Server, tmp_path: Path) -> None:
    failure(source(server.url("/a", drops_after(50_000), hangs_up), md5="0" * 32), tmp_path)
    server.ranges.clear()
    fetch(source(server.url("/b", good)), tmp_path)
    assert server.ranges == [None]


def test_a_file_that_changed_on_the_server_restarts(server: Server, tmp_path: Path) -> None:
    """Without a checksum the ETag alone tells; this server does not even honour If-Range."""
    url = server.url("/a", drops_after(50_000), other_content)
    fetch(source(url, sha256=None), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("stubborn", [ignores_range, lies_about_range])
def test_servers_without_a_working_range(
    server: Server, tmp_path: Path, stubborn: Callable[[Request], None]
) -> None:
    fetch(source(server.url("/a", drops_after(50_000), stubborn)), tmp_path)
    assert server.ranges[1] == "bytes=50000-"
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_server_that_never_gets_further_is_given_up(server: Server, tmp_path: Path) -> None:
    message = failure(source(server.url("/a", ignores_range_and_drops)), tmp_path)
    assert "1000 of 200000 bytes" in message
    assert len(server.paths) == QUICK.tries


def test_wrong_checksum_goes_to_the_mirror(server: Server, tmp_path: Path) -> None:
    entry = source(server.url("/bad", other_content), server.url("/mirror", good))
    fetch(entry, tmp_path)
    assert server.paths == ["/bad", "/mirror"]
    assert server.ranges == [None, None], "nothing of the wrong file is kept"
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_wrong_checksum_everywhere(server: Server, tmp_path: Path) -> None:
    urls = [server.url("/bad", other_content), server.url("/worse", other_content)]
    message = failure(source(*urls), tmp_path)
    found = hashlib.md5(CONTENT[::-1]).hexdigest()
    assert all(word in message for word in [*urls, found, MD5, "sources.yaml"])
    assert names(tmp_path) == set()


def test_sha256_is_preferred(server: Server, tmp_path: Path) -> None:
    url = server.url("/a", good)
    fetch(source(url, md5="0" * 32, sha256=SHA256), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_wrong_size(server: Server, tmp_path: Path) -> None:
    message = failure(source(server.url("/a", good), size=len(CONTENT) + 1), tmp_path)
    assert "size is 200000 bytes, expected 200001" in message


def test_absent_goes_to_the_mirror_at_once(server: Server, tmp_path: Path) -> None:
    entry = source(server.url("/gone", state(404)), server.url("/mirror", good))
    fetch(entry, tmp_path)
    assert server.paths == ["/gone", "/mirror"]


def test_a_mirror_goes_on_with_the_part(server: Server, tmp_path: Path) -> None:
    """The checksum vouches for both; without one, the mirror starts anew."""
    urls = [server.url("/a", drops_after(50_000), state(404)), server.url("/mirror", good)]
    fetch(source(*urls), tmp_path)
    assert server.ranges == [None, "bytes=50000-", "bytes=50000-"]
    server.url("/a", drops_after(50_000), state(404))
    (tmp_path / "file.bin").unlink()
    server.ranges.clear()
    fetch(source(*urls, sha256=None), tmp_path)
    assert server.ranges == [None, "bytes=50000-", None]


def test_busy_server(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    busy = [state(503, Retry_After="7"), state(503), state(429, Retry_After="9999"), good]
    patience = Patience(tries=5, wait=1.0, longest_wait=120.0, timeout=1.0)
    fetch(source(server.url("/a", *busy)), tmp_path, patience)
    assert naps == [7.0, 2.0, 120.0], "what the server asks, else doubling, never too long"


def test_retry_after_as_a_date() -> None:
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    assert module._seconds(later) == pytest.approx(60, abs=2)
    assert module._seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    assert module._seconds("soon") is None


def test_nobody_answers(server: Server, tmp_path: Path) -> None:
    urls = [server.url("/a", state(404)), server.url("/b", state(503)), "http://127.0.0.1:9/c"]
    message = failure(source(*urls), tmp_path)
    assert all(word in message for word in [*urls, "HTTP 404", "HTTP 503", "(3 tries)", "refused"])


def test_without_published_checksum_the_first_digest_holds(server: Server, tmp_path: Path) -> None:
    entry = source(server.url("/a", good), size=None)
    fetch(entry, tmp_path)
    assert (tmp_path / "file.bin.sha256").read_text() == f"{SHA256}  file.bin\n"
    (tmp_path / "file.bin").unlink()
    server.url("/a", other_content)
    message = failure(entry, tmp_path)
    assert SHA256 in message
    assert "file.bin.sha256" in message


def test_the_first_digest_guards_the_file_in_place(server: Server, tmp_path: Path) -> None:
    entry = source(server.url("/a", good), size=None)
    fetch(entry, tmp_path)
    (tmp_path / "file.bin").write_bytes(CONTENT[::-1])
    fetch(entry, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert len(server.paths) == 2


def test_unknown_size_and_checksum_is_refused(server: Server, tmp_path: Path) -> None:
    url = server.url("/a", says_no_length)
    assert "gives no size" in failure(source(url, size=None), tmp_path)
    fetch(source(url, md5=MD5), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_disk_full(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=1000))
    assert "disk full" in failure(source(server.url("/a", good)), tmp_path)
    monkeypatch.undo()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module._Download, "_receive", full)
    assert "disk full" in failure(source(server.url("/a", good)), tmp_path)


def test_quiet_when_not_a_terminal(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fetch(source(server.url("/a", good)), tmp_path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("known", [{"md5": MD5}, {"sha256": SHA256}, {"size": len(CONTENT) + 1}])
def test_another_file_put_there_by_hand_is_refused(tmp_path: Path, known: dict[str, Any]) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT[::-1])
    entry = source("https://example.org/a", **known)
    for _ in range(2):  # a refusal is not remembered
        with pytest.raises(DarkpixelError) as caught:
            check_downloads([entry], [path])
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "expected" in message
        assert "`source: file`" in message
        assert "\n" not in message
    assert names(tmp_path) == {"file.bin"}


@pytest.mark.parametrize("known", [{"md5": MD5}, {"size": len(CONTENT)}])
def test_a_file_is_checked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: dict[str, Any]
) -> None:
    """Until it changes. Where no checksum is published, that of the first file must stay."""
    path, entry = tmp_path / "file.bin", source("https://example.org/a", **known)
    read: list[Path] = []

    def counted(path: Path, algorithm: str) -> str:
        read.append(path)
        return digest_of(path, algorithm)

    monkeypatch.setattr(module, "digest_of", counted)
    path.write_bytes(CONTENT)
    for _ in range(3):
        check_downloads([entry], [path])
    # Without a published one the first call only learns it, and the second compares.
    assert len(read) == (1 if "md5" in known else 2)
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(DarkpixelError, match="expected"):
        check_downloads([entry], [path])


def test_a_download_that_is_missing_or_no_file_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.h5", tmp_path):
        with pytest.raises(DarkpixelError, match="no file; download it"):
            check_downloads([source("https://example.org/a")], [path])


@pytest.mark.parametrize("rule", ["prepare_jets", "prepare_lartpc"])
def test_the_jobs_that_read_downloads_check_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str
) -> None:
    """A job refuses another file by its checksum, before it looks at what is in it."""
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT[::-1])
    entry = source("https://example.org/a", md5=MD5)
    job = SimpleNamespace(
        log=[str(tmp_path / "job.log")],
        input=SimpleNamespace(raw=[str(path)]),
        params=SimpleNamespace(source="download", downloads=[entry.model_dump()]),
    )
    with pytest.raises(SystemExit):
        runpy.run_path(str(ROOT / f"workflow/scripts/{rule}.py"), {"snakemake": job})
    assert re.search(rf"{path}: .*expected .*{MD5}", capsys.readouterr().err)
