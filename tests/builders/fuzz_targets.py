"""Every reader of files that may come from elsewhere, with whole files to damage."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import further_targets
import h5py
import larcv_files
import numpy as np
import torch
from fuzzing import Target
from image_files import sparse_images, write_images
from mutations import (
    Mutate,
    of_bytes,
    of_hdf5,
    of_root,
    of_safetensors,
    of_text,
    of_yaml,
)
from repository import CONFIG, PUBLISHED, ROOT
from safetensors import SafetensorError, safe_open

from darkpixel.config.discovery import model_names
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.sources import load_sources
from darkpixel.datasets import lagan_jets, uci_muons
from darkpixel.datasets.foreign import Grid, random_images
from darkpixel.datasets.own_files import file_events, repeated_events
from darkpixel.formats.condition_file import read_conditions
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.larcv import larcv_events
from darkpixel.metrics.published import load_published
from darkpixel.models.build import build_model
from darkpixel.models.folder import CONFIG as MODEL_CONFIG
from darkpixel.models.folder import WEIGHTS, load_model, save_model
from darkpixel.models.vqvae.codes import CHARGED, code_statistics
from darkpixel.pipeline.plan import Plan
from darkpixel.simulation.argon.events import ArgonEventsWriter, event_blocks
from darkpixel.simulation.jets.events import JetEvents, JetEventsWriter, read_blocks
from darkpixel.simulation.muons import pileup
from darkpixel.training.checkpoints import STATE, CheckpointFolder

Read = Callable[[Path], Iterator[str]]

NAMES = (
    "images", "jet events", "argon events", "pile-up", "codes", "conditions in HDF5",
    "conditions in text", "LArCV", "weights", "model settings", "checkpoint", "configuration",
    "published.yaml", "sources.yaml",
    "LAGAN jets", "UCI muons", "NumPy array", "NumPy archive", "CaloChallenge",
    *further_targets.NAMES,
)  # fmt: skip
"""Of the targets, known before they are made."""

_SMALL: dict[str, dict[str, Any]] = {
    "sarm": {"units": 8, "layers": 1},
    "vqvae_pixelcnn": {"autoencoder": {"model": "vqvae"}},
}
"""Settings of models that are large, or cannot be built, without them."""

CONDITIONS = ("species", "momentum")


def targets(folder: Path) -> list[Target]:
    """All of them; the whole files are written into `folder`."""
    images = image_files(folder)
    weights, settings = model(folder) / WEIGHTS, model(folder) / MODEL_CONFIG
    return [
        Target("images", "own.h5", list(map(of_hdf5, images)), read_images),
        Target("jet events", "jets.h5", [of_hdf5(jet_events(folder))], read_jet_events),
        Target("argon events", "argon.h5", [of_hdf5(argon_events(folder))], read_argon_events),
        Target("pile-up", "pileup.h5", [of_hdf5(pileup_file(folder))], read_pileup),
        Target("codes", "codes.h5", [of_hdf5(code_file(folder))], read_codes),
        Target("conditions in HDF5", "conditions.h5", [of_hdf5(images[0])], read_condition_file),
        Target("conditions in text", "conditions.csv", [condition_text()], read_condition_file),
        Target("LArCV", "larcv.root", list(map(of_root, larcv(folder))), read_larcv),
        Target("weights", WEIGHTS, [of_safetensors(weights)], read_weights(settings)),
        Target("model settings", MODEL_CONFIG, model_settings(folder), beside(weights)),
        Target("checkpoint", STATE, [checkpoint(folder)], read_checkpoint),
        Target(
            "configuration", "mine.yaml",
            [of_yaml((CONFIG / f"{name}.yaml").read_text()) for name in ("test", "study", "paper")],
            read_configuration,
        ),
        Target("published.yaml", "published.yaml", [of_yaml(PUBLISHED.read_text())], published()),
        Target(
            "sources.yaml", "sources.yaml", [of_yaml((CONFIG / "sources.yaml").read_text())],
            sources,
        ),
        Target("LAGAN jets", "lagan.h5", [of_hdf5(lagan(folder))], read_lagan),
        Target("UCI muons", "uci.h5", [of_hdf5(uci(folder))], read_uci),
        Target("NumPy array", "x.npy", [numpy_array(folder)], read_foreign),
        Target("NumPy archive", "x.npz", [numpy_archive(folder)], read_foreign),
        Target("CaloChallenge", "x.hdf5", [of_hdf5(showers(folder))], read_foreign),
        *further_targets.further_targets(folder, model(folder)),
    ]  # fmt: skip


def image_files(folder: Path) -> list[Path]:
    """Of our own writer; and a user's, in the oldest and the newest layout of HDF5."""
    images = sparse_images(300)
    columns: dict[str, Any] = {
        "species": np.full(300, 11, np.int32),
        "momentum": np.arange(300, dtype=np.float32),
        "pixel_labels": (images > 0).astype(np.uint8),
    }
    paths = [write_images(folder / "ours.h5", images, columns)]
    for version in ("earliest", "latest"):
        path = folder / f"{version}.h5"
        with h5py.File(path, "w", libver=version) as file:
            file.create_dataset("images", data=images, chunks=(64, 6, 5), compression="gzip")
            file["event"] = np.arange(300)
            file["name"] = np.full(300, b"abc")
            file["whole"] = images.astype(np.float64)
            file.attrs.update(pixel_size=0.1, unit="GeV")
            file["group/more"] = np.zeros(3)
            file["again"] = h5py.SoftLink("/images")
            file["far"] = h5py.ExternalLink("other.h5", "/images")
        paths.append(path)
    return paths


