"""Requires: the configuration. Gives: the checked `run`, paths and seeds for all other files."""

import hashlib
import os
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))
# Jobs are processes of their own, in a conda environment or on a cluster node.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")])
)

from darkpixel.config.loading import load_run
from darkpixel.errors import DarkpixelError
from darkpixel.provenance import code_digest

try:
    # Snakemake lists the overlays of the command line before the Snakefile's own file.
    run = load_run(config, [workflow.configfiles[-1], *workflow.configfiles[:-1]])
except DarkpixelError as error:
    sys.exit(f"darkpixel: {error}")

RESULTS = f"results/{run.run}"
DATASETS = {name: data for name, data in run.datasets if data is not None}
for name, data in DATASETS.items():
    for label, path in data.file.items():
        if data.source == "file" and not Path(path).is_file():
            sys.exit(f"darkpixel: datasets.{name}.file.{label}: no file {path}; correct the path")
LABELS = sorted({label for data in DATASETS.values() for label in data.labels})
SPLITS = ("train", "validation", "test")


wildcard_constraints:
    dataset="|".join(DATASETS),
    label="|".join(LABELS),
    split="|".join(SPLITS),
    model=r"[A-Za-z_]\w*",
    seed=r"\d+",
    chunk=r"\d+",
    shard=r"\d+",


def job_seed(*names):
    """A seed below Pythia's limit of 900,000,000, its own for every job of the run."""
    text = "/".join(map(str, (run.seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 900_000_000 + 1
