"""The command `darkpixel`: the library without the workflow."""

import argparse
import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from darkpixel import __version__
from darkpixel.errors import DarkpixelError


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status. A `DarkpixelError` is one line on stderr, status 1."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        options.command(options)
        sys.stdout.flush()
    except DarkpixelError as error:
        print(f"darkpixel: {error}", file=sys.stderr)
        return 1
    except MemoryError as error:
        print(f"darkpixel: out of memory ({error}); give fewer or smaller images", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever reads has seen enough, as in `darkpixel show x.h5 | head`
        # What is left would be written, and fail again, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="darkpixel", description=__doc__)
    parser.add_argument("--version", action="version", version=f"darkpixel {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="check a configuration and its overlays")
    check.add_argument("files", nargs="+", type=Path, help="base configuration, then overlays")
    check.set_defaults(command=_check)

    sample = commands.add_parser("sample", help="generate images with a trained model")
    sample.add_argument("model", type=Path, help="folder with model.safetensors and config.yaml")
    sample.add_argument("output", type=_hdf5, help="image file to write, .h5 or .hdf5")
    sample.add_argument(
        "-n", "--images", type=_positive, help="how many (1000, or the rows of --conditions)"
    )
    sample.add_argument("--seed", type=_seed, default=1, help="of the random numbers (1)")
    sample.add_argument("--label", help="of the images, for a model that knows several (LAGAN)")
    sample.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    sample.add_argument("--species", type=int, help="PDG code, short for --condition species=CODE")
    sample.add_argument("--momentum", type=float, help="MeV/c, short for --condition momentum=P")
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
        "--cores", type=_positive, help="that share the blocks; the images are the same (all)"
    )
    sample.add_argument(
        "--block-size",
        type=_positive,
        help="images at once; the images depend on it (512 on a CPU, 1024 on a GPU)",
    )
    sample.set_defaults(command=_sample)

    simulate = commands.add_parser("simulate", help="simulate images, without a workflow")
    simulate.add_argument("kind", choices=("jets", "muons", "argon"), help="of images")
    simulate.add_argument("output", type=_hdf5, help="image file to write, .h5 or .hdf5")
    simulate.add_argument("-n", "--images", type=_positive, default=1000, help="how many (1000)")
    simulate.add_argument("--label", help="jets, muons: signal (default) or background")
    simulate.add_argument(
        "--species",
        type=_species,
        default=[],
        metavar="NAME,...",
        help="argon: particles by name or PDG code, such as mu- or 13,211 (all five, evenly)",
    )
    simulate.add_argument(
        "--momentum",
        type=_momentum,
        metavar="P",
        help="argon: MeV/c, one such as 500 or a range such as 300:800 (that of each species)",
    )
    simulate.add_argument("--seed", type=_seed, default=1, help="of the random numbers (1)")
    simulate.add_argument(
        "--cores", type=_positive, help="that share the work; the images are the same (all)"
    )
    simulate.add_argument(
        "--configfile",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="a run's configuration, base and overlays, whose settings are taken; else the papers'",
    )
    simulate.set_defaults(command=_simulate)

    label = commands.add_parser("label", help="label tracks and showers with a trained SSNet")
    label.add_argument("model", type=Path, help="folder of a trained SSNet")
    label.add_argument("images", type=Path, help="image file to label")
    label.add_argument("output", type=_hdf5, help="label file to write, .h5 or .hdf5")
    label.add_argument(
        "--threshold",
        type=_threshold,
        default=0.2,
        help="pixels above it are labelled, in the unit of the images (0.2)",
    )
    label.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    label.set_defaults(command=_label)

    evaluate = commands.add_parser("evaluate", help="score a file of images against another")
    evaluate.add_argument("images", type=Path, help="image file to evaluate")
    evaluate.add_argument("reference", type=Path, help="image file to compare with, e.g. test.h5")
    evaluate.set_defaults(command=_evaluate)

    show = commands.add_parser("show", help="print what an image file holds")
    show.add_argument("images", type=Path)
    show.set_defaults(command=_show)
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not -(2**63) <= value < 2**63:  # it is kept in the file, in 64 bits
        raise argparse.ArgumentTypeError(f"found {text}; must be between -2^63 and 2^63 - 1")
    return value


def _threshold(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"found {text}; must be a finite number, 0 or more")
    return value


def _species(text: str) -> list[int]:
    from darkpixel.formats.species import SPECIES

    codes = {name: code for code, name in SPECIES.items()} | {str(code): code for code in SPECIES}
    for word in text.split(","):
        if word not in codes:
            known = ", ".join(f"{name} or {code}" for code, name in SPECIES.items())
            raise argparse.ArgumentTypeError(f"found '{word}'; choose of {known}")
    return [codes[word] for word in dict.fromkeys(text.split(","))]


def _momentum(text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        return float(low), float(high or low)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"found '{text}'; give MeV/c, such as 500, or a range such as 300:800"
        ) from error


def _hdf5(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".h5", ".hdf5") and not path.is_dir():
        raise argparse.ArgumentTypeError(f"found '{text}'; HDF5 is written: end it in .h5 or .hdf5")
    return path


def _replaced(path: Path) -> str:
    """For the last line of a command: whether it will have replaced a file.

    Raises:
        DarkpixelError: what is there must not be replaced.
    """
    from darkpixel.formats.files import writable

    return " (in place of the file that was there)" if writable(path).exists() else ""


def _conditions(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """The values of the options' conditions: one for all images, or an array of one an image."""
    from darkpixel.formats.condition_file import read_conditions

    single: dict[str, float] = {}
    words = [f"{name}={getattr(options, name)}" for name in ("species", "momentum")
             if getattr(options, name) is not None]  # fmt: skip
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
    if options.conditions is None:
        return single
    columns = read_conditions(options.conditions, names)
    if both := single.keys() & columns.keys():
        raise DarkpixelError(
            f"{options.conditions}: has the column '{min(both)}', which is given on the command "
            "line too; give one or the other."
        )
    return single | columns


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


def _sample(options: argparse.Namespace) -> None:
    from darkpixel.models.device import choose_device
    from darkpixel.models.folder import load_config, load_generator
    from darkpixel.models.sample_file import shard_blocks, write_shard
    from darkpixel.models.workers import usable_cores

    replaced = _replaced(options.output)  # before anything is drawn
    config = load_config(options.model)
    device = choose_device(options.device)
    model = load_generator(options.model, device=device, label=options.label)
    conditions = _conditions(options, [condition.name for condition in model.conditions])
    count = _count(options, conditions)
    images = config["images"]
    image_label = options.label or images["label"]
    # Several blocks already for the 1,000 images of the default, so that no core is idle.
    block_size = options.block_size or (512 if device.type == "cpu" else 1024)
    write_shard(
        model,
        options.output,
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
    print(f"{options.output}: {count} images of {image_label}{replaced}")


def _simulate(options: argparse.Namespace) -> None:
    from darkpixel.models.workers import usable_cores
    from darkpixel.studies.simulated import simulate_images

    replaced = _replaced(options.output)
    settings = _settings_of_run(options.kind, options.configfile) if options.configfile else {}
    simulate_images(
        options.kind,
        options.images,
        options.output,
        label=options.label,
        seed=options.seed,
        cores=options.cores or usable_cores(),
        species=options.species,
        momentum=options.momentum,
        **settings,
    )
    print(f"{options.output}: {options.images} simulated images{replaced}")


def _settings_of_run(kind: str, files: Sequence[Path]) -> dict[str, Any]:
    """The settings of a data set's simulation and imaging in a configuration."""
    from darkpixel.config.loading import load_run, read_yaml

    name = "lartpc" if kind == "argon" else kind
    data: Any = load_run(read_yaml(*files), files).datasets.present().get(name)
    if data is None:
        raise DarkpixelError(
            f"{' '.join(map(str, files))}: datasets.{name} is null; name files that have it."
        )
    return {"simulation": data.simulation.model_dump(), "imaging": data.imaging.model_dump()}


def _label(options: argparse.Namespace) -> None:
    from darkpixel.models.device import choose_device
    from darkpixel.models.folder import load_config, load_model
    from darkpixel.models.ssnet.labelling import label_file
    from darkpixel.models.ssnet.model import SSNet

    replaced = _replaced(options.output)
    if options.output.exists() and options.output.samefile(options.images):
        raise DarkpixelError(
            f"{options.output}: the file of the images itself; name another for the labels."
        )
    config = load_config(options.model)
    model = load_model(options.model, device=choose_device(options.device))
    if not isinstance(model, SSNet):
        raise DarkpixelError(
            f"{options.model}: model is '{config['model']['model']}', not 'ssnet'; "
            "name the folder of a trained SSNet."
        )
    label_file(
        model,
        options.images,
        options.output,
        images=config["images"],
        threshold=options.threshold,
    )
    print(f"{options.output}: labels of {options.images}{replaced}")


def _evaluate(options: argparse.Namespace) -> None:
    from darkpixel.config.evaluation import Evaluation
    from darkpixel.formats.image_file import ImageFile
    from darkpixel.metrics.kinematics import in_angles, pixel_size_of
    from darkpixel.metrics.observables import Source, in_random_order, measure_observables
    from darkpixel.metrics.rows import wasserstein_rows

    with ImageFile(options.reference) as file:
        has_mass = in_angles(max(file.shape[1:]), pixel_size_of(file))
        unit = file.attributes.get("unit", "GeV")
        if len(file) < 2:
            raise DarkpixelError(
                f"{options.reference}: {len(file)} image; a reference needs 2 or more, since the "
                "floor is the distance between two halves of it."
            )
    names = ("pt", "mass") if has_mass else ("sum", "maximum", "nonzero")
    units = dict.fromkeys(("pt", "mass", "sum", "maximum"), unit)
    sources = [Source("images", 0, str(options.images))]
    observables = measure_observables(sources, str(options.reference))
    settings = Evaluation()
    rows = wasserstein_rows(
        in_random_order(observables, settings.seed),
        dataset="",
        label="",
        settings=settings,
        published={},
        names=(*names, "zero_fraction"),
    )
    print(f"W1 of {options.images} against {options.reference}, error by bootstrap;")
    print("floor: the same distance between two halves of the reference; images drawn at random")
    for row in rows.itertuples():
        print(f"{row.observable:>14} {row.value:8.4f} ± {row.error:.4f}", end="")
        print(f"   floor {row.floor:.4f} {units.get(row.observable, '')}   n {row.n}")


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


if __name__ == "__main__":
    sys.exit(main())
