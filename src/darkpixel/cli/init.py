"""`darkpixel init`: an overlay for a run on a user's own files, with splits that fit them."""

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from darkpixel.cli.options import Commands, add_command, labelled, pixels_of
from darkpixel.errors import DarkpixelError

_OTHERS = ("jets", "muons", "lartpc", "lartpc_vertex")
_DEFAULT = ["sparse_transformer"]  # models
_TEST, _VALIDATION = 0.2, 0.08  # of the images
_MOST_TEST, _MOST_VALIDATION = 20_000, 5_000
_FEWEST = 100  # images of a label, of which a run says anything


class _File(NamedTuple):
    label: str
    path: Path
    images: int
    pixels: tuple[int, int]
    pixel_size: float | None
    dataset: str | None


def add_init(commands: Commands) -> None:
    """Its options."""
    init = add_command(
        commands,
        "init",
        "write an overlay for a run on your own files",
        "mine.yaml signal=w.h5 background=q.h5",
        "mine.yaml all=particles.h5 --dataset lartpc --models vqvae_pixelcnn",
        "mine.yaml electrons=e.npy --unit MeV --pixel-size 0.025",
        "mine.yaml # asks for the files",
        description="Looks at the files, divides their images into training, validation and test "
        "images, and writes a configuration. Images in .npy and .npz, CaloChallenge's showers "
        "among them, are written as HDF5 beside the overlay.",
    )
    init.add_argument("output", type=Path, help="overlay to write, .yaml")
    init.add_argument(
        "files", type=labelled, nargs="*", metavar="LABEL=FILE",
        help="image files (docs/formats.md), one a label; of argon one: all=FILE",
    )  # fmt: skip
    init.add_argument(
        "--dataset", choices=("jets", "muons", "lartpc"),
        help="kind of the images (as the files say, else jets)",
    )  # fmt: skip
    init.add_argument("--models", nargs="+", help="entries of config/config.yaml to train")
    init.add_argument("--run", help="name of the run (that of the overlay)")
    init.add_argument("--pixel-size", type=float, help="of a pixel, if the files do not say it")
    init.add_argument("--unit", help="of the pixels of .npy and .npz, such as MeV (as for GeV)")
    init.add_argument(
        "--shape", type=pixels_of, metavar="ROWSxCOLUMNS", help="of CaloChallenge's voxels"
    )
    init.set_defaults(command=_init)


def _init(options: argparse.Namespace) -> None:
    from darkpixel.config.loading import load_run, read_yaml
    from darkpixel.formats.files import whole_file

    if options.output.exists():
        raise DarkpixelError(f"{options.output}: is there already; name another file.")
    base = Path("config/config.yaml")
    if not base.is_file():
        raise DarkpixelError(f"{base}: not found; call `darkpixel init` in the checkout.")
    if not options.files:
        _ask(options)
    labels = [label for label, _ in options.files]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise DarkpixelError(f"label '{min(twice)}' is given twice; one file each.")
    made: list[Path] = []
    try:
        files = [_looked_at(label, _images(label, path, options, made))
                 for label, path in options.files]  # fmt: skip
        stated = next((file.dataset for file in files if file.dataset in _OTHERS), "jets")
        text = _overlay(options.dataset or stated, files, options)
        with whole_file(options.output) as temporary:
            temporary.write_text(text, encoding="utf-8")
            try:  # what is written can be run, or is not written
                load_run(read_yaml(base, temporary), [base, temporary])
            except DarkpixelError as error:
                message = str(error).replace(str(temporary), str(options.output))
                raise DarkpixelError(message) from None
    except BaseException:
        for path in made:
            with suppress(OSError):
                path.unlink()
        raise
    print(text, end="")
    for file in made:
        print(f"# {file}: written, the images as HDF5")
    print(f"# written; start it with: snakemake --cores all --configfile {options.output}")


