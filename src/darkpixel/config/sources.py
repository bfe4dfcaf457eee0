"""Table of public files, `config/sources.yaml`: URL, size, checksum, licence, citation."""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from darkpixel.config.base import Settings
from darkpixel.config.yaml_files import load_yaml, read_text
from darkpixel.errors import DarkpixelError

_Url = Annotated[str, Field(pattern=r"^https?://\S+$")]


class Source(Settings):
    """One file of `config/sources.yaml`."""

    description: str = Field(description="what the file is")
    url: _Url = Field(description="where to download it")
    mirrors: list[_Url] = Field([], description="further URLs, tried in turn")
    suffix: str = Field(
        "h5",
        pattern=r"^[a-z0-9]+(\.[a-z0-9]+)*$",
        description="ending of the name under results/downloads, e.g. root",
    )
    size: int | None = Field(None, ge=1, description="bytes; null where none is published")
    md5: str | None = Field(
        None, pattern="^[0-9a-f]{32}$", description="MD5 sum; null where none is published"
    )
    sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="SHA-256 sum; null where none is published"
    )
    licence: str | None = Field(None, description="licence; null where none is known")
    citation: str | None = Field(None, description="how to cite it; null where unknown")

    @property
    def urls(self) -> list[str]:
        """All places of the file, in the order in which they are tried."""
        return [self.url, *self.mirrors]


def load_sources(path: str | Path) -> dict[str, Source]:
    """The entries of `config/sources.yaml`, by name.

    Args:
        path: of the file.

    Raises:
        DarkpixelError: one line with the file, the key and what was found.
    """
    try:
        content = load_yaml(read_text(path))
    except OSError as error:
        raise DarkpixelError(f"{path}: cannot be read ({error.strerror}).") from error
    except yaml.YAMLError as error:
        raise DarkpixelError(f"{path}: not valid YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise DarkpixelError(f"{path}: expected named entries, found {type(content).__name__}.")
    sources = {}
    for name, entry in content.items():
        if re.fullmatch(r"\w+", str(name)) is None:
            raise DarkpixelError(
                f"{path}: {name!r}: files are named so; give letters, digits and underscores."
            )
        try:
            sources[str(name)] = Source.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, (name, *first["loc"])))
            raise DarkpixelError(
                f"{path}: {key}: found {first['input']!r}: {first['msg']} "
                f"(keys: {', '.join(Source.model_fields)})."
            ) from error
    return sources


def find_source(path: str | Path, name: str) -> Source:
    """One entry of `config/sources.yaml`.

    Args:
        path: of the file.
        name: of the entry.

    Raises:
        DarkpixelError: there is none; the line names the closest.
    """
    sources = load_sources(path)
    if name not in sources:
        close = get_close_matches(name, sources, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise DarkpixelError(
            f"{path}: no entry '{name}'{hint} (there are: {', '.join(sources) or 'none'})."
        )
    return sources[name]
