"""`darkpixel evaluate`: generated images of any origin against simulated ones."""

import argparse
import sys
from pathlib import Path

from darkpixel.cli.options import (
    Commands,
    add_command,
    pixels_of,
    positive,
    print_json,
    replaced_note,
    seed,
    side,
)
from darkpixel.errors import DarkpixelError

_KINDS = ("jets", "muons", "lartpc", "plain")  # darkpixel.studies.scoring.KINDS, which takes torch


def add_evaluate(commands: Commands) -> None:
    """Its options."""
    evaluate = add_command(
        commands,
        "evaluate",
        "score files of generated images against simulated ones",
        "test.h5 w.h5 other.npy --html page.html",
        "test.h5 w.h5 --training train.h5 --json",
        "showers.h5 mine.h5 --shape 45x144 # CaloChallenge",
        description="Distances of generated from simulated images, with errors and what a perfect "
        "generator scores. Read are .h5, .npy, .npz, LArCV .root, CaloChallenge and JetNet files.",
    )
    evaluate.add_argument("reference", type=Path, help="simulated images, test.h5 for example")
    evaluate.add_argument("generated", type=Path, nargs="+", help="generated images, one file each")
    evaluate.add_argument("-n", "--images", type=positive, default=10_000, help="a side (10000)")
    evaluate.add_argument("--seed", type=seed, default=1, help="of the draw of the images (1)")
    evaluate.add_argument(
        "--training", type=Path, help="images of the training: are they known by heart?"
    )
    evaluate.add_argument(
        "--dataset", choices=_KINDS, help="kind of the images (as the reference says, else plain)"
    )
    evaluate.add_argument(
        "--pixel-size", type=side, help="side of a pixel in eta and phi, or cm, if no file says it"
    )
    evaluate.add_argument("--unit", help="of the pixels, if no file says it, such as GeV")
    evaluate.add_argument(
        "--shape", type=pixels_of, metavar="ROWSxCOLUMNS", help="of CaloChallenge's voxels"
    )
    evaluate.add_argument("--json", action="store_true", help="print all numbers as JSON")
    evaluate.add_argument("--html", type=Path, help="page to write, with histograms")
    evaluate.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> None:
    from darkpixel.datasets.foreign import Grid
    from darkpixel.studies.scoring import score
    from darkpixel.tables.score import score_text

    replaced = "" if options.html is None else replaced_note(options.html)  # before all computing
    found = score(
        options.reference,
        _names(options.generated),
        training=options.training,
        n=options.images,
        seed=options.seed,
        dataset=options.dataset,
        pixel_size=options.pixel_size,
        unit=options.unit,
        grid=Grid(shape=options.shape),
    )
    for warning in found.warnings:
        print(f"darkpixel: warning: {warning}", file=sys.stderr)
    if options.json:
        rows = found.rows.to_dict(orient="records")
        print_json({"about": found.about, "warnings": found.warnings, "rows": rows})
    else:
        print(score_text(found.rows, found.about), end="")
    if options.html is not None:
        from darkpixel.pages.score import write_score_page

        write_score_page(found.rows, found.observables, found.about, found.warnings, options.html)
        print(f"{options.html}: the same, with histograms{replaced}", file=sys.stderr)


def _names(paths: list[Path]) -> dict[str, Path]:
    """A short name for each file: its own, with as many folders as tell it from the others.

    Raises:
        DarkpixelError: a file is named twice.
    """
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise DarkpixelError(f"{twice}: named twice; name each file once.")
    for parts in range(1, 1 + max(len(path.parts) for path in paths)):
        names = ["/".join(path.parts[-parts:]) for path in paths]
        if len(set(names)) == len(names):
            break
    return dict(zip(names, paths, strict=True))
