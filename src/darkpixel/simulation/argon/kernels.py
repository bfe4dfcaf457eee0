"""Compilation of the simulator's loops, kept on disk for the jobs that follow.

Numba renews a compiled function when that function's own file changes, but not when a file it
calls into does, and would go on using old physics. So the cache lies in a folder named after
the contents of all of the simulator's files.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

from darkpixel.formats.files import user_cache

_config: Any = numba.config

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compile `function` at its first call, or take what an earlier process compiled.

    Several processes may compile at once: each cache file appears whole, and is the same whoever
    wrote it. Where no folder can be written, every process compiles for itself.
    """
    compiled = numba.njit(function)
    folder = _cache_folder()
    if folder is not None:
        # The folder is read once, in `enable_caching`; other users of numba keep theirs.
        previous = _config.CACHE_DIR
        _config.CACHE_DIR = str(folder)
        try:
            compiled.enable_caching()
        finally:
            _config.CACHE_DIR = previous
    result: Kernel = compiled
    return result


@cache
def _cache_folder() -> Path | None:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    parents = [Path(chosen)] if chosen else [Path(__file__).parent / "__pycache__", user_cache()]
    for parent in filter(None, parents):
        folder = parent / f"darkpixel-numba-{digest}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None
