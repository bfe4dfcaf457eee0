"""Writes the conda files `envs/*.yaml` from the lock: `.venv/bin/python envs/generate.py`.

`ENVIRONMENTS` lists what the scripts of each environment's rules import. What those packages need
in turn is read from the packages installed beside this Python, the versions from
`requirements.lock`: nothing is looked up on the network. Run it after every change of the lock or
of the table; a test holds the files to it.
"""

import re
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parent
PYTHON = "3.11"

BASE = ["h5py", "numpy", "pydantic", "pyyaml"]
COLLISIONS = ["awkward", "fastjet", "pythia8mc"]
TABLES = ["pandas", "pyarrow"]
STATISTICS = ["scikit-learn", "scipy"]
NETWORKS = ["safetensors", "scipy", "torch", "tqdm"]


class Environment(NamedTuple):
    """One conda file."""

    purpose: str
    """Which rules it is for."""
    packages: list[str]
    """What their scripts import."""


ENVIRONMENTS = {
    "analysis": Environment(
        "the rules that measure, tabulate and draw",
        [*BASE, *TABLES, *STATISTICS, "matplotlib", "tabulate"],
    ),
    "models": Environment(
        "the rules that train, sample and round with torch",
        [*BASE, *TABLES, *NETWORKS, "filelock", "matplotlib", "numba", "tabulate"],
    ),
    "pages": Environment(
        "the report of a run",
        [*BASE, "pandas", "scipy", "jinja2", "markdown-it-py", "matplotlib", "tabulate"],
    ),
    "report": Environment(
        "Snakemake's report, which a second Snakemake makes, and the archive of a run",
        ["h5py", "numpy", "pydantic", "pygments", "pyyaml", "rocrate", "snakemake"],
    ),
    "search": Environment(
        "the search over architectures",
        [*BASE, *TABLES, *NETWORKS, "filelock", "numba", "optuna"],
    ),
    "simulation": Environment(
        "the rules that simulate, download and prepare data (Pythia 8 and FastJet are under the "
        "GPL)",
        [*BASE, *COLLISIONS, "numba", "tqdm", "uproot"],
    ),
    "speed": Environment(
        "the rule that times models and simulation in one job",
        [*BASE, *TABLES, *NETWORKS, *COLLISIONS, "numba", "uproot"],
    ),
}

# The markers of requirements are read for one platform, whatever this machine is.
PLATFORM = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}
# torch's CUDA build brings these and pins them itself.
_OF_TORCH = re.compile(r"nvidia-|cuda-|triton")


def locked() -> dict[str, str]:
    """The line `name==version` of each package in the lock, by canonical name."""
    lines = (FOLDER / "requirements.lock").read_text().splitlines()
    return {
        canonicalize_name(line.partition("==")[0]): line.partition(" ;")[0]
        for line in lines
        if line and not line.startswith("#")
    }


def closure(packages: list[str]) -> set[str]:
    """Canonical names of the packages and of all that they need."""
    complete: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(name), "") for name in packages]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in complete:
            continue
        complete.add((name, extra))
        for requirement in map(Requirement, metadata.requires(name) or []):
            marker, need = requirement.marker, canonicalize_name(requirement.name)
            if _OF_TORCH.match(need) or (
                marker and not marker.evaluate({**PLATFORM, "extra": extra})
            ):
                continue
            waiting += [(need, chosen) for chosen in ("", *requirement.extras)]
    return {name for name, _ in complete}


def conda_file(name: str) -> str:
    """The text of `{name}.yaml`.

    Raises:
        KeyError: the lock lacks a package that one of the environment's needs.
    """
    environment, lines = ENVIRONMENTS[name], locked()
    needed = closure(environment.packages)
    lacking = needed - lines.keys()
    if lacking:
        raise KeyError(f"requirements.lock lacks {sorted(lacking)}, which {name}.yaml needs")
    pins = [line for package, line in lines.items() if package in needed]
    return "\n".join(
        [
            f"# For {environment.purpose}, with `snakemake --sdm conda`.",
            "# Written by generate.py; versions and wheels are those of requirements.lock.",
            "channels:",
            "  - conda-forge",
            "  - nodefaults",
            "dependencies:",
            f"  - python={PYTHON}",
            "  - pip",
            "  - pip:",
            *(f"      - {pin}" for pin in pins),
            "",
        ]
    )


def main() -> None:
    """Write every conda file."""
    for name in ENVIRONMENTS:
        (FOLDER / f"{name}.yaml").write_text(conda_file(name))


if __name__ == "__main__":
    main()