def read_images(path: Path) -> Iterator[str]:
    events = file_events(path)
    yield "opened"
    for _ in events.blocks:
        pass
    yield "images"
    repeated_events(path)
    yield "repeats"
    with ImageFile(path) as file:
        for _ in file.batches(64, file.columns):
            pass
    yield "columns"


def jet_events(folder: Path) -> Path:
    path, count, rng = folder / "jets.h5", 200, np.random.default_rng(0)
    offsets = np.arange(count + 1) * 5
    columns: dict[str, Any] = {
        "subjets": np.full(count, 2, np.int32),
        "event": np.arange(count),
    }
    for name in ("jet_pt", "jet_eta", "jet_mass", "subjet_deta", "subjet_dphi"):
        columns[name] = rng.random(count).astype(np.float32)
    cells = rng.random((5 * count, 3)).astype(np.float32)
    about = {
        "label": "signal", "seed": 1, "settings": "{}", "config_digest": "a", "software": "b",
    }  # fmt: skip
    with h5py.File(path, "w") as file:
        writer = JetEventsWriter(file, about)
        writer.append(JetEvents(cells, offsets, columns))
        writer.finish(1000)
    return path


def read_jet_events(path: Path) -> Iterator[str]:
    for _ in read_blocks(path, 64):
        yield "block"


def argon_events(folder: Path) -> Path:
    path, count, rng = folder / "argon.h5", 60, np.random.default_rng(0)
    imaging = ArgonImaging()
    about = {
        "seed": 1, "settings": "{}", "imaging": imaging.model_dump_json(), "config_digest": "a",
        "software": "b",
    }  # fmt: skip
    pixels = [
        (np.arange(20, dtype=np.uint16), rng.random(20).astype(np.float32) + 1,
         np.ones(20, np.uint8))
        for _ in range(count)
    ]  # fmt: skip
    columns: dict[str, Any] = {
        "event": np.arange(count), "species": np.full(count, 13), "momentum": np.full(count, 500.0),
        "start": np.zeros((count, 3)), "direction": np.ones((count, 3)),
    }  # fmt: skip
    with h5py.File(path, "w") as file:
        writer = ArgonEventsWriter(file, "single", about)
        writer.append(dict.fromkeys(("xy", "yz", "zx"), pixels), columns)
        writer.finish(100, {})
    return path


def read_argon_events(path: Path) -> Iterator[str]:
    for _ in event_blocks([path], ArgonImaging()):
        yield "block"


def pileup_file(folder: Path) -> Path:
    path = folder / "pileup.h5"
    with h5py.File(path, "w") as file:
        file.attrs.update(
            format=pileup.FORMAT, version=pileup.VERSION, seed=1, settings="{}", software="b"
        )
        file.create_dataset("particles", data=np.ones((100, 4), np.float32), compression="gzip")
        file.create_dataset("offsets", data=np.arange(0, 101, 10), compression="gzip")
    return path


def read_pileup(path: Path) -> Iterator[str]:
    pileup.read_pileup(path)
    yield "read"


def code_file(folder: Path) -> Path:
    codes = np.random.default_rng(0).integers(0, 16, (100, 4, 4))
    charged = {CHARGED: (codes > 4).astype(np.uint8)}
    return write_images(folder / "codes.h5", codes, charged, attributes={"codes": 16})


def read_codes(path: Path) -> Iterator[str]:
    code_statistics(path, path, model="vqvae")
    yield "read"


def condition_text() -> Mutate:
    text = "species,momentum\n" + "".join(f"13,{300 + i}\n" for i in range(20))
    others = ("", "nan", "inf", "-1e400", "a", '"', '"a,b"', "\x00", "١٢", "1_0", "0x1", " 13 ")
    return of_text(text, others)


def read_condition_file(path: Path) -> Iterator[str]:
    read_conditions(path, CONDITIONS)
    yield "read"


def larcv(folder: Path) -> list[Path]:
    """A classification and a segmentation file, not compressed."""
    return [
        larcv_files.write_trees(folder / f"{made.__name__}.root", made(2), compression=None)
        for made in (larcv_files.classification, larcv_files.segmentation)
    ]


def read_larcv(path: Path) -> Iterator[str]:
    for _ in larcv_events([path], "zx"):
        yield "block"