def _ask(options: argparse.Namespace) -> None:
    """For what was not given, at a terminal.

    Raises:
        DarkpixelError: there is no terminal, or its user has left.
    """
    if not sys.stdin.isatty():
        raise DarkpixelError("no files; name them as LABEL=FILE, one a label.")

    def asked(question: str, take: Callable[[str], Any], otherwise: str = "") -> Any:
        shown = f"{question} [{otherwise}]: " if otherwise else f"{question}: "
        while True:
            try:
                return take(input(shown).strip() or otherwise)
            except (argparse.ArgumentTypeError, ValueError) as error:
                print(f"  {error}")
            except EOFError:
                raise DarkpixelError("nothing was written.") from None

    def file(text: str) -> Any:
        if not text:
            return None
        label, path = labelled(text)
        if not path.is_file():
            raise argparse.ArgumentTypeError(f"{path}: no such file")
        return label, path

    print("Image files, one a label, such as signal=w.h5; an empty line ends the list.")
    while (found := asked("LABEL=FILE", file)) is not None or not options.files:
        if found is not None:
            options.files.append(found)
    if options.dataset is None:
        kinds = ("jets", "muons", "lartpc")

        def kind(text: str) -> str | None:
            if text not in ("", *kinds):
                raise ValueError(f"found '{text}'; {', '.join(kinds)}, or nothing")
            return text or None

        question = f"Kind: {', '.join(kinds)}; empty: as the files say, else jets"
        options.dataset = asked(question, kind)
    if options.models is None:
        options.models = asked("Models to train", str.split, " ".join(_DEFAULT))
    if options.pixel_size is None:
        options.pixel_size = asked(
            "Side of a pixel in eta and phi, or cm; empty: as the files say",
            lambda text: float(text) if text else None,
        )


def _images(label: str, path: Path, options: argparse.Namespace, made: list[Path]) -> Path:
    """The file itself, or the image file that is made of it."""
    from darkpixel.datasets.foreign import Grid
    from darkpixel.datasets.foreign_file import is_image_file, write_image_file

    if is_image_file(path):
        _check_unit(path, options.unit)
        return path
    output: Path = options.output.with_name(f"{options.output.stem}_{label}.h5")
    if output.exists():
        raise DarkpixelError(
            f"{output}: is there already; give it instead of {path}, or move it away."
        )
    made.append(output)
    write_image_file(
        path, output, grid=Grid(shape=options.shape), pixel_size=options.pixel_size,
        unit=options.unit,
    )  # fmt: skip
    return output


def _check_unit(path: Path, unit: str | None) -> None:
    from darkpixel.formats.image_file import ImageFile

    if unit is None:
        return
    with ImageFile(path) as file:
        if (stated := file.attributes.get("unit")) != unit:
            raise DarkpixelError(
                f"{path}: --unit {unit}, but the file's attribute unit is {stated or 'not there'}; "
                "a run goes by the attribute: set it in the file, and leave out --unit."
            )


def _looked_at(label: str, path: Path) -> _File:
    from darkpixel.formats.image_file import ImageFile

    with ImageFile(path) as file:
        about = file.attributes
        side = about.get("pixel_size")
        _, height, width = file.shape
        return _File(
            label, path, len(file), (height, width), None if side is None else float(side),
            about.get("dataset"),
        )  # fmt: skip


def _check_alike(dataset: str, files: list[_File], side: float) -> None:
    """What the run would refuse, hours later perhaps: sizes, and units that are no energies."""
    from darkpixel.datasets.own_files import kind_in_angles
    from darkpixel.formats.units import GEV, conversion

    if dataset == "lartpc":  # one file
        return
    for file in files:
        kind = kind_in_angles(file.path, side, [other.path for other in files])
        conversion(file.path, kind.unit or GEV, GEV)


def _overlay(dataset: str, files: list[_File], options: argparse.Namespace) -> str:
    output: Path = options.output
    fewest = min(file.images for file in files)
    if fewest < _FEWEST:
        raise DarkpixelError(
            f"{min(files, key=lambda f: f.images).path}: {fewest} images; {_FEWEST} of each label "
            "or more are needed to train, and to say how good that is."
        )
    test = min(_MOST_TEST, round(_TEST * fewest))
    validation = min(_MOST_VALIDATION, max(20, round(_VALIDATION * fewest)))
    side = options.pixel_size or next((file.pixel_size for file in files if file.pixel_size), None)
    if dataset != "lartpc" and side is None:
        raise DarkpixelError(
            f"{files[0].path}: does not say how large a pixel is, in eta and phi; give "
            "--pixel-size."
        )
    _check_alike(dataset, files, side or 1.0)
    lines = [
        f"# Own images: snakemake --cores all --configfile {output}",
        f"run: {options.run or output.stem}",
        "datasets:",
        f"  {dataset}:",
        "    source: file",
        "    file:",
        *(f"      {file.label}: '{str(file.path).replace(chr(39), 2 * chr(39))}'"
          f" # {file.images:,} images" for file in files),
        f"    images: {{train: {fewest - test - validation}, validation: {validation}, "
        f"test: {test}}}",
        f"    models: [{', '.join(options.models or _DEFAULT)}]",
    ]  # fmt: skip
    if side is not None and not all(file.pixel_size for file in files) and dataset != "lartpc":
        lines.append(f"    imaging: {{pixel_size: {side:g}}}")
    lines += [f"  {other}: null" for other in _OTHERS if other != dataset
              and not (dataset == "lartpc" and other == "lartpc_vertex")]  # fmt: skip
    return "\n".join(lines) + "\n"
