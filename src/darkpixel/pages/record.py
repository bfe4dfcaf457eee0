"""The record of the result pages: of which run, commit and day each table and figure is."""

import hashlib
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file

HEADER = """\
# Of which run, commit and day everything on the pages of docs/results is. `make pages RUN=...`
# writes the entries of that run anew; entries that say `by_hand` were taken from the pages as they
# were before there was such a record.
"""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunRecord(_Entry):
    """One data set's part of a run."""

    command: str = Field(description="which made it")
    commits: list[str] = Field(description="of the code of its jobs, the earliest first")
    uncommitted: bool = Field(False, description="the code held changes without a commit")
    recorded: str = Field(description="day on which its tables came here, YYYY-MM-DD")
    hardware: str
    software: str
    core_minutes: int = Field(description="CPU time of its jobs, rounded to minutes")
    seeds: list[int] = Field(description="of the training runs")
    images: dict[str, int] = Field({}, description="images a label, by split")
    digests: dict[str, str] = Field(
        {}, description="of the settings of its image files and models, by path in the run's folder"
    )
    by_hand: bool = False
    remarks: str = Field("", description="prose about this run, shown on its page; by hand")
    caution: str = Field("", description="what stands at the head of its tables; by hand")


class FileRecord(_Entry):
    """One table or figure."""

    runs: list[str] = Field(description="data sets whose run it shows")
    commits: list[str] = Field(description="of the jobs behind it, the earliest first")
    recorded: str = Field(description="day on which it came here, YYYY-MM-DD")
    digest: str = Field(description="first 16 digits of the file's SHA-256")
    by_hand: bool = False
    remarks: str = ""


class Record(_Entry):
    """Everything that the pages are made from, less the numbers themselves."""

    runs: dict[str, RunRecord] = {}
    tables: dict[str, FileRecord] = {}
    figures: dict[str, FileRecord] = {}


def read_record(path: Path) -> Record:
    """The record in a file; an empty one where there is none.

    Raises:
        DarkpixelError: the file is no record.
    """
    if not path.is_file():
        return Record()
    try:
        return Record.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (ValidationError, yaml.YAMLError) as error:
        raise DarkpixelError(f"{path}: no record of results: {error}") from error


def write_record(record: Record, path: Path) -> None:
    """Write a record, keys in the order of their declaration."""
    content = record.model_dump(exclude_defaults=True)
    with whole_file(path) as temporary:
        temporary.write_text(
            HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100),
            encoding="utf-8",
        )


def file_digest(path: Path) -> str:
    """First 16 digits of the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
