"""Requires: the configuration. Gives: the checked `run`, and every path, seed and digest."""

import hashlib
import os
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))
# Jobs are processes of their own, in a conda environment or on a cluster node.
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, [str(SOURCE), os.getenv("PYTHONPATH")])))

from darkpixel.config.loading import load_run
from darkpixel.config.sources import find_source
from darkpixel.discovery import model_settings as settings_class
from darkpixel.errors import DarkpixelError
from darkpixel.provenance import code_digest

try:
    # Snakemake lists the overlays of the command line before the Snakefile's own file.
    run = load_run(config, [workflow.configfiles[-1], *workflow.configfiles[:-1]])
    for data in dict(run.datasets).values():
        if data.source == "download":
            find_source(Path(workflow.basedir) / "config/sources.yaml", data.download)
except DarkpixelError as error:
    sys.exit(f"darkpixel: {error}")

RESULTS = f"results/{run.run}"
FIGURES = f"{RESULTS}/figures"
TABLES = f"{RESULTS}/tables"
DATASETS = dict(run.datasets)
for name, data in DATASETS.items():
    for label, path in data.file.items():
        if data.source == "file" and not Path(path).is_file():
            sys.exit(f"darkpixel: datasets.{name}.file.{label}: no file {path}; correct the path")
LABELS = sorted({label for data in DATASETS.values() for label in data.labels})


wildcard_constraints:
    dataset="|".join(DATASETS),
    label="|".join(LABELS),
    model=r"[A-Za-z_]\w*",
    seed=r"\d+",
    chunk=r"\d+",
    shard=r"\d+",


def job_seed(*names):
    """A seed below Pythia's limit of 900,000,000, its own for every job of the run."""
    text = "/".join(map(str, (run.seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 900_000_000 + 1


def chunk_images(label, chunk):
    """Accepted jets of one chunk: full, but for the last."""
    data = DATASETS["jets"]
    size = data.simulation.images_per_chunk
    return min(size, data.images.total - int(chunk) * size)


def jet_chunks(label):
    data = DATASETS["jets"]
    chunks = -(-data.images.total // data.simulation.images_per_chunk)
    return [f"{RESULTS}/events/jets/{label}/chunk{chunk}.h5" for chunk in range(chunks)]


def public_source(wildcards):
    return find_source(Path(workflow.basedir) / "config/sources.yaml", wildcards.source)


def raw_files(wildcards):
    """Where the images of a label come from, according to the source."""
    data = DATASETS[wildcards.dataset]
    if data.source == "download":
        return [f"results/downloads/{data.download}.h5"]
    if data.source == "file":
        return [data.file[wildcards.label]]
    return jet_chunks(wildcards.label)


def model_settings(wildcards):
    model = run.models[wildcards.model]
    return {"model": model.model, **model.settings}


def model_code(wildcards, *modules):
    return code_digest(f"models.{run.models[wildcards.model].model}", *modules)


def training_code(wildcards):
    """Code of a training; its monitor counts only where it runs."""
    monitored = run.models[wildcards.model].training.monitor_images > 0
    return model_code(wildcards, "training", *["metrics.monitor"] * monitored)


def shard_count():
    """Jobs that sample one model: no more than there are blocks of images."""
    return min(run.sampling.shards, -(-run.sampling.images // run.sampling.block_size))


def trained(dataset, label, model, seed):
    return f"{RESULTS}/models/{dataset}/{label}/{model}/seed{seed}"


def is_discrete(model):
    """Whether a model has a grid of pixel values, whose rounding alone costs something."""
    entry = run.models[model]
    settings = settings_class(entry.model).model_validate(entry.settings)
    return getattr(settings, "likelihood", None) == "discrete"


def sample_files(dataset, label):
    """Model name to its sample files, one a seed."""
    folder = f"{RESULTS}/samples/{dataset}/{label}"
    return {
        model: [f"{folder}/{model}/seed{seed}.h5" for seed in run.seeds]
        for model in DATASETS[dataset].models
    }


def quantised_files(dataset, label):
    """Test images on the grid of each discrete model, as if they were its samples."""
    folder = f"{RESULTS}/samples/{dataset}/{label}"
    return {
        f"quantised_{model}": [f"{folder}/quantised_{model}/seed{run.seeds[0]}.h5"]
        for model in DATASETS[dataset].models
        if is_discrete(model)
    }


def flat(files):
    return [path for paths in files.values() for path in paths]


def drawn(stem, caption, subcategory="SARM: jets"):
    """Both files of a figure; the .png goes into the report."""
    return {
        "pdf": f"{FIGURES}/{stem}.pdf",
        "png": report(
            f"{FIGURES}/{stem}.png",
            caption=f"../report/{caption}.rst",
            category="Figures",
            subcategory=subcategory,
            labels={"figure": Path(stem).name},
        ),
    }


def test_files(dataset):
    return {
        label: f"{RESULTS}/data/{dataset}/{label}/test.h5" for label in DATASETS[dataset].labels
    }


def compared_files(dataset):
    """Label to model to files: the test images as `monte_carlo`, then every model's samples."""
    return {
        label: {"monte_carlo": [test], **sample_files(dataset, label)}
        for label, test in test_files(dataset).items()
    }


def comparison(dataset, figure, module):
    """Params of a figure that shows samples beside Monte Carlo, drawn by `figure` of `module`."""
    return {
        "figure": figure,
        "samples": compared_files(dataset),
        "dataset": dataset,
        "evaluation": run.evaluation.model_dump(),
        "code": code_digest(module),
    }


def history_files(dataset):
    return {
        label: {
            model: [f"{trained(dataset, label, model, seed)}/history.csv" for seed in run.seeds]
            for model in DATASETS[dataset].models
        }
        for label in DATASETS[dataset].labels
    }


def tabulated(stem, caption, subcategory="SARM: jets"):
    """Both files of a table; the .csv goes into the report, where it can be sorted."""
    return {
        "csv": report(
            f"{TABLES}/{stem}.csv",
            caption=f"../report/{caption}.rst",
            category="Tables",
            subcategory=subcategory,
            labels={"table": Path(stem).name},
        ),
        "md": f"{TABLES}/{stem}.md",
    }


def measured(dataset, kind):
    return [
        f"{RESULTS}/metrics/{dataset}_{label}_{kind}.parquet" for label in DATASETS[dataset].labels
    ]
