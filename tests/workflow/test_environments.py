"""The lock, pyproject.toml, the conda files and the installed packages agree."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]
CONDA_FILES = sorted((PROJECT / "envs").glob("*.yaml"))


def pins(lines: list[str]) -> dict[str, str]:
    """The exact versions of `name==version` lines, by canonical name."""
    versions = {}
    for line in lines:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!]+)", line)
        assert match, f"{line!r} is no exact version"
        name = canonicalize_name(match[1])
        assert name not in versions, f"{name} stands twice"
        versions[name] = match[2]
    return versions


def conda_pins(path: Path) -> dict[str, str]:
    (pip,) = [
        entry["pip"]
        for entry in yaml.safe_load(path.read_text())["dependencies"]
        if isinstance(entry, dict)
    ]
    return pins(pip)


def needs(name: str) -> list[str]:
    """Canonical names of what an installed package requires on this machine, without extras."""
    requirements = map(Requirement, metadata.requires(name) or [])
    return [
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]


@pytest.fixture(scope="module")
def lock() -> dict[str, str]:
    lines = (PROJECT / "envs/requirements.lock").read_text().splitlines()
    return pins([line for line in lines if line and not line.startswith("#")])


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


def test_every_dependency_is_locked_at_an_allowed_version(lock, project):
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    for line in [line for group in groups for line in group]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(lock[canonicalize_name(requirement.name)]), line


@pytest.mark.skipif(
    Path(sys.prefix) != PROJECT / ".venv", reason="only in the .venv that make makes"
)
def test_installed_packages_equal_the_lock(lock):
    installed = {
        canonicalize_name(package.name): package.version.partition("+")[0]  # torch's "+cpu"
        for package in metadata.distributions()
    }
    for name in ("pip", "darkpixel"):
        installed.pop(name, None)
    # What the CUDA build of torch brings is pinned by torch itself.
    installed = {
        name: version
        for name, version in installed.items()
        if not name.startswith(("nvidia-", "cuda-", "triton"))
    }
    assert installed == lock


@pytest.mark.parametrize("path", CONDA_FILES, ids=lambda path: path.stem)
def test_conda_versions_equal_the_lock(path, lock):
    for name, version in conda_pins(path).items():
        assert lock.get(name) == version, f"{path.name}: {name}"


@pytest.mark.parametrize("path", CONDA_FILES, ids=lambda path: path.stem)
def test_conda_files_are_complete(path):
    """Nothing is left for pip to choose: whatever a pinned package needs is pinned too."""
    listed = conda_pins(path)
    for name in listed:
        missing = {
            need for need in needs(name) if not need.startswith(("nvidia-", "cuda-", "triton"))
        } - listed.keys()
        assert not missing, f"{path.name}: {name} needs {sorted(missing)}"


def test_conda_python_is_allowed(project):
    for path in CONDA_FILES:
        (python,) = [
            entry
            for entry in yaml.safe_load(path.read_text())["dependencies"]
            if isinstance(entry, str) and entry.startswith("python=")
        ]
        version = python.removeprefix("python=") + ".0"
        assert Requirement(f"python{project['requires-python']}").specifier.contains(version)


def test_every_rule_names_a_conda_file_that_exists():
    rules = [*(PROJECT / "workflow/rules").glob("*.smk")]
    named = {
        (rule.parent / line.strip().strip('"')).resolve()
        for rule in rules
        for line in rule.read_text().splitlines()
        if line.strip().strip('"').endswith(".yaml") and "envs/" in line
    }
    assert named == set(CONDA_FILES)


class TestInstall:
    """envs/install.sh on machines that lack something: one clear line and no half environment."""

    def install(self, folder: Path, **programs: str) -> subprocess.CompletedProcess:
        """Run it with only `programs` (name: shell text) and the basic tools on the path."""
        tools = folder / "bin"
        tools.mkdir()
        for name in ("dirname", "rm", "date", "cat"):
            (tools / name).symlink_to(Path("/usr/bin") / name)
        for name, text in programs.items():
            (tools / name).write_text(f"#!/bin/sh\n{text}\n")
            (tools / name).chmod(0o755)
        return subprocess.run(
            ["/bin/sh", PROJECT / "envs/install.sh", folder / "venv"],
            env={"PATH": str(tools)},
            capture_output=True,
            text=True,
        )

    def test_without_python(self, tmp_path):
        done = self.install(tmp_path)
        assert done.returncode == 1
        assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
        assert "no Python found" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_with_another_version(self, tmp_path):
        done = self.install(tmp_path, python3="echo 3.9.2")
        assert done.returncode == 1
        assert "python3 is 3.9.2" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_without_the_venv_module(self, tmp_path):
        done = self.install(tmp_path, python3="echo no-venv")
        assert done.returncode == 1
        assert "python3-venv" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_failed_installation_is_not_taken_for_done(self, tmp_path):
        """A Python whose pip fails, as without a network."""
        fake = """
case "$1" in
    -c) echo yes ;;
    --version) echo Python 3.12.0 ;;
    *) if [ "$2" = venv ]; then
           /bin/mkdir -p "$4/bin" && /bin/cp "$0" "$4/bin/python"
       else
           echo "no network" >&2; exit 1
       fi ;;
esac"""
        done = self.install(tmp_path, python3=fake)
        assert done.returncode == 1
        assert "the installation failed" in done.stderr
        assert (tmp_path / "venv/bin/python").exists()
        assert not (tmp_path / "venv/installed").exists()
