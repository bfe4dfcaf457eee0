"""`darkpixel check`: a configuration; `show`: a picture of images."""

import argparse
import sys
from pathlib import Path
from typing import Any

from darkpixel.cli.options import (
    Commands,
    add_command,
    add_json,
    picture,
    pixels_of,
    positive,
    print_json,
    replaced_note,
    seed,
)
from darkpixel.errors import DarkpixelError

BASE = Path("config/config.yaml")
"""What an overlay lies over where nothing else is named, as for the workflow."""
_WHOLE = {"run", "datasets", "models"}  # keys of a configuration that is no overlay
_IMAGES = (".h5", ".hdf5", ".npy", ".npz", ".root", ".safetensors")


def add_check(commands: Commands) -> None:
    """Its options."""
    check = add_command(
        commands, "check", "check a configuration: keys, files, enough images",
        "mine.yaml # over config/config.yaml",
        "config/config.yaml config/study.yaml",
        description="Checks the keys of a configuration, an overlay with what it lies over, and "
        "that the files that it names are there and hold as many images as it asks for.",
    )  # fmt: skip
    check.add_argument(
        "files",
        nargs="+",
        type=Path,
        help="overlays, over config/config.yaml unless the first is whole",
    )
    check.add_argument("--json", action="store_true", help="print what was found as JSON")
    check.set_defaults(command=_check)


def add_show(commands: Commands) -> None:
    """Its options."""
    show = add_command(
        commands, "show", "draw images of a file, many in one picture",
        "w.h5 # writes w.png",
        "mine.npy -n 64 -o mine.pdf",
    )  # fmt: skip
    show.add_argument("images", type=Path, help=".h5, .npy, .npz or .root")
    show.add_argument(
        "-n", "--number", type=positive, help="of images (32; with --browser the first 200)"
    )
    show.add_argument("--seed", type=seed, default=1, help="of the choice of the images (1)")
    show.add_argument(
        "--shape", type=pixels_of, metavar="ROWSxCOLUMNS", help="of CaloChallenge's voxels"
    )
    show.add_argument(
        "--browser",
        action="store_true",
        help="write and open a page to look at the first images one by one: values, zoom, filters",
    )
    show.add_argument(
        "-o",
        "--output",
        type=picture,
        help=".png, .pdf or .svg (the file's name with .png, here); with --browser .html",
    )
    add_json(show)
    show.set_defaults(command=_show)


def _check(options: argparse.Namespace) -> None:
    from darkpixel.config.loading import load_run, read_yaml
    from darkpixel.config.reach import without_effect
    from darkpixel.pipeline.checks import check_run, counted_files
    from darkpixel.pipeline.events import Events
    from darkpixel.pipeline.paths import Paths

    files = list(options.files)
    for file in files:
        if file.suffix.lower() in _IMAGES:
            raise DarkpixelError(
                f"{file}: no configuration, which is a .yaml file; darkpixel info {file} says what "
                "it holds."
            )
    if lacking := _WHOLE - read_yaml(files[0]).keys():  # an overlay
        if not BASE.is_file():
            raise DarkpixelError(
                f"{files[0]}: an overlay (no {', '.join(sorted(lacking))}), and no {BASE} here "
                "that it could lie over; call `darkpixel check` in the checkout, or name the base "
                f"first: darkpixel check BASE {' '.join(map(str, files))}"
            )
        files.insert(0, BASE)
    run = load_run(read_yaml(*files), files)
    check_run(run, Events(run, Paths(run.run), Path.cwd()))
    counted, idle = counted_files(run), list(without_effect(run, files))
    if options.json:
        print_json(
            {
                "run": run.run,
                "datasets": list(run.datasets.present()),
                "configuration": [str(file) for file in files],
                "files": [found._asdict() for found in counted],
                "warnings": idle,
            }
        )
        return
    print(f"run '{run.run}': {', '.join(run.datasets.present())} ({' < '.join(map(str, files))})")
    for found in counted:
        if found.images is None:
            print(f"  {found.key}: {found.path}, whose images are counted as they are read")
        else:
            before = " before the crop" if found.cropped else ""
            print(
                f"  {found.key}: {found.path}, {found.images} images{before}, {found.needed} needed"
            )
    for line in idle:
        print(f"warning: {line}", file=sys.stderr)


def _show(options: argparse.Namespace) -> None:
    output: Path | None = options.output
    if output is not None and (output.suffix == ".html") != options.browser:
        wanted = "in .html" if options.browser else "in .png, .pdf or .svg, or add --browser"
        raise DarkpixelError(f"--output {output}: end it {wanted}")
    suffix = ".html" if options.browser else ".png"
    options.output = output or Path(f"{options.images.stem}{suffix}")
    replaced = replaced_note(options.output)
    facts = {"of": options.images, **(_display(options) if options.browser else _montage(options))}
    if options.json:
        print_json({"file": options.output, **facts, "replaced": bool(replaced)})
    else:
        print(f"{options.output}{replaced}")
    if options.browser:
        _open(options.output)


def _montage(options: argparse.Namespace) -> dict[str, Any]:
    """Draw the picture, and say of how many images it is."""
    from darkpixel.datasets.foreign import Grid, random_images
    from darkpixel.figures.montage import montage

    grid = Grid(shape=options.shape)
    found = random_images(options.images, options.number or 32, options.seed, grid)
    about = ", ".join(str(found.about[key]) for key in ("dataset", "label") if key in found.about)
    title = f"{options.images.name}{f' ({about})' if about else ''}: {len(found.images)} of "
    title += f"{found.total:,} images, at random"
    unit = str(found.about.get("unit", ""))
    montage(found.images, options.output, title=title, unit=unit)
    return {"images": len(found.images), "total": found.total}


def _display(options: argparse.Namespace) -> dict[str, Any]:
    """Write the page, and say how many images it may have."""
    from darkpixel.datasets.foreign import Grid
    from darkpixel.pages.file_display import write_file_page

    most = options.number or 200
    write_file_page(options.images, most, options.output, Grid(shape=options.shape))
    return {"most": most}


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        print("no browser was found here: open the file in one", file=sys.stderr)
