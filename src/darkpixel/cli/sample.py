"""`darkpixel sample`: images of a trained model."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from darkpixel.cli.options import (
    Commands,
    add_command,
    add_device,
    add_json,
    images_file,
    momentum,
    one_species,
    positive,
    print_done,
    replaced_note,
    seed,
    written_as_hdf5,
)
from darkpixel.errors import DarkpixelError


def add_sample(commands: Commands) -> None:
    """Its options."""
    sample = add_command(
        commands, "sample", "generate images with a trained model",
        "results/demo/models/jets/signal/sarm2_dd/seed1 w.h5 -n 10000",
        "weights/lartpc_sparse_transformer pions.npy --species pi+ --momentum 400",
        "model.darkpixel.safetensors again.h5 --conditions rows.csv # a packed model",
    )  # fmt: skip
    sample.add_argument("model", type=Path, help="folder of the model, or its packed file")
    sample.add_argument("output", type=images_file, help="file to write: .h5, .hdf5, or .npy")
    sample.add_argument(
        "-n", "--images", type=positive, help="how many (1000, or the rows of --conditions)"
    )
    sample.add_argument("--seed", type=seed, default=1, help="of the random numbers (1)")
    sample.add_argument("--label", help="of the images, for a model that knows several (LAGAN)")
    add_device(sample)
    sample.add_argument(
        "--species", type=one_species, help="mu- or 13, short for --condition species=13"
    )
    sample.add_argument(
        "--momentum", type=momentum, metavar="P",
        help="MeV/c: one such as 500, short for --condition momentum=500, or a range such as "
        "300:800, of which each image has one, evenly, that the file keeps",
    )  # fmt: skip
    sample.add_argument(
        "--condition",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a column that the model is conditioned on, for all images",
    )
    sample.add_argument(
        "--conditions",
        type=Path,
        metavar="FILE",
        help="values one an image: .csv with named columns, or .h5 (an image file, say)",
    )
    sample.add_argument(
        "--cores", type=positive, help="that share the blocks; the images are the same (all)"
    )
    sample.add_argument(
        "--block-size",
        type=positive,
        help="images at once; the images depend on it (512 on a CPU, 1024 on a GPU)",
    )
    add_json(sample)
    sample.set_defaults(command=_sample)


def _sample(options: argparse.Namespace) -> None:
    from darkpixel.models.device import choose_device
    from darkpixel.models.folder import load_config, load_generator
    from darkpixel.models.packed import model_folder
    from darkpixel.models.sample_file import default_block_size, shard_blocks, write_shard
    from darkpixel.models.workers import usable_cores

    replaced = replaced_note(options.output)  # before anything is drawn
    device = choose_device(options.device, "--device")
    with model_folder(options.model) as folder:
        config = load_config(folder)
        model = load_generator(folder, device=device, label=options.label)
    conditions = _conditions(options, [condition.name for condition in model.conditions])
    count = _count(options, conditions)
    low, high = options.momentum or (0.0, 0.0)
    if low < high:
        conditions["momentum"] = _evenly(low, high, count, options.seed)
    images = config["images"]
    image_label = options.label or images["label"]
    block_size = options.block_size or default_block_size(device)
    with written_as_hdf5(options.output) as path:
        write_shard(
            model,
            path,
            images=count,
            block_size=block_size,
            blocks=shard_blocks(count, block_size, 0, 1),
            seed=options.seed,
            about={name: images[name] for name in ("dataset", "pixel_size", "unit")}
            | {"label": image_label},
            source=str(options.model),
            config_digest=config["digest"],
            conditions=conditions,
            cores=options.cores or usable_cores(),
        )
    facts = {"images": count, "label": image_label, "model": options.model, "seed": options.seed}
    print_done(options, f"{count} images of {image_label}", facts, replaced)


def same_for_all(options: argparse.Namespace, momentum: float | None) -> dict[str, float]:
    """The values of `--species`, `--momentum` and `--condition`, one for all images.

    Args:
        momentum: of `--momentum`.

    Raises:
        DarkpixelError: a value is no number, or a name is given twice.
    """
    single: dict[str, float] = {}
    short = {"species": options.species, "momentum": momentum}
    words = [f"{name}={value}" for name, value in short.items() if value is not None]
    for word in [*words, *options.condition]:
        name, equals, text = word.partition("=")
        try:
            value = float(text)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise DarkpixelError(
                f"--condition: found '{word}'; give NAME=VALUE with a number, such as momentum=500."
            )
        if name in single:
            raise DarkpixelError(f"--condition: '{name}' is given twice; give it once.")
        single[name] = value
    return single


def _conditions(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """The values of the options' conditions: one for all images, or an array of one an image."""
    from darkpixel.formats.condition_file import read_conditions

    single = same_for_all(options, options.momentum and options.momentum[0])
    if options.conditions is None:
        return dict(single)
    columns = read_conditions(options.conditions, names)
    if both := single.keys() & columns.keys():
        raise DarkpixelError(
            f"{options.conditions}: has the column '{min(both)}', which is given on the command "
            "line too; give one or the other."
        )
    return {**single, **columns}


def _evenly(low: float, high: float, count: int, seed: int) -> Any:
    """A number of the range for each image, (count,), those of one seed always the same."""
    import numpy as np

    from darkpixel.formats.seeds import job_seed

    return np.random.default_rng(job_seed(seed, "sample", "momentum")).uniform(low, high, count)


def _count(options: argparse.Namespace, conditions: Mapping[str, Any]) -> int:
    """Images to draw: as asked, and as many as there are rows of conditions."""
    rows = {len(values) for values in conditions.values() if not isinstance(values, float)}
    asked: int | None = options.images
    if not rows:
        return asked or 1000
    count = rows.pop()
    if asked not in (None, count):
        raise DarkpixelError(
            f"{options.conditions}: {count} rows, but {asked} images are asked for; leave -n out, "
            "or give as many rows."
        )
    return count