def lagan(folder: Path) -> Path:
    """In the layout of the public file."""
    path, rng = folder / "lagan.h5", np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        images = rng.exponential(5.0, (200, *lagan_jets.SHAPE)) * (rng.random((200, 25, 25)) < 0.1)
        file.create_dataset("image", data=images, chunks=(50, 25, 25), compression="gzip")
        file["signal"] = rng.integers(0, 2, 200).astype(float)
        for name in lagan_jets.COLUMNS:
            file[name] = rng.random(200)
    return path


def read_lagan(path: Path) -> Iterator[str]:
    events = lagan_jets.lagan_events(path, "signal")
    yield "opened"
    for _ in events.blocks:
        yield "block"


def uci(folder: Path) -> Path:
    """In the layout of the UCI group, with weights."""
    path, rng = folder / "uci.h5", np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for part, count in (("train", 120), ("test", 80)):
            images = rng.random((count, 1, 32, 32)) * (rng.random((count, 1, 32, 32)) < 0.05)
            file.create_dataset(f"low/{part}", data=images, chunks=True, compression="gzip")
            file[f"weights/low/{part}"] = rng.random(count)
    return path


def read_uci(path: Path) -> Iterator[str]:
    if uci_muons.is_uci(path):
        yield "recognised"
    uci_muons.uci_size(path)
    yield "size"
    for seed in (1, None):
        for _ in uci_muons.uci_events(path, seed=seed).blocks:
            yield "block"


def numpy_array(folder: Path) -> Mutate:
    path = folder / "whole.npy"
    np.save(path, sparse_images(30))
    return of_bytes(path.read_bytes(), [(0, 128)])  # the header


def numpy_archive(folder: Path) -> Mutate:
    path = folder / "whole.npz"
    np.savez_compressed(path, images=sparse_images(30), energies=np.ones(30))
    size = path.stat().st_size
    return of_bytes(path.read_bytes(), [(0, 60), (size - 250, size)])


def showers(folder: Path) -> Path:
    path = folder / "whole.hdf5"
    with h5py.File(path, "w") as file:
        file["showers"], file["incident_energies"] = np.ones((20, 48)), np.ones((20, 1))
    return path


def read_foreign(path: Path) -> Iterator[str]:
    found = random_images(path, 20, 1, Grid(shape=(6, 8)))
    yield "images"
    assert found.images.ndim == 3


def model(folder: Path) -> Path:
    path = folder / "model"
    if not path.exists():
        network = build_model({"model": "sarm", "units": 8, "layers": 1}, (4, 4), seed=0)
        save_model(network, path, images={"dataset": "jets", "label": "signal"}, seed=1)
    return path


def model_settings(folder: Path) -> list[Mutate]:
    """Of every model; only those of `model` fit its weights, so that others end there."""
    texts = [(model(folder) / MODEL_CONFIG).read_text()]
    for name in model_names():
        network = build_model({"model": name, **_SMALL.get(name, {})}, (32, 32), seed=0)
        save_model(network, folder / name)
        texts.append((folder / name / MODEL_CONFIG).read_text())
    return list(map(of_yaml, texts))


def beside(other: Path) -> Read:
    """Loads a model whose folder has the damaged file and a whole one."""

    def read(path: Path) -> Iterator[str]:
        whole = path.with_name(other.name)
        whole.write_bytes(other.read_bytes())
        try:
            load_model(path.parent)
        finally:
            whole.unlink()
        yield "loaded"

    return read


def read_weights(settings: Path) -> Read:
    """Two stages: a header that the library accepts, and weights that fit the model."""
    load = beside(settings)

    def read(path: Path) -> Iterator[str]:
        if _opens(path):
            yield "header"
        yield from load(path)

    return read


def _opens(path: Path) -> bool:
    try:
        with safe_open(path, "numpy"):
            return True
    except SafetensorError:
        return False


def checkpoint(folder: Path) -> Mutate:
    path = folder / "state.pt"
    torch.save({"digest": "d", "state": {"epoch": 3, "weights": torch.ones(5)}}, path)
    return of_bytes(path.read_bytes(), [(0, path.stat().st_size)])


def read_checkpoint(path: Path) -> Iterator[str]:
    CheckpointFolder(path.parent, "d").load()
    yield "loaded"


def read_configuration(path: Path) -> Iterator[str]:
    read_yaml(path)
    yield "parsed"
    files = [CONFIG / "config.yaml", path]
    load_run(read_yaml(*files), files)
    yield "loaded"
    Plan(read_yaml(*files), files, ROOT).targets()
    yield "planned"


def published() -> Read:
    tables = [(paper, table) for paper, rows in read_yaml(PUBLISHED).items() for table in rows]

    def read(path: Path) -> Iterator[str]:
        for paper, table in tables:
            load_published(path, paper, table)
            yield table

    return read


def sources(path: Path) -> Iterator[str]:
    load_sources(path)
    yield "loaded"
