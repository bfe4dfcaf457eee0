"""What `darkpixel info` says of files that hold no images: records, tables, arrays, archives."""

import zipfile
from pathlib import Path
from typing import Any

from darkpixel.errors import DarkpixelError

Facts = dict[str, Any]
"""The keys `file` and `holds`, and whatever there is to say."""

_REMEDY = "make the file again"
_KNOWN = {
    ".png": "a picture", ".pdf": "a picture", ".svg": "a picture",
    ".html": "a page, to be opened in a browser", ".log": "a text, the log of a job",
    ".md": "a text", ".txt": "a text", ".json": "a text in JSON", ".rst": "a text",
    ".js": "a script, part of a page", ".css": "styles, part of a page",
}  # fmt: skip


def facts_of_other(path: Path) -> Facts | None:
    """What there is to say of a file by the end of its name; None: it may hold images.

    Raises:
        DarkpixelError: it is not there, or cannot be read.
    """
    suffix = path.suffix.lower()
    readers = {".yaml": _yaml, ".yml": _yaml, ".csv": _csv, ".tsv": _csv, ".parquet": _parquet,
               ".npy": _array, ".pt": _torch, ".zip": _archive}  # fmt: skip
    if suffix not in readers.keys() | _KNOWN.keys():
        return None
    if not path.is_file():
        raise DarkpixelError(f"{path}: no such file; correct the path.")
    from darkpixel.formats.hdf5 import sound

    with sound(path, _REMEDY):
        facts = readers[suffix](path) if suffix in readers else {"holds": _KNOWN[suffix]}
    return None if facts is None else {"file": str(path), **facts}


def _yaml(path: Path) -> Facts:
    from darkpixel.config.yaml_files import load_yaml, read_text
    from darkpixel.pipeline.run_record import NEEDED

    record = load_yaml(read_text(path))
    if not isinstance(record, dict) or not record.keys() >= NEEDED:
        raise DarkpixelError(f"{path}: a configuration? darkpixel check {path} says what is in it.")
    facts = {key: record[key] for key in ("started", "commit", "command")}
    run = record["configuration"].get("run")
    return {"holds": f"the record of run '{run}'", **facts, "versions": record["versions"]}


def _csv(path: Path) -> Facts:
    import pandas as pd

    # Snakemake writes the benchmark of a job with tabs.
    table = pd.read_csv(path, sep="\t" if path.suffix.lower() == ".tsv" else ",")
    return _table(len(table), list(table.columns))


def _parquet(path: Path) -> Facts:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        return _table(file.metadata.num_rows, file.schema_arrow.names)


def _table(rows: int, columns: list[str]) -> Facts:
    return {"holds": f"a table of {rows} rows, {len(columns)} columns", "columns": columns}


def _array(path: Path) -> Facts | None:
    """Of numbers one an image, such as those of `darkpixel likelihood`; None: images, perhaps."""
    import numpy as np

    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim > 2:
        return None
    shape = " x ".join(map(str, array.shape))
    return {"holds": f"an array of NumPy, {shape or 'one number'}", "type": str(array.dtype)}


def _torch(path: Path) -> Facts:
    """Told by the names in the archive: what is in it may be anything, and is not loaded."""
    with zipfile.ZipFile(path) as archive:
        scripts = any("/code/" in name for name in archive.namelist())
    if scripts:
        return {"holds": "a network as TorchScript (darkpixel export), for torch.jit.load"}
    return {"holds": "the state of an unfinished training, from which the same job goes on"}


def _archive(path: Path) -> Facts:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    crate = "ro-crate-metadata.json" in names
    what = "a run as an RO-Crate" if crate else "an archive"
    return {"holds": f"{what} of {len(names)} files"}
