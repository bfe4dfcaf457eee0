"""What has arrived of a download, and which file it is the beginning of."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from darkpixel.config.sources import Source
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file


@dataclass(frozen=True)
class Checksum:
    """A checksum that a file must have."""

    algorithm: str
    value: str
    origin: str
    """Where it is published."""


def known_checksum(entry: Source, first_digest: Path) -> Checksum | None:
    """The strongest checksum known: published, or that of the first download in `first_digest`.

    Raises:
        DarkpixelError: `first_digest` holds something else.
    """
    if entry.sha256:
        return Checksum("sha256", entry.sha256, "sources.yaml")
    if entry.md5:
        return Checksum("md5", entry.md5, "sources.yaml")
    if first_digest.is_file():
        value = first_digest.read_text(errors="replace").split(" ")[0].strip()
        if not re.fullmatch("[0-9a-f]{64}", value):
            raise DarkpixelError(
                f"{first_digest}: does not begin with a SHA-256 sum; remove it, and the next "
                "download keeps its own there."
            )
        return Checksum("sha256", value, str(first_digest))
    return None


def digest_of(path: Path, algorithm: str) -> str:
    """Digest of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


class PartFile:
    """The files `{destination}.part` and `{destination}.part.json`.

    Args:
        destination: of the download.
        file_size: bytes of the whole file; None: unknown.
        checksum: of the whole file; None: unknown.
    """

    def __init__(self, destination: Path, file_size: int | None, checksum: Checksum | None) -> None:
        self.path = destination.with_name(destination.name + ".part")
        self._record = destination.with_name(destination.name + ".part.json")
        self._file_size = file_size
        self._checksum = checksum

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    def beginning_of(self, url: str) -> int:
        """How many bytes are the beginning of the file at `url`; a part of another is removed."""
        record = self._read()
        # Without a published checksum two URLs may hold different files.
        key = "url" if self._checksum is None else "checksum"
        expected = url if self._checksum is None else self._checksum.value
        too_long = self._file_size is not None and self.size > self._file_size
        if not self.size or record.get(key) != expected or too_long:
            self.discard()
            return 0
        return self.size

    def is_from(self, url: str) -> bool:
        """Whether the bytes, or the last of them, came from `url`."""
        return self._read().get("url") == url

    @property
    def etag(self) -> str | None:
        """The server's tag of the file of which these are the first bytes."""
        return self._read().get("etag")

    def note(self, url: str, etag: str | None) -> None:
        """Record where the bytes to come are from."""
        checksum = self._checksum.value if self._checksum else None
        with whole_file(self._record) as temporary:
            temporary.write_text(json.dumps({"url": url, "etag": etag, "checksum": checksum}))

    def discard(self) -> None:
        """Remove what has arrived."""
        self.path.unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)

    def become(self, destination: Path) -> None:
        """Put the whole file in its place."""
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        self.path.replace(destination)
        self._record.unlink(missing_ok=True)

    def _read(self) -> dict[str, str]:
        """The record; nothing where it is damaged, and the download begins anew."""
        try:
            record = json.loads(self._record.read_text())
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        if not isinstance(record, dict):
            return {}
        return {key: value for key, value in record.items() if isinstance(value, str)}
