"""Download a public file: resumable, from mirrors, checked, and only ever whole.

The bytes go to `{destination}.part` and stay there when a download breaks off, beside
`{destination}.part.json`, which records the file that they are the beginning of. The next call
goes on from there. The destination appears only when size and checksum are right. Where no
checksum is published, `{destination}.sha256` keeps that of the first download, and later
downloads must have the same.

HTTP is the standard library's because requests trusts its own list of certificates instead of the
machine's, and its `iter_content` drops what arrived before a stall (docs/dependencies.md).
"""

import errno
import re
import shutil
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, TypeGuard
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tqdm import tqdm

from darkpixel.config.sources import Source, load_sources
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.formats.part_file import PartFile, digest_of, known_checksum

__all__ = ["Patience", "Source", "check_downloads", "download", "load_sources"]

_PIECE = 2**18  # bytes read at once
_DIGITS = "[0-9]{1,18}"  # of a number in a header; int() and isdigit() take more than these
_PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses worth another try


@dataclass(frozen=True)
class Patience:
    """How long to insist on one URL; times in seconds."""

    tries: int = 5  # in a row without a byte of progress
    wait: float = 1.0  # before the second try; doubles with each further one
    longest_wait: float = 120.0  # also for a server that asks for more (Retry-After)
    timeout: float = 60.0  # silence after which a connection counts as stalled


