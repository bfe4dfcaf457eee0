"""`darkpixel doctor`: what this computer has, and what would go wrong."""

import argparse
import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from darkpixel import __version__
from darkpixel.cli.options import Commands, add_command, print_json
from darkpixel.errors import DarkpixelError

_PYTHONS = (3, 11), (3, 13)
_LEAST_DISK, _LEAST_MEMORY = 5e9, 4e9  # bytes; the demo's results are 1 GB, a training 2 GB
_PARTS = {
    "torch": "trains and samples the models", "pythia8mc": "simulates jets and muons",
    "fastjet": "finds jets", "numba": "compiles the argon simulator", "h5py": "reads and writes",
    "snakemake": "runs the workflow; the rest works without it",
}  # fmt: skip
_EXTRAS = {"snakemake": "workflow", "pythia8mc": "simulation", "fastjet": "simulation"}
"""Of pyproject.toml, which `pip install .` leaves out."""
_LICENCES = (
    "licences: darkpixel MIT; Pythia 8 and FastJet, which only simulate jets and muons, GNU GPL 2 "
    "or later"
)
_PATIENCE = 20.0  # s, for Slurm's controller
_SHOWN = 5  # partitions


class Finding(NamedTuple):
    """One line."""

    good: bool
    text: str


def add_doctor(commands: Commands) -> None:
    """Its options."""
    doctor = add_command(
        commands, "doctor", "what this computer has, and what would go wrong",
        "",
        "--configfile config/config.yaml mine.yaml",
    )  # fmt: skip
    doctor.add_argument(
        "--configfile", nargs="+", type=Path, default=[], metavar="FILE",
        help="a run's configuration, base and overlays, to check, too",
    )  # fmt: skip
    doctor.add_argument("--json", action="store_true", help="print the lines as JSON")
    doctor.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> None:
    bad = 0
    found = []
    for finding in findings(options.configfile):
        found.append(finding)
        bad += not finding.good
        if not options.json:
            print(f"{'ok ' if finding.good else 'BAD'}  {finding.text}")
    if options.json:
        print_json([finding._asdict() for finding in found])
    if bad:
        raise DarkpixelError(f"{bad} of these will go wrong; see the lines above.")


def findings(files: list[Path]) -> Iterator[Finding]:
    """The lines, one after the other."""
    version = sys.version_info
    low, high = _PYTHONS
    yield Finding(
        low <= version[:2] <= high,
        f"Python {version.major}.{version.minor}.{version.micro}, darkpixel {__version__} "
        f"(needs {low[0]}.{low[1]} to {high[0]}.{high[1]})",
    )
    for name, does in _PARTS.items():
        yield _part(name, does)
    yield Finding(True, _LICENCES)
    yield _processor()
    yield _memory()
    yield from _folders()
    yield _slurm()
    if files:
        yield _configuration(files)


def _part(name: str, does: str) -> Finding:
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001  # a library that does not fit fails in any way
        if name in _EXTRAS and isinstance(error, ModuleNotFoundError) and error.name == name:
            get = f"pip install '.[{_EXTRAS[name]}]'"
            return Finding(True, f"{name}: not here, it {does}; {get} in the checkout brings it")
        return Finding(False, f"{name}: cannot be imported ({error}); it {does}")
    return Finding(True, f"{name} {metadata.version(name)}: {does}")


def _processor() -> Finding:
    import torch

    from darkpixel.models.workers import usable_cores

    cores = usable_cores()
    gpus = [torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        gpus.append("Apple GPU (mps)")
    return Finding(
        cores > 0,
        f"{cores} cores; GPU: {', '.join(gpus) or 'none, which the demo does not need'}",
    )


def _memory() -> Finding:
    from darkpixel.models.device import memory_limit

    memory = memory_limit()
    return Finding(
        memory >= _LEAST_MEMORY,
        f"memory {memory / 1e9:.0f} GB (a training takes 2 to 4)",
    )


def _folders() -> Iterator[Finding]:
    from darkpixel.pipeline.checks import check_cache

    free = shutil.disk_usage(Path.cwd()).free
    yield Finding(free >= _LEAST_DISK, f"disk: {free / 1e9:.0f} GB free here (the demo takes 1)")
    try:
        yield Finding(True, f"cache: {check_cache()}")
    except DarkpixelError as error:
        yield Finding(False, str(error))


def _slurm() -> Finding:
    if shutil.which("sinfo") is None:
        return Finding(True, "Slurm: not here; `--profile slurm` needs it")
    try:
        done = subprocess.run(
            ["sinfo", "--noheader", "--format=%P %D nodes"],
            capture_output=True, text=True, check=True, timeout=_PATIENCE,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):  # its programs alone, as on a laptop
        return Finding(
            True, "Slurm: installed, but no cluster answers; `--profile slurm` needs one"
        )
    partitions = done.stdout.split(chr(10))
    return Finding(True, f"Slurm: {', '.join(filter(None, partitions[:_SHOWN]))}")


def _configuration(files: list[Path]) -> Finding:
    from darkpixel.config.loading import load_run, read_yaml

    try:
        run = load_run(read_yaml(*files), files)
    except DarkpixelError as error:
        return Finding(False, str(error))
    return Finding(True, f"configuration: run '{run.run}', {', '.join(run.datasets.present())}")
