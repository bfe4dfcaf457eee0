"""`darkpixel init`: an overlay for a run on a user's own files, with splits that fit them."""

import argparse
from pathlib import Path
from typing import NamedTuple

from darkpixel.cli.options import Commands, add_command, labelled
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
        description="Looks at the files, divides their images into training, validation and test "
        "images, and writes a configuration.",
    )
    init.add_argument("output", type=Path, help="overlay to write, .yaml")
    init.add_argument(
        "files", type=labelled, nargs="+", metavar="LABEL=FILE",
        help="image files (docs/formats.md), one a label; of argon one: all=FILE",
    )  # fmt: skip
    init.add_argument(
        "--dataset", choices=("jets", "muons", "lartpc"),
        help="kind of the images (as the files say, else jets)",
    )  # fmt: skip
    init.add_argument("--models", nargs="+", help="entries of config/config.yaml to train")
    init.add_argument("--run", help="name of the run (that of the overlay)")
    init.add_argument("--pixel-size", type=float, help="of a pixel, if the files do not say it")
    init.set_defaults(command=_init)


def _init(options: argparse.Namespace) -> None:
    from darkpixel.config.loading import load_run, read_yaml
    from darkpixel.formats.files import whole_file

    if options.output.exists():
        raise DarkpixelError(f"{options.output}: is there already; name another file.")
    base = Path("config/config.yaml")
    if not base.is_file():
        raise DarkpixelError(f"{base}: not found; call `darkpixel init` in the checkout.")
    labels = [label for label, _ in options.files]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise DarkpixelError(f"label '{min(twice)}' is given twice; one file each.")
    files = [_looked_at(label, path) for label, path in options.files]
    dataset = options.dataset or next((f.dataset for f in files if f.dataset in _OTHERS), "jets")
    _check_alike(files)
    text = _overlay(
        options.run or options.output.stem,
        dataset,
        files,
        options.models or _DEFAULT,
        options.pixel_size,
        options.output,
    )
    with whole_file(options.output) as temporary:
        temporary.write_text(text, encoding="utf-8")
        try:  # what is written can be run, or is not written
            load_run(read_yaml(base, temporary), [base, temporary])
        except DarkpixelError as error:
            message = str(error).replace(str(temporary), str(options.output))
            raise DarkpixelError(message) from None
    print(text, end="")
    print(f"# written; start it with: snakemake --cores all --configfile {options.output}")


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


def _check_alike(files: list[_File]) -> None:
    for file in files[1:]:
        if file.pixels != files[0].pixels:
            raise DarkpixelError(
                f"{file.path}: images of {file.pixels} pixels, those of {files[0].path} have "
                f"{files[0].pixels}; the files of one run have images of one size."
            )


def _overlay(
    run: str,
    dataset: str,
    files: list[_File],
    models: list[str],
    pixel_size: float | None,
    output: Path,
) -> str:
    fewest = min(file.images for file in files)
    if fewest < _FEWEST:
        raise DarkpixelError(
            f"{min(files, key=lambda f: f.images).path}: {fewest} images; {_FEWEST} of each label "
            "or more are needed to train, and to say how good that is."
        )
    test = min(_MOST_TEST, round(_TEST * fewest))
    validation = min(_MOST_VALIDATION, max(20, round(_VALIDATION * fewest)))
    side = pixel_size or next((file.pixel_size for file in files if file.pixel_size), None)
    if dataset != "lartpc" and side is None:
        raise DarkpixelError(
            f"{files[0].path}: does not say how large a pixel is, in eta and phi; give "
            "--pixel-size."
        )
    lines = [
        f"# Own images: snakemake --cores all --configfile {output}",
        f"run: {run}",
        "datasets:",
        f"  {dataset}:",
        "    source: file",
        "    file:",
        *(f"      {file.label}: '{str(file.path).replace(chr(39), 2 * chr(39))}'"
          f" # {file.images:,} images" for file in files),
        f"    images: {{train: {fewest - test - validation}, validation: {validation}, "
        f"test: {test}}}",
        f"    models: [{', '.join(models)}]",
    ]  # fmt: skip
    if side is not None and not all(file.pixel_size for file in files) and dataset != "lartpc":
        lines.append(f"    imaging: {{pixel_size: {side:g}}}")
    lines += [f"  {other}: null" for other in _OTHERS if other != dataset
              and not (dataset == "lartpc" and other == "lartpc_vertex")]  # fmt: skip
    return "\n".join(lines) + "\n"
