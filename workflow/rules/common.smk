"""Requires: the configuration. Gives: the checked `run`, and every path, seed and digest."""

import hashlib
import os
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))
# Jobs are processes of their own, in a conda environment or on a cluster node.
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, [str(SOURCE), os.getenv("PYTHONPATH")])))
# glibc gives large blocks back to the system and asks for them anew at every training step; the
# page faults take up to a third of the time of convolutions on a CPU.
for name, value in {
    "MALLOC_MMAP_THRESHOLD_": 2**30,
    "MALLOC_TRIM_THRESHOLD_": 2**32,
    "MALLOC_TOP_PAD_": 2**28,
}.items():
    os.environ.setdefault(name, str(value))
# Threads that wait for work by spinning take the cores from other jobs.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from darkpixel.config.loading import load_run
from darkpixel.config.sources import find_source
from darkpixel.config.discovery import model_settings as settings_class
from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.provenance import code_digest

try:
    # Snakemake lists the overlays of the command line before the Snakefile's own file.
    run = load_run(config, [workflow.configfiles[-1], *workflow.configfiles[:-1]])
    for data in run.datasets.present().values():
        if data.source == "download":
            for entry in [data.download] if isinstance(data.download, str) else data.download:
                find_source(Path(workflow.basedir) / "config/sources.yaml", entry)
except DarkpixelError as error:
    sys.exit(f"darkpixel: {error}")

RESULTS = f"results/{run.run}"
FIGURES = f"{RESULTS}/figures"
TABLES = f"{RESULTS}/tables"
DATASETS = run.datasets.present()
for name, data in DATASETS.items():
    for label, path in data.file.items():
        if data.source == "file" and not Path(path).is_file():
            sys.exit(f"darkpixel: datasets.{name}.file.{label}: no file {path}; correct the path")
SARM_DATA = {name: DATASETS[name] for name in ("jets", "muons") if name in DATASETS}
OWN = list(run.datasets.own)  # of one file each in src/darkpixel/datasets
ARGON = [name for name in ("lartpc", "lartpc_vertex") if name in DATASETS]
if "lartpc" in DATASETS and run.judges.ssnet.weights is not None:
    given = Path(run.judges.ssnet.weights)
    folder = [given / "model.safetensors", given / "config.yaml"]
    for path in [given] if given.suffix == ".safetensors" else folder:
        if not path.is_file():
            sys.exit(
                f"darkpixel: judges.ssnet.weights: no file {path}; name an SSNet's folder or the "
                ".safetensors file of its weights"
            )
LABELS = sorted({label for data in DATASETS.values() for label in data.labels})
JOINT = "joint"  # the label of models that are trained on all labels together
if JOINT in LABELS:
    sys.exit("darkpixel: datasets: the label 'joint' is taken; give it another name under `file`")


wildcard_constraints:
    dataset="|".join(DATASETS),
    label="|".join(LABELS),
    model=r"(?!quantised_|reconstructed_)[A-Za-z_]\w*",
    seed=r"\d+",
    chunk=r"\d+",
    shard=r"\d+",
    snapshot=r"(-epoch\d+)?",


