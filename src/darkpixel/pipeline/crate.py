"""A run's results as an RO-Crate: one archive that says what is in it, ready for Zenodo.

https://www.researchobject.org/ro-crate/: files and a `ro-crate-metadata.json` that describes them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from darkpixel import __version__
from darkpixel.config.names import LICENCE
from darkpixel.config.yaml_files import load_yaml, read_text
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file

_TYPES = {
    ".csv": "text/csv", ".md": "text/markdown", ".pdf": "application/pdf", ".png": "image/png",
    ".yaml": "application/yaml", ".json": "application/json", ".html": "text/html",
    ".safetensors": "application/octet-stream",
}  # fmt: skip
_LICENCE = f"https://spdx.org/licenses/{LICENCE}"
_CODE = "#darkpixel"


def read_authors(path: str | Path) -> list[dict[str, str]]:
    """The authors of a CITATION.cff, as properties of schema.org's Person or Organization.

    Raises:
        DarkpixelError: the file cannot be read, or names no author.
    """
    try:
        content = load_yaml(read_text(path))
    except (OSError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())
        raise DarkpixelError(f"{path}: cannot be read as YAML ({problem}).") from error
    authors = content.get("authors") if isinstance(content, dict) else None
    if not isinstance(authors, list) or not all(isinstance(author, dict) for author in authors):
        raise DarkpixelError(f"{path}: authors: expected a list of names; add who made the run.")
    return [_author(path, author) for author in authors]


def _author(path: str | Path, author: Mapping[str, Any]) -> dict[str, str]:
    names = [str(author[key]) for key in ("given-names", "family-names") if author.get(key)]
    kind = "Person" if names else "Organization"
    name = " ".join(names) or str(author.get("name") or "")
    if not name:
        raise DarkpixelError(f"{path}: authors: an entry without a name; add name or family-names.")
    found = {"@type": kind, "name": name}
    if author.get("orcid"):
        found["@id"] = str(author["orcid"])
    if author.get("affiliation"):
        found["affiliation"] = str(author["affiliation"])
    return found


def write_crate(
    path: str | Path,
    files: Mapping[str, Path],
    record: Mapping[str, Any],
    *,
    authors: Sequence[Mapping[str, str]],
) -> None:
    """Write files of a run as a zipped RO-Crate.

    Args:
        path: of the archive, `.zip`.
        files: name within the crate -> file.
        record: content of the run's `run.yaml`, which is among the files.
        authors: of `read_authors`.

    Raises:
        DarkpixelError: the disk is full or the folder cannot be written.
    """
    # Only here: no other rule needs it.
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    run = record["configuration"]["run"]
    crate = ROCrate()
    crate.name = f"darkpixel, run '{run}'"
    crate.description = (
        "Trained models, tables, figures and provenance of generative models of sparse detector "
        f"images, made by darkpixel {__version__}, commit {record['commit']}."
    )
    crate.license = _LICENCE
    crate.datePublished = record["started"]
    crate.keywords = "high-energy physics, generative models, detector simulation"
    code = ContextEntity(
        crate,
        _CODE,
        properties={
            "@type": "SoftwareApplication",
            "name": "darkpixel",
            "softwareVersion": f"{__version__}, commit {record['commit']}",
            "softwareRequirements": [f"{k} {v}" for k, v in record["versions"].items()],
            "license": _LICENCE,
        },
    )
    crate.add(code)
    people = []
    for number, author in enumerate(authors, 1):
        about = {key: value for key, value in author.items() if key != "@id"}
        name = author.get("@id", f"#author{number}")
        people.append(crate.add(ContextEntity(crate, name, properties=about)))
    crate.root_dataset["author"] = people
    added = []
    for name, file in files.items():
        properties = {"name": name, "contentSize": str(file.stat().st_size)}
        kind = _TYPES.get(file.suffix)
        added.append(
            crate.add_file(
                file,
                dest_path=name,
                properties=properties | ({"encodingFormat": kind} if kind else {}),
            )
        )
    crate.add_action(
        code,
        identifier="#run",
        result=added,
        properties={
            "@type": "CreateAction",
            "name": f"run '{run}'",
            "description": record["command"],
            "startTime": record["started"],
        },
    )
    with whole_file(path) as temporary:
        crate.write_zip(temporary)
