"""Digests of files and of plain settings, by which a result knows what it was made from."""

import hashlib
import json
from pathlib import Path
from typing import Any


def settings_digest(settings: Any) -> str:
    """Digest of plain settings (dicts, lists, numbers, strings), whatever the order of keys."""
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_digest(path: str | Path) -> str:
    """Digest of a file's bytes, read in pieces."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
