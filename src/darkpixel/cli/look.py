"""`darkpixel check`: a configuration; `info`: any file of ours; `show`: a picture of images."""

import argparse
from pathlib import Path

from darkpixel.cli.options import Commands, add_command, picture, positive, seed
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
    check.set_defaults(command=_check)


def add_info(commands: Commands) -> None:
    """Its options."""
    info = add_command(
        commands, "info", "print what an image file or a model's folder holds",
        "results/demo/data/jets/signal/test.h5",
        "weights/lartpc_sparse_transformer",
    )  # fmt: skip
    info.add_argument("path", type=Path, help="image file, other HDF5 file, or a model")
    info.set_defaults(command=_info)


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
    print(f"run '{run.run}': {', '.join(run.datasets.present())} ({' < '.join(map(str, files))})")
    for found in counted_files(run):
        if found.images is None:
            print(f"  {found.key}: {found.path}, whose images are counted as they are read")
        else:
            print(f"  {found.key}: {found.path}, {found.images} images, {found.needed} needed")


def _info(options: argparse.Namespace) -> None:
    from darkpixel.formats.hdf5 import open_hdf5, sound

    if options.path.is_dir() or options.path.suffix == ".safetensors":
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
    from darkpixel.models.packed import model_folder, packed_texts

    with model_folder(folder) as unpacked:
        config, model = load_config(unpacked), load_model(unpacked)
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
    if folder.is_file():
        print(packed_texts(folder)["card"])


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
