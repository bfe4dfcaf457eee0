"""Check that everything names one version, and print the notes of its release.

`python envs/release.py v1.2.3`: the tag, pyproject.toml, the package, CITATION.cff and a section of
CHANGELOG.md must agree (docs/releasing.md). Needs nothing but Python.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def named_versions(root: Path) -> dict[str, str]:
    """File -> the version that it names, "none" where it names none."""
    package = _first(r'__version__ = "(.+)"', root / "src/darkpixel/__init__.py")
    citation = _first(r"version: (\S+)", root / "CITATION.cff")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "pyproject.toml": str(project["version"]),
        "src/darkpixel/__init__.py": package,
        "CITATION.cff": citation,
    }


def release_notes(version: str, changelog: str) -> str:
    """The section of one version, without its heading; empty where there is none."""
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    for section in sections:
        heading, _, body = section.partition("\n")
        if heading.split()[0] == version:
            return body.strip()
    return ""


def problems(tag: str, root: Path) -> list[str]:
    """What keeps `tag` from being a release, one line each."""
    version = tag.removeprefix("v")
    found = [
        f"{file}: version {named}, the tag is {tag}"
        for file, named in named_versions(root).items()
        if named != version
    ]
    if not release_notes(version, (root / "CHANGELOG.md").read_text(encoding="utf-8")):
        found.append(f"CHANGELOG.md: no section '## {version}'")
    return found


def _first(pattern: str, path: Path) -> str:
    match = re.search(f"^{pattern}$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else "none"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python envs/release.py v1.2.3")
    if wrong := problems(sys.argv[1], ROOT):
        sys.exit("\n".join(wrong))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    print(release_notes(sys.argv[1].removeprefix("v"), changelog))
