"""`darkpixel label`: tracks and showers in images, by a trained SSNet."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from darkpixel.cli.options import (
    Commands,
    add_command,
    add_device,
    add_json,
    hdf5,
    print_done,
    replaced_note,
    threshold,
)
from darkpixel.errors import DarkpixelError


def add_label(commands: Commands) -> None:
    """Its options."""
    label = add_command(
        commands, "label", "label tracks and showers with a trained SSNet",
        "results/demo/judges/ssnet/seed1 argon.h5 labels.h5",
        "results/demo/judges/ssnet/seed1 mine.npy labels.h5 # pixels as in the training images",
    )  # fmt: skip
    label.add_argument("model", type=Path, help="folder of a trained SSNet, or its packed file")
    label.add_argument("images", type=Path, help="images to label: .h5, .npy, .npz or .root")
    label.add_argument("output", type=hdf5, help="label file to write, .h5 or .hdf5")
    label.add_argument(
        "--threshold",
        type=threshold,
        default=0.2,
        help="pixels above it are labelled, in the unit of the images (0.2)",
    )
    add_device(label)
    add_json(label)
    label.set_defaults(command=_label)


def _label(options: argparse.Namespace) -> None:
    from darkpixel.models.device import choose_device
    from darkpixel.models.folder import load_config, load_model
    from darkpixel.models.packed import model_folder
    from darkpixel.models.ssnet.labelling import label_file
    from darkpixel.models.ssnet.model import SSNet

    replaced = replaced_note(options.output)
    if options.output.exists() and options.output.samefile(options.images):
        raise DarkpixelError(
            f"{options.output}: the file of the images itself; name another for the labels."
        )
    with model_folder(options.model) as folder:
        config = load_config(folder)
        model = load_model(folder, device=choose_device(options.device, "--device"))
    if not isinstance(model, SSNet):
        raise DarkpixelError(
            f"{options.model}: model is '{config['model']['model']}', not 'ssnet'; "
            "name the folder of a trained SSNet."
        )
    with _as_image_file(options.images, options.output) as path:
        count = label_file(
            model,
            path,
            options.output,
            images=config["images"],
            threshold=options.threshold,
            origin=options.images,
        )
    facts = {"images": count, "labels_of": options.images, "model": options.model}
    print_done(options, f"labels of {options.images}", facts, replaced)


@contextmanager
def _as_image_file(images: Path, output: Path) -> Iterator[Path]:
    """Images as SSNet reads them; those of an array are written beside the output meanwhile."""
    from darkpixel.datasets.foreign import HDF5
    from darkpixel.datasets.foreign_file import write_image_file
    from darkpixel.formats.files import folder_beside

    if images.suffix.lower() in HDF5:
        yield images
        return
    with folder_beside(output) as folder:
        path = folder / "images.h5"
        write_image_file(images, path)
        yield path