class _Passing(Exception):
    """This try failed; the next one may not."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Refused(Exception):
    """This URL will not give the file."""


class _Redirects(HTTPRedirectHandler):
    """Goes where a server sends it, if that is http or https, and never from https to http."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        # The standard library would follow to FTP, and give up what a certificate vouched for.
        allowed = ("https",) if req.type == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in allowed:
            problem = f"sends on to {newurl}, which is not {' or '.join(allowed)}"
            raise HTTPError(req.full_url, code, problem, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(
    entry: Source,
    destination: str | Path,
    *,
    progress: bool = True,
    patience: Patience | None = None,
) -> None:
    """Bring the file of `entry` to `destination`; a right one already there is kept.

    Args:
        entry: where the file is, its size and its checksums.
        destination: path of the file; its folder is created if missing.
        progress: show a progress bar, if the output is a terminal.
        patience: how long to insist; None: the defaults of `Patience`.

    Raises:
        DarkpixelError: no URL gave the right file (one line with every URL, what was found and
            what was expected), or the disk is full. What has arrived is kept for the next call.
    """
    job = _Download(entry, Path(destination), progress, patience or Patience())
    job.run()


def check_downloads(entries: Sequence[Source], paths: Sequence[Path]) -> None:
    """Refuse files that are not those of the entries, such as others put there by hand.

    A file is read once for this; `{path}.checked` remembers its size, its date and the checksum.

    Args:
        entries: of `config/sources.yaml`.
        paths: the file of each.

    Raises:
        DarkpixelError: a file has another checksum than is published, or than the first download.
    """
    for entry, path in zip(entries, paths, strict=True):
        _Download(entry, path, progress=False, patience=Patience()).check()


class _Download:
    """One call of `download`."""

    def __init__(
        self, entry: Source, destination: Path, progress: bool, patience: Patience
    ) -> None:
        self.entry = entry
        self.destination = destination
        self.progress = progress
        self.patience = patience
        self.first_digest = destination.with_name(destination.name + ".sha256")
        self.checksum = known_checksum(entry, self.first_digest)
        self.part = PartFile(destination, entry.size, self.checksum)

    def run(self) -> None:
        try:
            self.destination.parent.mkdir(parents=True, exist_ok=True)
            if self.destination.exists() and self._fault(self.destination) is None:
                self._remember_digest()
                return
            self._from_any_url()
        except OSError as error:
            raise self._disk_error(error) from error

    def check(self) -> None:
        """Refuse a file at the destination that is not the entry's; one is read once for this."""
        try:
            self._check()
        except OSError as error:
            raise self._disk_error(error) from error

    def _check(self) -> None:
        if not self.destination.is_file():
            raise DarkpixelError(f"{self.destination}: no file; download it, or put it there.")
        found = self.destination.stat()
        known = self.checksum.value if self.checksum else "the first"
        words = f"{found.st_size} {found.st_mtime_ns} {known}\n"
        checked = self.destination.with_name(self.destination.name + ".checked")
        if checked.is_file() and checked.read_bytes() == words.encode():
            return
        fault = self._fault(self.destination)
        if fault is not None:
            raise DarkpixelError(
                f"{self.destination}: {fault}; it is not the file of {self.entry.url}: remove it "
                "to download that, and give files of your own with `source: file`."
            )
        self._remember_digest()
        with whole_file(checked) as temporary:
            temporary.write_text(words)

    def _from_any_url(self) -> None:
        refusals = []
        for url in self.entry.urls:
            try:
                self._bring(url)
            except _Refused as refusal:
                refusals.append(f"{url}: {_printable(str(refusal))}")
                continue
            self.part.become(self.destination)
            self._remember_digest()
            return
        kept = self.part.size
        remedy = f"{kept} bytes are kept: run again to go on" if kept else "check the network"
        raise DarkpixelError(
            f"{self.destination}: download failed ({'; '.join(refusals)}); "
            f"{remedy}, or put the file there yourself."
        )

    def _bring(self, url: str) -> None:
        """The whole file of `url` as the part file; anew where what others began is not of it."""
        begun = self.part.beginning_of(url)
        self._insist(url)
        fault = self._fault(self.part.path)
        if fault is not None and begun:
            self.part.discard()
            self._insist(url)
            fault = self._fault(self.part.path)
        if fault is not None:
            self.part.discard()
            raise _Refused(fault)

    def _insist(self, url: str) -> None:
        """Bring the whole of `url` to the part file, in as many tries as progress allows."""
        # By hand because tenacity counts all tries, not those without progress: twice as long.
        failures, furthest = 0, self.part.beginning_of(url)
        while True:
            try:
                return self._advance(url)
            except _Passing as problem:
                # Only new ground counts, lest a server that always breaks off at the same place
                # and cannot resume be asked for ever.
                reached = self.part.size
                failures = 1 if reached > furthest else failures + 1
                furthest = max(furthest, reached)
                if failures >= self.patience.tries:
                    raise _Refused(f"{problem} ({failures} tries)") from problem
                wait = self.patience.wait * 2 ** (failures - 1)
                if problem.retry_after is not None:
                    wait = problem.retry_after
                time.sleep(min(wait, self.patience.longest_wait))

    def _advance(self, url: str) -> None:
        """One request: append to the part file, from where it ends, until the file is whole."""
        offset = self.part.beginning_of(url)
        if offset and offset == self.entry.size:
            return
        try:
            with self._request(url, offset) as response:
                start, total = self._range(url, response, offset)
                if total is None and self.checksum is None:
                    raise _Refused(
                        "the server gives no size, so a whole file cannot be told from a "
                        "truncated one; add size or sha256 to the entry in sources.yaml"
                    )
                self.part.note(url, response.headers.get("ETag"))
                self._receive(response, start, total)
        except HTTPError as error:
            self._http_error(error, offset)
        except URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise _Refused(f"certificate not trusted ({error.reason})") from error
            raise _Passing(f"{error.reason}") from error
        except HTTPException as error:
            raise _Passing(f"not an HTTP answer ({error!r})") from error

    def _request(self, url: str, offset: int) -> HTTPResponse:
        # identity: a compressed answer would have other offsets and another checksum
        headers = {"User-Agent": "darkpixel", "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            tag = self.part.etag
            if self.part.is_from(url) and _may_be_sent(tag) and not tag.startswith("W/"):
                headers["If-Range"] = tag
        try:
            response: HTTPResponse = build_opener(_Redirects).open(
                Request(url, headers=headers), timeout=self.patience.timeout
            )
        except URLError:
            raise
        except ValueError as error:  # where the server sends us is no URL
            raise _Refused(f"not an HTTP answer ({error})") from error
        except OSError as error:  # a timeout or a reset while the headers are read
            raise _Passing(str(error) or type(error).__name__) from error
        return response

    def _range(self, url: str, response: HTTPResponse, offset: int) -> tuple[int, int | None]:
        """Where the body of the answer starts, and how long the whole file is (if known)."""
        if response.status == 206:
            pattern = rf"bytes ({_DIGITS})-{_DIGITS}/({_DIGITS}|\*)"
            match = re.fullmatch(pattern, response.headers.get("Content-Range", "").strip())
            if match is None or int(match[1]) != offset:
                self.part.discard()
                answer = response.headers.get("Content-Range")
                raise _Passing(f"Content-Range is {answer!r}, asked for bytes from {offset}")
            if self.part.is_from(url) and self.part.etag != response.headers.get("ETag"):
                self.part.discard()
                raise _Passing("the file changed since the last try", retry_after=0)
            start, total = offset, None if match[2] == "*" else int(match[2])
        elif response.status == 200:  # the beginning, whether or not a range was asked for
            length = response.headers.get("Content-Length", "")
            start, total = 0, int(length) if re.fullmatch(_DIGITS, length) else None
        else:
            raise _Refused(f"HTTP {response.status} {response.reason}")
        if self.entry.size is not None and total not in (None, self.entry.size):
            raise _Refused(f"size is {total} bytes, expected {self.entry.size}")
        return start, self.entry.size or total

    def _receive(self, response: HTTPResponse, start: int, total: int | None) -> None:
        free = shutil.disk_usage(self.destination.parent).free
        if total is not None and total - start > free:
            raise OSError(errno.ENOSPC, f"{total - start} bytes to come")
        bar = tqdm(
            total=total,
            initial=start,
            desc=self.destination.name,
            unit="B",
            unit_scale=True,
            disable=None if self.progress else True,  # None: shown on a terminal only
        )
        with bar, self.part.path.open("ab" if start else "wb") as file:
            while True:
                try:
                    # read1 hands over what has come: a stall loses nothing that arrived before
                    piece = response.read1(_PIECE)
                except (OSError, HTTPException) as error:
                    reason = str(error) or type(error).__name__
                    raise _Passing(f"{reason} after {file.tell()} bytes") from error
                if not piece:
                    break
                file.write(piece)
                bar.update(len(piece))
                if total is not None and file.tell() > total:
                    break  # it may never end
            reached = file.tell()
        if total is not None and reached < total:
            raise _Passing(f"connection closed after {reached} of {total} bytes")
        if total is not None and reached > total:
            self.part.discard()
            raise _Refused(f"{reached} bytes or more came, expected {total}")

    def _http_error(self, error: HTTPError, offset: int) -> None:
        with error:
            if error.code == 416 and offset:
                if error.headers.get("Content-Range") == f"bytes */{offset}":
                    return  # the part file is the whole file
                self.part.discard()
                raise _Passing(f"HTTP 416 for bytes from {offset}", retry_after=0) from error
            message = f"HTTP {error.code} {error.reason}"
            if error.code in _PASSING:
                raise _Passing(message, _seconds(error.headers.get("Retry-After"))) from error
            raise _Refused(message) from error

    def _remember_digest(self) -> None:
        if self.checksum is None:
            digest = digest_of(self.destination, "sha256")
            with whole_file(self.first_digest) as temporary:  # in the form of sha256sum
                temporary.write_text(f"{digest}  {self.destination.name}\n")

    def _fault(self, path: Path) -> str | None:
        """What is wrong with the whole file `path`, or None."""
        size = path.stat().st_size
        if self.entry.size is not None and size != self.entry.size:
            return f"size is {size} bytes, expected {self.entry.size}"
        if self.checksum is not None:
            digest = digest_of(path, self.checksum.algorithm)
            if digest != self.checksum.value:
                return (
                    f"{self.checksum.algorithm} is {digest}, "
                    f"expected {self.checksum.value} ({self.checksum.origin})"
                )
        return None

    def _disk_error(self, error: OSError) -> DarkpixelError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = shutil.disk_usage(self.destination.parent).free / 1e6
            return DarkpixelError(
                f"{self.destination}: disk full while downloading ({free:.0f} MB free, "
                f"{self.part.size / 1e6:.0f} MB have arrived and are kept); "
                "free some space and run again."
            )
        where = f"{error.filename}: " if error.filename else ""
        return DarkpixelError(
            f"{self.destination}: cannot be read or written ({where}{error.strerror or error}); "
            "check permissions, and what is there."
        )


def _may_be_sent(tag: str | None) -> TypeGuard[str]:
    """Whether a tag can stand in a header; the record it comes from may be damaged."""
    return bool(tag) and str(tag).isascii() and str(tag).isprintable()


def _printable(text: str) -> str:
    """What a server says, on one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds; it is a number or a date (RFC 9110, section 10.2.3)."""
    if retry_after is None:
        return None
    if re.fullmatch(_DIGITS, retry_after.strip()):
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
