"""`darkpixel init`: an overlay for a run on a user's own files, with splits that fit them."""

import argparse
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from darkpixel.cli.options import (
    Commands,
    add_command,
    add_json,
    labelled,
    pixels_of,
    print_json,
    side,
)
from darkpixel.cli.questions import DEFAULT_MODELS, KINDS, ask
from darkpixel.errors import DarkpixelError

if TYPE_CHECKING:
    from darkpixel.datasets.foreign_file import Look

_OTHERS = (*KINDS, "lartpc_vertex")
_TEST, _VALIDATION = 0.2, 0.08  # of the images
_MOST_TEST, _MOST_VALIDATION = 20_000, 5_000
_FEWEST = 100  # images of a label, of which a run says anything
_BASE = Path("config/config.yaml")
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_NOT_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan"}  # of YAML


class _Splits(NamedTuple):
    train: int
    validation: int
    test: int


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
        "images, and writes a configuration. Arrays of NumPy (.npy, .npz), and showers in "
        "CaloChallenge's layout whose cells make a square, are written as HDF5 beside it. "
        "Refused are other showers, such as those of data sets 2 and 3, and JetNet's particles, "
        "whose pT has no unit of energy; evaluate takes both.",
    )
    init.add_argument("output", type=Path, help="overlay to write, .yaml")
    init.add_argument(
        "files", type=labelled, nargs="*", metavar="LABEL=FILE",
        help="image files (docs/formats.md), one a label; of argon one: all=FILE",
    )  # fmt: skip
    init.add_argument(
        "--dataset", choices=KINDS, help="kind of the images (as the files say, else jets)"
    )
    init.add_argument(
        "--models",
        nargs="+",
        help=f"entries of config/config.yaml to train ({' '.join(DEFAULT_MODELS)})",
    )
    init.add_argument("--run", help="name of the run (that of the overlay)")
    init.add_argument("--pixel-size", type=side, help="of a pixel, if the files do not say it")
    init.add_argument("--unit", help="of the pixels of .npy and .npz, such as MeV")
    init.add_argument(
        "--shape", type=pixels_of, metavar="ROWSxCOLUMNS", help="of the cells of showers"
    )
    add_json(init)
    init.set_defaults(command=_init)


def _init(options: argparse.Namespace) -> None:
    from darkpixel.datasets.foreign_file import look_at
    from darkpixel.formats.files import whole_file

    output: Path = options.output
    if output.suffix not in (".yaml", ".yml"):
        raise DarkpixelError(
            f"{output}: an overlay ends in .yaml, and comes first: darkpixel init mine.yaml "
            "LABEL=FILE ..."
        )
    if output.exists():
        raise DarkpixelError(f"{output}: is there already; name another file.")
    if not _BASE.is_file():
        raise DarkpixelError(f"{_BASE}: not found; call `darkpixel init` in the checkout.")
    if not options.files:
        ask(options)
    labels = [label for label, _ in options.files]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise DarkpixelError(f"label '{min(twice)}' is given twice; one file each.")
    # All that can be told before a large file is read.
    looks = [look_at(path, options.shape) for _, path in options.files]
    stated = next((look.dataset for look in looks if look.dataset in _OTHERS), "jets")
    dataset: str = options.dataset or stated
    _check_told(looks, options, dataset)
    width: float | None = options.pixel_size
    _check_alike(looks, dataset, options.unit, width)
    _check(_overlay(options, dataset, looks, looks, _Splits(1, 1, 2), width), output)
    made: dict[Path, list[str]] = {}
    try:
        files = [
            look if look.is_image_file else _written(label, look, options, made)
            for (label, _), look in zip(options.files, looks, strict=True)
        ]
        splits = _splits(files, looks, dataset)
        text = _overlay(options, dataset, files, looks, splits, width)
        _check(text, output)
        with whole_file(output) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except BaseException:
        for path in made:
            with suppress(OSError):
                path.unlink()
        raise
    if options.json:
        from darkpixel.config.loading import read_yaml

        written = [{"file": file, "left_out": left_out} for file, left_out in made.items()]
        print_json({"file": output, "configuration": read_yaml(output), "written": written})
        return
    print(text, end="")
    for file, left_out in made.items():
        without = f", without the arrays {', '.join(left_out)}" if left_out else ""
        print(f"# {file}: written, the images as HDF5{without}")
    print(f"# written; start it with: snakemake all report --cores all --configfile {output}")


def _check(text: str, output: Path) -> None:
    """What is written can be run, or is not written."""
    from darkpixel.config.loading import load_run, read_yaml
    from darkpixel.formats.files import scratch_folder

    with scratch_folder() as folder:
        temporary = folder / output.name
        temporary.write_text(text, encoding="utf-8")
        try:
            load_run(read_yaml(_BASE, temporary), [_BASE, temporary])
        except DarkpixelError as error:
            message = str(error).replace(str(temporary), str(output))
            raise DarkpixelError(message) from None


def _written(
    label: str, look: "Look", options: argparse.Namespace, made: dict[Path, list[str]]
) -> "Look":
    """The image file that is made of another file."""
    from darkpixel.datasets.foreign_file import look_at, write_image_file

    output: Path = options.output.parent / f"{options.output.stem}_{label}.h5"
    if output.exists():
        raise DarkpixelError(
            f"{output}: is there already; give images as HDF5 instead of {look.path}."
        )
    made[output] = []
    made[output] = write_image_file(
        look.path, output, shape=options.shape, pixel_size=options.pixel_size, unit=options.unit
    )
    return look_at(output)


