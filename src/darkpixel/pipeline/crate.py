"""A run's results as an RO-Crate: one archive that says what is in it, ready for Zenodo.

https://www.researchobject.org/ro-crate/: files and a `ro-crate-metadata.json` that describes them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from darkpixel import __version__
from darkpixel.config.names import LICENCE
from darkpixel.formats.files import whole_file

_TYPES = {
    ".csv": "text/csv", ".md": "text/markdown", ".pdf": "application/pdf", ".png": "image/png",
    ".yaml": "application/yaml", ".json": "application/json", ".html": "text/html",
    ".safetensors": "application/octet-stream",
}  # fmt: skip
_LICENCE = f"https://spdx.org/licenses/{LICENCE}"
_CODE = "#darkpixel"


def write_crate(path: str | Path, files: Mapping[str, Path], record: Mapping[str, Any]) -> None:
    """Write files of a run as a zipped RO-Crate.

    Args:
        path: of the archive, `.zip`.
        files: name within the crate -> file.
        record: content of the run's `run.yaml`, which is among the files.

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
