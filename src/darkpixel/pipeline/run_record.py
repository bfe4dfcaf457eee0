"""What made a run's results: `results/{run}/run.yaml`, and a line in the metadata of figures."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from darkpixel import __version__
from darkpixel.config.yaml_files import load_yaml, read_text
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file

_LIBRARIES = (
    "torch", "numpy", "scipy", "scikit-learn", "h5py", "pythia8mc", "fastjet", "numba",
    "matplotlib", "snakemake",
)  # fmt: skip
NEEDED = {"configuration", "commit", "started", "command", "versions"}
"""Keys of every record."""
_PATIENCE = 10.0  # s, for git


def commit_of(project: str | Path) -> str:
    """The commit of a checkout, `-dirty` with changes of its own; "unknown" where it is none."""
    command = ["git", "-C", str(project), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip() or "unknown"


def made_by(run: str, commit: str, files: Sequence[str | Path]) -> str:
    """The line for figures: the same wherever and on however many cores the run is made.

    Args:
        files: of the configuration, the base first; one that is not below the folder of the run is
            known by its name alone.
    """
    overlays = "".join(f" {_from_here(Path(file))}" for file in files[1:])
    command = f"snakemake --cores all{f' --configfile{overlays}' if overlays else ''}"
    return f"darkpixel {__version__}, run '{run}', commit {commit}, command: {command}"


def _from_here(file: Path) -> str:
    inside = file.absolute().is_relative_to(Path.cwd())
    return str(file.absolute().relative_to(Path.cwd()) if inside else file.name)


def write_run_record(
    path: str | Path,
    config: Mapping[str, Any],
    *,
    files: Sequence[str | Path],
    commit: str,
    command: Sequence[str],
) -> None:
    """Write what is run: the merged configuration, the commit, versions and the computer.

    Raises:
        DarkpixelError: the file cannot be written.
    """
    record = {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": " ".join(command),
        "commit": commit,
        "configuration_files": [str(file) for file in files],
        "computer": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "versions": {"darkpixel": __version__, **_versions()},
        "configuration": dict(config),
    }
    with whole_file(path) as temporary:
        temporary.write_text(
            "# Written when the run was last started.\n" + yaml.safe_dump(record, sort_keys=False),
            encoding="utf-8",
        )


def read_run_record(path: str | Path) -> dict[str, Any]:
    """What `write_run_record` has written.

    Raises:
        DarkpixelError: it is not there, or no record of a run.
    """
    try:
        record = load_yaml(read_text(path))
    except (OSError, yaml.YAMLError) as error:
        raise DarkpixelError(
            f"{path}: cannot be read ({error}); start the run once more, which writes it."
        ) from error
    if not isinstance(record, dict) or not record.keys() >= NEEDED:
        raise DarkpixelError(f"{path}: no record of a run; start the run once more.")
    return record


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # an environment of conda has other libraries
            continue
    return found
