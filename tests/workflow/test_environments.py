"""The lock, pyproject.toml, the conda files and the installed packages agree."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from darkpixel.pipeline.resources import RULES

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src"
CONDA_FILES = sorted((PROJECT / "envs").glob("*.yaml"))
RULE_FILES = sorted((PROJECT / "workflow/rules").glob("*.smk"))


def pins(lines: list[str]) -> dict[str, str]:
    """The exact versions of `name==version` lines, by canonical name, of those for this machine."""
    versions: dict[str, str] = {}
    for line in lines:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!]+)(?: ?; (.+))?", line)
        assert match, f"{line!r} is no exact version"
        if match[3] and not Marker(match[3]).evaluate():
            continue
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


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The program that writes the conda files."""
    spec = importlib.util.spec_from_file_location("generate", PROJECT / "envs/generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lock() -> dict[str, str]:
    lines = (PROJECT / "envs/requirements.lock").read_text().splitlines()
    return pins([line for line in lines if line and not line.startswith("#")])


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    return content


def test_every_dependency_is_locked_at_an_allowed_version(lock, project):
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    for line in [line for group in groups for line in group]:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        assert requirement.specifier.contains(lock[canonicalize_name(requirement.name)]), line


@pytest.mark.parametrize(
    ("system", "machine", "installed"),
    [
        ("linux", "x86_64", True), ("darwin", "arm64", True), ("linux", "aarch64", False),
        ("darwin", "x86_64", False),
    ],
)  # fmt: skip
def test_pythia_is_left_out_where_it_has_no_wheel(project, system, machine, installed):
    """As a package that cannot be installed it would stop `make` before anything runs."""
    locked = (PROJECT / "envs/requirements.lock").read_text().splitlines()
    lines = [*locked, *project["optional-dependencies"]["simulation"]]
    markers = [Requirement(line).marker for line in lines if line.startswith("pythia8mc")]
    assert len(markers) == 2
    for marker in markers:
        assert marker
        platform = {"sys_platform": system, "platform_machine": machine}
        assert marker.evaluate(platform) is installed


@pytest.mark.skipif(
    Path(sys.prefix) != PROJECT / ".venv", reason="only in the .venv that make makes"
)
def test_installed_packages_equal_the_lock(lock):
    installed: dict[str, str] = {
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


def test_every_conda_file_is_generated(generate):
    assert {path.stem for path in CONDA_FILES} == generate.ENVIRONMENTS.keys()


@pytest.mark.parametrize("path", CONDA_FILES, ids=lambda path: path.stem)
def test_conda_files_are_what_the_lock_gives(path, generate):
    assert path.read_text() == generate.conda_file(path.stem), "run envs/generate.py"


def test_a_package_outside_the_lock_is_named(generate, monkeypatch):
    monkeypatch.setattr(generate, "locked", lambda: {"numpy": "numpy==1"})
    with pytest.raises(KeyError, match="h5py"):
        generate.conda_file("search")


def test_conda_python_is_allowed(project):
    for path in CONDA_FILES:
        (python,) = [
            entry
            for entry in yaml.safe_load(path.read_text())["dependencies"]
            if isinstance(entry, str) and entry.startswith("python=")
        ]
        version = python.removeprefix("python=") + ".0"
        assert Requirement(f"python{project['requires-python']}").specifier.contains(version)


SCRIPTS = {path.stem: path for path in (PROJECT / "workflow/scripts").glob("*.py")}


def conda_file(rule: str) -> Path:
    """The file of `envs/` that a rule's jobs run in."""
    return PROJECT / "envs" / f"{RULES[rule].environment}.yaml"


# Distributions that are not called like the module that they install.
DISTRIBUTION = {"yaml": "pyyaml", "sklearn": "scikit-learn", "markdown_it": "markdown-it-py"}

# What pandas imports for a method.
OF_PANDAS = {"read_parquet": "pyarrow", "to_parquet": "pyarrow", "to_markdown": "tabulate"}


def run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, but for what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from run_time_nodes(child)


def imports(text: str) -> set[str]:
    """Dotted names that a source text imports, anywhere in it; with `from`, also the members."""
    names: set[str] = set()
    for node in run_time_nodes(ast.parse(text)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, "a relative import"
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and node.attr in OF_PANDAS:
            names.add(OF_PANDAS[node.attr])
    return names


def imports_of_snakefile() -> set[str]:
    text = "\n".join(path.read_text() for path in (PROJECT / "Snakefile", *RULE_FILES))
    statement = r"^(?:from [\w.]+ )?import (?:\([^)]*\)|.+)$"
    return imports("\n".join(re.findall(statement, text, flags=re.MULTILINE)))


# What is imported without an import statement, by file below src/ or workflow/scripts/.
DYNAMIC_IMPORTS = {
    "darkpixel/simulation/jets/simulation.py": {"pythia8mc", "fastjet", "awkward"},
    "darkpixel/simulation/pythia.py": {"pythia8mc", "awkward"},
    "darkpixel/datasets/custom.py": set(),  # a custom data set, of which none is shipped
    "darkpixel/models/build.py": {
        f"darkpixel.models.{path.parent.name}.model"
        for path in (SOURCE / "darkpixel/models").glob("*/model.py")
    },
    # A second Snakemake, whose reporter needs Pygments and which reads the Snakefile again.
    "darkpixel/pipeline/report.py": {"snakemake", "pygments"} | imports_of_snakefile(),
    "darkpixel/training/monitoring.py": {
        f"darkpixel.training.monitors.{path.stem}"
        for path in (SOURCE / "darkpixel/training/monitors").glob("*.py")
    },
    "darkpixel/training/on_files.py": set(),  # a model, as `models.base` imports it
    "darkpixel/config/discovery.py": set(),  # the settings of models, without torch
    "darkpixel/__init__.py": set(),  # `darkpixel.api`, which no script asks for
    "darkpixel/cli/doctor.py": set(),  # to see what is there
}


def key_of(path: Path) -> str:
    """The file's name in `DYNAMIC_IMPORTS`."""
    return str(path.relative_to(SOURCE)) if path.is_relative_to(SOURCE) else path.name


def library_files(name: str) -> list[Path]:
    """The files that Python runs on `import name`: the module and its packages' `__init__.py`."""
    parts = name.split(".")
    stems = [SOURCE.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
    candidates = [
        path for stem in stems for path in (stem.with_suffix(".py"), stem / "__init__.py")
    ]
    return [path for path in candidates if path.is_file()]


def third_party(script: Path) -> set[str]:
    """Distributions that a script and the library modules behind it import, canonical names."""
    seen: set[Path] = set()
    waiting = [script]
    distributions: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imports(path.read_text()) | DYNAMIC_IMPORTS.get(key_of(path), set()):
            top = name.partition(".")[0]
            if top == "darkpixel":
                waiting.extend(library_files(name))
            elif top not in sys.stdlib_module_names:
                distributions.add(canonicalize_name(DISTRIBUTION.get(top, top)))
    return distributions


def test_the_container_recipe_copies_files_that_are_there():
    recipe = (PROJECT / "envs/darkpixel.def").read_text()
    files = recipe.partition("%files\n")[2].partition("\n%")[0].splitlines()
    copied = dict(line.split() for line in files if line.strip())
    assert "src" in copied
    for source, target in copied.items():
        assert (PROJECT / source).exists()
        assert target == f"/opt/darkpixel/{source}"


def test_every_rule_has_a_script_and_every_conda_file_a_rule():
    assert set(RULES) == set(SCRIPTS)
    assert {conda_file(rule) for rule in RULES} == set(CONDA_FILES)


def test_dynamic_imports_are_all_listed():
    """The next test reads import statements; whoever imports by a function is listed above."""
    files = [*SOURCE.rglob("*.py"), *(PROJECT / "workflow/scripts").glob("*.py")]
    calls = re.compile(r"\b(?:import_module|__import__|run_module|exec_module)\(|\"-m\"")
    dynamic = {key_of(path) for path in files if calls.search(path.read_text())}
    assert dynamic == DYNAMIC_IMPORTS.keys()


def test_conda_files_hold_no_more_than_the_scripts_import(generate):
    """pydantic-core comes with pydantic, whichever of the two a script names."""
    imported: dict[str, set[str]] = {name: set() for name in generate.ENVIRONMENTS}
    for rule, needs in RULES.items():
        imported[needs.environment] |= third_party(SCRIPTS[rule]) - {"pydantic-core"}
    for name, environment in generate.ENVIRONMENTS.items():
        assert set(environment.packages) == imported[name], f"{name}: mend envs/generate.py"


@pytest.mark.parametrize("rule", RULES)
def test_conda_file_holds_what_the_script_imports(rule):
    missing = third_party(SCRIPTS[rule]) - conda_pins(conda_file(rule)).keys()
    assert not missing, f"{conda_file(rule).name} lacks {sorted(missing)} of {rule}"


class TestInstall:
    """envs/install.sh on machines that lack something: one clear line and no half environment."""

    def install(self, folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
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
            check=False,
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
