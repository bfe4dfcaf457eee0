"""`darkpixel check`: a configuration; `info`: any file of ours; `show`: a picture of images."""

import argparse
from pathlib import Path

from darkpixel.cli.options import Commands, picture, positive, seed
from darkpixel.errors import DarkpixelError


def add_check(commands: Commands) -> None:
    """Its options."""
    check = commands.add_parser("check", help="check a configuration and its overlays")
    check.add_argument("files", nargs="+", type=Path, help="base configuration, then overlays")
    check.set_defaults(command=_check)


def add_info(commands: Commands) -> None:
    """Its options."""
    info = commands.add_parser("info", help="print what an image file or a model's folder holds")
    info.add_argument("path", type=Path, help="image file, other HDF5 file, or folder of a model")
    info.set_defaults(command=_info)


def add_show(commands: Commands) -> None:
    """Its options."""
    show = commands.add_parser("show", help="draw images of a file, many in one picture")
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

    content = read_yaml(*options.files)
    if missing := {"run", "datasets", "models"} - content.keys():
        files = " ".join(map(str, options.files))
        raise DarkpixelError(
            f"{files}: no whole configuration (no {', '.join(sorted(missing))}); name the base "
            f"before the overlay: darkpixel check config/config.yaml {files}"
        )
    run = load_run(content, options.files)
    print(f"run '{run.run}': {', '.join(run.datasets.present())}")


def _info(options: argparse.Namespace) -> None:
    from darkpixel.formats.hdf5 import open_hdf5, sound

    if options.path.is_dir():
        _model(options.path)
        return
    remedy = "make the file again"
    with (
        open_hdf5(options.path, missing="correct the path", remedy=remedy) as file,
        sound(options.path, remedy),
    ):
        is_images = "images" in file
        lines = [f"  {name}: {value}" for name, value in file.attrs.items()]
        file.visititems(
            lambda name, found: (
                lines.append(f"  {name} {found.shape} {found.dtype}")
                if hasattr(found, "dtype")
                else None
            )
        )
    if is_images:
        _images(options.path)
    else:
        print("\n".join([f"{options.path}: HDF5", *lines]))


def _images(path: Path) -> None:
    from darkpixel.formats.image_file import ImageFile, statistics

    with ImageFile(path) as file:
        print(f"{file.path}: {len(file)} images of {file.shape[1]} x {file.shape[2]} pixels")
        for name, value in file.attributes.items():
            print(f"  {name}: {value}")
        print(f"  columns: {', '.join(file.columns) or 'none'}")
    for name, value in statistics(path).items():
        if name != "mean_image":
            print(f"  {name}: {value}")


def _model(folder: Path) -> None:
    from darkpixel.models.base import GenerativeModel
    from darkpixel.models.folder import load_config, load_model

    config, model = load_config(folder), load_model(folder)
    height, width = config["image_size"]
    counts = model.parameter_counts()
    print(f"{folder}: a model '{config['model']['model']}' of {height} x {width} pixels")
    for name, value in {**config.get("images", {}), **config.get("fitted", {})}.items():
        print(f"  {name}: {value}")
    print(f"  parameters: {counts['free']:,} free, {counts['dense']:,} with masked ones")
    if isinstance(model, GenerativeModel):
        names = [condition.name for condition in model.conditions]
        print(f"  conditions: {', '.join(names) or 'none'}")
    for name, value in config["model"].items():
        print(f"  settings.{name}: {value}")


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
    about = ", ".join(str(found.about[key]) for key in ("dataset", "label") if key in found.about)
    title = f"{options.images.name}{f' ({about})' if about else ''}: {len(found.images)} of "
    title += f"{found.total:,} images, at random"
    montage(found.images, path, title=title, unit=str(found.about.get("unit", "")))
    print(path)


def _open_display(images: Path, number: int, output: Path | None) -> None:
    import webbrowser

    from darkpixel.pages.file_display import write_file_page

    path = output or Path(f"{images.stem}.html")
    write_file_page(images, number, path)
    print(path)
    if not webbrowser.open(path.resolve().as_uri()):
        print("no browser was found here: open the file in one")
