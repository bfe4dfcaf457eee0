"""`darkpixel check`: a configuration; `show`: a picture of images."""

import argparse
from pathlib import Path

from darkpixel.cli.options import (
    Commands,
    add_command,
    picture,
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
    show.set_defaults(command=_show)


def _check(options: argparse.Namespace) -> None:
    from darkpixel.config.loading import load_run, read_yaml
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
    counted = counted_files(run)
    if options.json:
        print_json(
            {
                "run": run.run,
                "datasets": list(run.datasets.present()),
                "configuration": [str(file) for file in files],
                "files": [found._asdict() for found in counted],
            }
        )
        return
    print(f"run '{run.run}': {', '.join(run.datasets.present())} ({' < '.join(map(str, files))})")
    for found in counted:
        if found.images is None:
            print(f"  {found.key}: {found.path}, whose images are counted as they are read")
        else:
            print(f"  {found.key}: {found.path}, {found.images} images, {found.needed} needed")


def _show(options: argparse.Namespace) -> None:
    output: Path | None = options.output
    if output is not None and (output.suffix == ".html") != options.browser:
        wanted = "in .html" if options.browser else "in .png, .pdf or .svg, or add --browser"
        raise DarkpixelError(f"--output {output}: end it {wanted}")
    if options.browser:
        _open_display(options.images, options.number or 200, output)
        return
    from darkpixel.datasets.foreign import random_images
    from darkpixel.figures.montage import montage

    found = random_images(options.images, options.number or 32, options.seed)
    path = output or Path(f"{options.images.stem}.png")
    replaced = replaced_note(path)
    about = ", ".join(str(found.about[key]) for key in ("dataset", "label") if key in found.about)
    title = f"{options.images.name}{f' ({about})' if about else ''}: {len(found.images)} of "
    title += f"{found.total:,} images, at random"
    montage(found.images, path, title=title, unit=str(found.about.get("unit", "")))
    print(f"{path}{replaced}")


def _open_display(images: Path, number: int, output: Path | None) -> None:
    import webbrowser

    from darkpixel.pages.file_display import write_file_page

    path = output or Path(f"{images.stem}.html")
    replaced = replaced_note(path)
    write_file_page(images, number, path)
    print(f"{path}{replaced}")
    if not webbrowser.open(path.resolve().as_uri()):
        print("no browser was found here: open the file in one")
