"""`darkpixel simulate`: images without a workflow."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from darkpixel.cli.options import (
    Commands,
    add_command,
    add_json,
    images_file,
    momentum,
    positive,
    print_done,
    replaced_note,
    seed,
    species,
    written_as_hdf5,
)
from darkpixel.errors import DarkpixelError


def add_simulate(commands: Commands) -> None:
    """Its options."""
    simulate = add_command(
        commands, "simulate", "simulate images, without a workflow",
        "argon muons.h5 -n 20000 --species mu- --momentum 500",
        "jets q.h5 -n 1000 --label background --seed 7",
        "muons z.npy --configfile config/config.yaml mine.yaml # as in that run",
    )  # fmt: skip
    simulate.add_argument("kind", choices=("jets", "muons", "argon"), help="of images")
    simulate.add_argument("output", type=images_file, help="file to write: .h5, .hdf5, or .npy")
    simulate.add_argument("-n", "--images", type=positive, default=1000, help="how many (1000)")
    simulate.add_argument("--label", help="jets, muons: signal (default) or background")
    simulate.add_argument(
        "--species",
        type=species,
        default=[],
        metavar="NAME,...",
        help="argon: particles by name or PDG code, such as mu- or 13,211 (all five, evenly)",
    )
    simulate.add_argument(
        "--momentum",
        type=momentum,
        metavar="P",
        help="argon: MeV/c, one such as 500 or a range such as 300:800 (that of each species)",
    )
    simulate.add_argument("--seed", type=seed, default=1, help="of the random numbers (1)")
    simulate.add_argument(
        "--cores", type=positive, help="that share the work; the images are the same (all)"
    )
    simulate.add_argument(
        "--configfile",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="a run's configuration, base and overlays, whose settings are taken; else the papers'",
    )
    add_json(simulate)
    simulate.set_defaults(command=_simulate)


def _simulate(options: argparse.Namespace) -> None:
    from darkpixel.models.workers import usable_cores
    from darkpixel.studies.simulated import LABELS, simulate_images

    replaced = replaced_note(options.output)
    settings = _settings_of_run(options.kind, options.configfile) if options.configfile else {}
    with written_as_hdf5(options.output) as path:
        simulate_images(
            options.kind,
            options.images,
            path,
            label=options.label,
            seed=options.seed,
            cores=options.cores or usable_cores(),
            species=options.species,
            momentum=options.momentum,
            **settings,
        )
    label = options.label or LABELS[options.kind][0]
    facts = {"images": options.images, "kind": options.kind, "label": label, "seed": options.seed}
    print_done(options, f"{options.images} simulated images", facts, replaced)


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