def _check_told(looks: "list[Look]", options: argparse.Namespace, dataset: str) -> None:
    """Name every option that the first file which says nothing needs, not one after another."""
    from darkpixel.datasets.foreign_file import usual_unit

    usual = usual_unit(dataset)
    stated = next((look for look in looks if look.pixel_size is not None), None)
    for look in looks:
        lacking = []
        if options.pixel_size is None and look.pixel_size is None:
            if stated is not None:
                size = f"{stated.pixel_size:g}"
                lacking.append(
                    (f"how large a pixel is, {stated.path} says {size}", f"--pixel-size {size}")
                )
            elif dataset != "lartpc":  # whose pixels have a size of their own
                lacking.append(("how large a pixel is, in eta and phi", "--pixel-size 0.1"))
        if not look.is_image_file and (look.unit or options.unit) is None:
            lacking.append(("in which unit its pixels are", f"--unit {usual.split()[-1]}"))
        if lacking:
            facts, remedies = zip(*lacking, strict=True)
            raise DarkpixelError(
                f"{look.path}: does not say {', nor '.join(facts)}; give {' '.join(remedies)}, "
                "for example."
            )


def _check_alike(looks: "list[Look]", dataset: str, unit: str | None, width: float | None) -> None:
    """Refuse what the run would refuse, hours later perhaps."""
    from darkpixel.datasets.foreign_file import usual_unit
    from darkpixel.formats.units import check_stated, conversion

    first = looks[0]
    usual = usual_unit(dataset)
    for look in looks:
        stated = look.pixel_size
        if width is not None and stated is not None and abs(stated - width) > 1e-6 * width:
            raise DarkpixelError(
                f"{look.path}: says that its pixels have {stated:g}, not {width:g}; leave out "
                "--pixel-size, or correct the attribute pixel_size."
            )
        if look.is_image_file and unit is not None and look.unit != unit:
            raise DarkpixelError(
                f"{look.path}: --unit {unit}, but the file's attribute unit is "
                f"{look.unit or 'not there'}; a run goes by the attribute: set it in the file, "
                "and leave out --unit."
            )
        found = look.unit or unit
        check_stated(look.path, found, first.path, first.unit or unit)
        conversion(look.path, found or usual, usual)
        if look.pixels != first.pixels:
            raise DarkpixelError(
                f"{look.path}: images of {look.pixels[0]} x {look.pixels[1]} pixels, those of "
                f"{first.path} have {first.pixels[0]} x {first.pixels[1]}; the files of one run "
                "have images of one size."
            )
        if dataset != "lartpc" and look.pixels[0] != look.pixels[1]:
            raise DarkpixelError(
                f"{look.path}: images of {look.pixels[0]} x {look.pixels[1]} pixels; square ones "
                "are needed: pad them, or add a data set of your own (docs/extending.md), which "
                "takes any shape."
            )


def _splits(files: "list[Look]", looks: "list[Look]", dataset: str) -> _Splits:
    """How many images go where.

    Args:
        files: that the run reads.
        looks: those that the user named, for messages.
    """
    from darkpixel.datasets.foreign_file import images_in

    counts = [images_in(file, cropped=dataset == "lartpc") for file in files]
    fewest = min(counts)
    if fewest < _FEWEST:
        path = looks[counts.index(fewest)].path
        left = "left by the crop" if dataset == "lartpc" else "in all"
        raise DarkpixelError(
            f"{path}: {fewest} images {left}; {_FEWEST} of each label or more are needed to "
            "train, and to say how good that is."
        )
    test = min(_MOST_TEST, round(_TEST * fewest))
    validation = min(_MOST_VALIDATION, max(20, round(_VALIDATION * fewest)))
    return _Splits(fewest - test - validation, validation, test)


def _overlay(
    options: argparse.Namespace,
    dataset: str,
    files: "list[Look]",
    looks: "list[Look]",
    splits: _Splits,
    width: float | None,
) -> str:
    from darkpixel.datasets.foreign_file import usual_unit

    labels = [label for label, _ in options.files]
    usual = usual_unit(dataset)
    lines = [
        f"# Own images: snakemake --cores all --configfile {options.output}",
        f"run: {_text(options.run or options.output.stem)}",
        "datasets:",
        f"  {dataset}:",
        "    source: file",
        "    file:",
        *(f"      {_text(label)}: {_quoted(str(file.path))} # pixels in "
          f"{look.unit or options.unit or f'{usual}, since the file says nothing else'}"
          for label, file, look in zip(labels, files, looks, strict=True)),
        f"    images: {{train: {splits.train}, validation: {splits.validation}, "
        f"test: {splits.test}}}",
        f"    models: [{', '.join(map(_text, options.models or DEFAULT_MODELS))}]",
    ]  # fmt: skip
    if width is not None and not all(file.pixel_size for file in files):
        key = "simulation" if dataset == "lartpc" else "imaging"
        lines.append(f"    {key}: {{pixel_size: {width:g}}}")
    rows = files[0].pixels[0]
    if dataset == "lartpc" and files[0].is_crop:
        lines.append(f"    imaging: {{pixels: {rows}}}")
    lines += [f"  {other}: null" for other in _OTHERS if other != dataset
              and not (dataset == "lartpc" and other == "lartpc_vertex")]  # fmt: skip
    return "\n".join(lines) + "\n"


def _text(word: str) -> str:
    """A word of YAML: in quotes where it would be a number, a date or a truth value."""
    return word if _PLAIN.fullmatch(word) and word.lower() not in _NOT_TEXT else _quoted(word)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
