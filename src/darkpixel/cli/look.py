"""`darkpixel check`: a configuration; `darkpixel show`: an image file."""

import argparse
from pathlib import Path

from darkpixel.cli.options import Commands
from darkpixel.errors import DarkpixelError


def add_check(commands: Commands) -> None:
    """Its options."""
    check = commands.add_parser("check", help="check a configuration and its overlays")
    check.add_argument("files", nargs="+", type=Path, help="base configuration, then overlays")
    check.set_defaults(command=_check)


def add_show(commands: Commands) -> None:
    """Its options."""
    show = commands.add_parser("show", help="print what an image file holds")
    show.add_argument("images", type=Path)
    show.set_defaults(command=_show)


def _check(options: argparse.Namespace) -> None:
    from darkpixel.config.loading import load_run, read_yaml

    content = read_yaml(*options.files)
    if missing := {"run", "datasets", "models"} - content.keys():
        files = " ".join(map(str, options.files))
        raise DarkpixelError(
            f"{files}: no whole configuration (no {', '.join(sorted(missing))}); name the base "
            f"before the overlay: darkpixel check config/config.yaml {files}"
        )
    run = load_run(content, options.files)
    print(f"run '{run.run}': {', '.join(run.datasets.present())}")


def _show(options: argparse.Namespace) -> None:
    from darkpixel.formats.image_file import ImageFile, statistics

    with ImageFile(options.images) as file:
        print(f"{file.path}: {len(file)} images of {file.shape[1]} x {file.shape[2]} pixels")
        for name, value in file.attributes.items():
            print(f"  {name}: {value}")
        print(f"  columns: {', '.join(file.columns) or 'none'}")
    for name, value in statistics(options.images).items():
        if name != "mean_image":
            print(f"  {name}: {value}")