def job_seed(*names):
    """A seed below Pythia's limit of 900,000,000, its own for every job of the run."""
    text = "/".join(map(str, (run.seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 900_000_000 + 1


def chunk_images(dataset, chunk):
    """Accepted events of one chunk: full, but for the last."""
    data = DATASETS[dataset]
    size = data.simulation.images_per_chunk
    return min(size, data.images.total - int(chunk) * size)


def chunk_files(dataset, label):
    data = DATASETS[dataset]
    chunks = -(-data.images.total // data.simulation.images_per_chunk)
    return [f"{RESULTS}/events/{dataset}/{label}/chunk{chunk}.h5" for chunk in range(chunks)]


def public_source(name):
    return find_source(Path(workflow.basedir) / "config/sources.yaml", name)


def download_file(name):
    return f"results/downloads/{name}.{public_source(name).suffix}"


def raw_files(wildcards):
    """Where the images of a label come from, according to the source."""
    data = DATASETS[wildcards.dataset]
    if data.source == "download":
        names = [data.download] if isinstance(data.download, str) else data.download
        return [download_file(name) for name in names]
    if data.source == "file":
        return [data.file[wildcards.label]]
    return chunk_files(wildcards.dataset, wildcards.label)


def files_beside(dataset, label):
    """The user's own files of the other labels."""
    files = DATASETS[dataset].file if DATASETS[dataset].source == "file" else {}
    return [path for other, path in files.items() if other != label]


def model_entry(wildcards):
    """The configuration of a model as it is on the data set and label at hand."""
    return run.model(wildcards.model, wildcards.dataset, wildcards.label)


def training_inputs(wildcards):
    """Images, or the codes of the model's autoencoder and that autoencoder itself."""
    dataset, label = wildcards.dataset, wildcards.label
    autoencoder = model_entry(wildcards).autoencoder
    if autoencoder is None:
        folder = f"{RESULTS}/data/{dataset}/{label}"
        return {"train": f"{folder}/train.h5", "validation": f"{folder}/validation.h5"}
    codes = f"{RESULTS}/codes/{dataset}/{label}/{autoencoder}"
    return {
        "train": f"{codes}/train.h5",
        "validation": f"{codes}/validation.h5",
        "autoencoder": f"{autoencoder_folder(dataset, label, autoencoder)}/model.safetensors",
    }


def autoencoder_folder(dataset, label, autoencoder):
    """Autoencoders are trained once, with the first seed: all priors share their codes."""
    return trained(dataset, label, autoencoder, run.seeds[0])


def autoencoders(dataset, label):
    """Names of the autoencoders behind the models of a data set and label, each once."""
    names = [run.model(model, dataset, label).autoencoder for model in DATASETS[dataset].models]
    return list(dict.fromkeys(name for name in names if name is not None))


def seeds(model):
    """The seeds with which a model is trained."""
    entries = [each for entry in run.models.values() for each in (entry, *entry.where.values())]
    shared = any(entry.autoencoder == model for entry in entries)
    return run.seeds[:1] if shared else run.seeds


def is_joint(model):
    """Whether a model is trained once, on the images of all labels."""
    return getattr(settings_class(run.models[model].model), "joint", False)


def training_label(label, model):
    """The label under which the model of a label's samples was trained."""
    return JOINT if is_joint(model) else label


def training_monitor(wildcards):
    """What is measured after an epoch, beside the loss."""
    if run.models[wildcards.model].model == "vqvae":
        return "codebook"
    return None if wildcards.dataset in ARGON else "observables"


def model_settings(wildcards):
    model = model_entry(wildcards)
    return {"model": model.model, **model.settings}


def model_code(wildcards, *modules):
    return code_digest(f"models.{run.models[wildcards.model].model}.model", *modules)


def training_code(wildcards):
    """Code of a training; its monitor counts only where it runs."""
    monitored = model_entry(wildcards).training.monitor_images > 0
    monitors = {
        "observables": ["training.monitors.observables"] * monitored,
        "codebook": ["models.vqvae.codes"],
        None: [],
    }
    return model_code(wildcards, "training.loop", *monitors[training_monitor(wildcards)])


def sample_count(dataset):
    """Images generated per model and label."""
    return DATASETS[dataset].samples or run.sampling.images


def shard_count(dataset):
    """Jobs that sample one model: no more than there are blocks of images."""
    return min(run.sampling.shards, -(-sample_count(dataset) // run.sampling.block_size))


def shard_files(wildcards):
    dataset, label, model, seed, snapshot = wildcards
    stem = f"{RESULTS}/samples/{dataset}/{label}/{model}/seed{seed}{snapshot}"
    return [f"{stem}.shard{shard}.h5" for shard in range(shard_count(dataset))]


def snapshot_weights(snapshot):
    """File of the weights of "-epoch5" or, for "", of the trained model."""
    return f"{snapshot.removeprefix('-')}.safetensors" if snapshot else "model.safetensors"


def trained(dataset, label, model, seed):
    return f"{RESULTS}/models/{dataset}/{label}/{model}/seed{seed}"


def sample_weights(wildcards):
    """Folder of the model that makes the images of a label."""
    label = training_label(wildcards.label, wildcards.model)
    return trained(wildcards.dataset, label, wildcards.model, wildcards.seed)


def is_discrete(model, dataset, label):
    """Whether a model has a grid of pixel values, whose rounding alone costs something."""
    entry = run.model(model, dataset, label)
    settings = settings_class(entry.model).model_validate(entry.settings)
    always = getattr(settings, "discrete", False)
    return always or getattr(settings, "likelihood", None) == "discrete"


def sample_files(dataset, label, models=None):
    """Model name to its sample files, one a seed; of the given models, or of all."""
    folder = f"{RESULTS}/samples/{dataset}/{label}"
    return {
        model: [f"{folder}/{model}/seed{seed}.h5" for seed in run.seeds]
        for model in (DATASETS[dataset].models if models is None else models)
    }


def quantised_files(dataset, label):
    """Test images on the grid of each discrete model, and as each autoencoder gives them back.

    They are what a perfect generator on that grid, or a perfect prior of the codes, would make.
    """
    folder = f"{RESULTS}/samples/{dataset}/{label}"
    names = dict.fromkeys(limits(dataset, label).values())
    return {name: [f"{folder}/{name}/seed{run.seeds[0]}.h5"] for name in names}


def limits(dataset, label):
    """Model -> the sample that is the best it can do, of `quantised_files`."""
    found = {}
    for model in DATASETS[dataset].models:
        if is_discrete(model, dataset, label):
            found[model] = f"quantised_{model}"
        autoencoder = run.model(model, dataset, label).autoencoder
        if autoencoder is not None:
            found[model] = f"reconstructed_{autoencoder}"
    return found


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


def data_pages(*names):
    """A page about the images of each data set, and one about the trainings on them."""
    pages = []
    for name in names:
        if name in DATASETS:
            pages.append(f"{FIGURES}/data/{name}_statistics")
            if DATASETS[name].models:
                pages.append(f"{FIGURES}/training/{name}_curves")
    return [f"{page}.{suffix}" for page in pages for suffix in ("pdf", "png")]


def test_files(dataset):
    return {
        label: f"{RESULTS}/data/{dataset}/{label}/test.h5" for label in DATASETS[dataset].labels
    }


def compared_files(dataset, models=None):
    """Label to model to files: the test images as `monte_carlo`, then the samples of the models."""
    return {
        label: {"monte_carlo": [test], **sample_files(dataset, label, models)}
        for label, test in test_files(dataset).items()
    }


def history_files(dataset, models=None):
    """Label to model to histories, of the given models or of all and their autoencoders.

    The models of all labels come under `joint`.
    """
    files = {}
    for label in [*DATASETS[dataset].labels, JOINT]:
        every = [*autoencoders(dataset, label), *DATASETS[dataset].models]
        chosen = {
            model: [f"{trained(dataset, label, model, seed)}/history.csv" for seed in seeds(model)]
            for model in (every if models is None else models)
            if is_joint(model) == (label == JOINT)
        }
        if chosen:
            files[label] = chosen
    return files


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
