"""`darkpixel info`: what a file of images, a model, or another file of a run holds."""

import argparse
from itertools import chain
from pathlib import Path
from typing import Any

from darkpixel.cli.info_files import Facts, facts_of_other
from darkpixel.cli.options import Commands, add_command, print_json
from darkpixel.errors import DarkpixelError

_FOREIGN = (".npy", ".npz", ".root")


def add_info(commands: Commands) -> None:
    """Its options."""
    info = add_command(
        commands, "info", "print what a file of images, a model, or another file of a run holds",
        "results/demo/data/jets/signal/test.h5",
        "mine.npy --json",
        "weights/lartpc_sparse_transformer",
        "results/demo/run.yaml # commit, versions and time of the run",
    )  # fmt: skip
    info.add_argument("path", type=Path, help="file, or folder of a model")
    info.add_argument("--json", action="store_true", help="print all of it as JSON")
    info.set_defaults(command=_info)


def _info(options: argparse.Namespace) -> None:
    facts = facts_of(options.path)
    if options.json:
        print_json(facts)
        return
    print(f"{facts.pop('file')}: {facts.pop('holds')}")
    card = facts.pop("card", None)
    for name, value in facts.items():
        match value:
            case list():
                print(f"  {name}: {', '.join(map(str, value)) or 'none'}")
            case dict():
                _print_all(name, value)
            case _:
                print(f"  {name}: {value}")
    if card:
        print(card)


def _print_all(name: str, values: dict[str, Any]) -> None:
    dotted = name == "settings"
    for key, value in values.items():
        if name == "datasets":
            print(f"  {key} {value}")
        else:
            print(f"  {name}.{key}: {value}" if dotted else f"  {key}: {value}")


def facts_of(path: Path) -> Facts:
    """What there is to say of a file or a model's folder.

    Raises:
        DarkpixelError: it cannot be read, or is of no kind that is known.
    """
    if path.is_dir() or path.suffix == ".safetensors":
        return _of_model(path)
    if (facts := facts_of_other(path)) is not None:
        return facts
    if path.suffix.lower() in _FOREIGN:
        return _of_foreign(path)
    from darkpixel.datasets.foreign import HDF5

    if path.is_file() and path.suffix.lower() not in HDF5:
        raise DarkpixelError(
            f"{path}: nothing is known of files that end in '{path.suffix}'; images end in "
            f"{', '.join((*HDF5, *_FOREIGN))}."
        )
    return _of_hdf5(path)


def _of_hdf5(path: Path) -> Facts:
    from darkpixel.formats.hdf5 import open_hdf5, sound
    from darkpixel.formats.image_file import ImageFile, statistics

    remedy = "make the file again"
    with open_hdf5(path, missing="correct the path", remedy=remedy) as file, sound(path, remedy):
        is_images = "images" in file
        attributes = dict(file.attrs)
        datasets: dict[str, str] = {}

        def see(name: str, found: Any) -> None:
            if hasattr(found, "dtype"):
                datasets[name] = f"{found.shape} {found.dtype}"

        file.visititems(see)
    if not is_images:
        return {"file": str(path), "holds": "HDF5", "attributes": attributes, "datasets": datasets}
    with ImageFile(path) as images:
        height, width = images.shape[1:]
        facts: Facts = {
            "file": str(path),
            "holds": f"{len(images)} images of {height} x {width} pixels",
            "attributes": images.attributes,
            "columns": list(images.columns),
        }
    found = statistics(path)
    del found["mean_image"]
    return facts | found


def _of_foreign(path: Path) -> Facts:
    from darkpixel.datasets.foreign import image_blocks
    from darkpixel.formats.image_file import statistics_of

    blocks, about = image_blocks(path)
    first = next(blocks, None)
    if first is None:
        raise DarkpixelError(f"{path}: holds no images.")
    found = statistics_of(chain([first], blocks))
    height, width = found.pop("mean_image").shape
    holds = f"{found['images']} images of {height} x {width} pixels"
    if path.suffix.lower() == ".root":
        holds += ", what the crop leaves of the file's events; all numbers are of these"
    return {"file": str(path), "holds": holds, **about, **found}


def _of_model(folder: Path) -> Facts:
    from darkpixel.models.base import GenerativeModel
    from darkpixel.models.folder import load_config, load_model
    from darkpixel.models.packed import model_folder, packed_texts

    with model_folder(folder) as unpacked:
        config, model = load_config(unpacked), load_model(unpacked)
    height, width = config["image_size"]
    counts = model.parameter_counts()
    facts: Facts = {
        "file": str(folder),
        "holds": f"a model '{config['model']['model']}' of {height} x {width} pixels",
        **config.get("images", {}),
        **config.get("fitted", {}),
        "parameters": f"{counts['free']:,} free, {counts['dense']:,} with masked ones",
    }
    if isinstance(model, GenerativeModel):
        facts["conditions"] = [condition.name for condition in model.conditions]
    facts["settings"] = dict(config["model"])
    if folder.is_file():
        facts["card"] = packed_texts(folder)["card"]
    return facts
