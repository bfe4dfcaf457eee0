"""`darkpixel likelihood`: how likely images are under a trained model."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.cli.options import (
    Commands,
    add_command,
    add_device,
    number_file,
    one_species,
    positive,
    print_json,
    replaced_note,
    seed,
)
from darkpixel.cli.sample import same_for_all

if TYPE_CHECKING:
    from darkpixel.studies.file_likelihood import Likelihood

_BOUNDS = {
    "totals": "the model draws totals before the pixels, which are integrated over with {draws} "
    "draws an image; with half of them the bits per pixel are larger by {more:.2g}",
    "order": "of the orders in which the pixels can be drawn, the image's own alone is counted",
}


def add_likelihood(commands: Commands) -> None:
    """Its options."""
    likelihood = add_command(
        commands,
        "likelihood",
        "nats and bits per pixel of images under a model",
        "MODEL test.h5 --training train.h5",
        "MODEL muons.h5 --condition momentum=500 --output nats.csv",
        description="Log-density of the images of a file under a trained model: a point mass at 0 "
        "and the unit of the pixels elsewhere, for each pixel. Conditions of the model are taken "
        "from columns of the file.",
    )
    likelihood.add_argument("model", type=Path, help="folder of the model, or its packed file")
    likelihood.add_argument("images", type=Path, help="image file, or .npy, .npz")
    likelihood.add_argument("--label", help="for a model that knows several (as the file says)")
    likelihood.add_argument(
        "--species", type=one_species, help="mu- or 13, short for --condition species=13"
    )
    likelihood.add_argument(
        "--momentum", type=float, help="MeV/c, short for --condition momentum=P"
    )
    likelihood.add_argument(
        "--condition",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a column that the model is conditioned on, for all images",
    )
    likelihood.add_argument(
        "--ignore-columns",
        action="store_true",
        help="density of images whose conditions are not known, as in the table of a run",
    )
    likelihood.add_argument(
        "--training",
        type=Path,
        metavar="FILE",
        help="training images, for a model on a grid of pixel values: values that it rounds to "
        "zero are then counted, and models can be compared (they count as zeros)",
    )
    likelihood.add_argument(
        "--draws", type=positive, default=64, help="an image, of a model with totals (64)"
    )
    likelihood.add_argument("--seed", type=seed, default=1, help="of the draws (1)")
    add_device(likelihood)
    likelihood.add_argument(
        "-o", "--output", type=number_file, help="values of each image: .h5, .csv, or .npy (nats)"
    )
    likelihood.add_argument("--json", action="store_true", help="print the result as JSON")
    likelihood.set_defaults(command=_likelihood)


def _likelihood(options: argparse.Namespace) -> None:
    from darkpixel.models.device import choose_device
    from darkpixel.studies.file_likelihood import likelihood_of_file

    replaced = replaced_note(options.output) if options.output else ""
    found = likelihood_of_file(
        options.model,
        options.images,
        label=options.label,
        conditions=same_for_all(options, options.momentum),
        use_columns=not options.ignore_columns,
        training=options.training,
        draws=max(2, options.draws),
        seed=options.seed,
        device=choose_device(options.device, "--device"),
        output=options.output,
    )
    for warning in found.warnings:
        print(f"darkpixel: warning: {warning}", file=sys.stderr)
    if options.json:
        print_json(found._asdict())
    else:
        print(_text(options, found))
    if options.output:
        print(f"{options.output}: {found.images} values{replaced}", file=sys.stderr)


def _text(options: argparse.Namespace, found: "Likelihood") -> str:
    label = f", label {found.label}" if found.label else ""
    at_least, at_most = ("≥ ", "≤ ") if found.bound else ("", "")
    lines = [
        f"{options.images}: {found.images} images under {options.model}{label}",
        f"  log-density: {at_least}{found.nats:.6g} ± {found.nats_error:.2g} nats an image",
        f"  {at_most}{found.bits_per_pixel:.6g} ± {found.bits_error:.2g} bits per pixel",
        f"  pixels in {found.unit or 'an unknown unit'}: both numbers depend on it",
    ]
    if found.bound:
        why = _BOUNDS[found.bound].format(draws=found.draws, more=found.more_with_half)
        lines.append(f"  a bound: {why}")
    if found.given:
        lines.append(f"  given {', '.join(found.given)}")
    if found.withheld:
        lines.append(f"  {', '.join(found.withheld)} not known")
    if found.has_grid:
        share = f"{100 * found.rounded_to_zero:.2g}% of the non-zero pixels are rounded to zero"
        counted = "counted as the training images have them" if found.zeros_shared else (
            "taken for zeros; compare with other models with --training only"
        )  # fmt: skip
        lines.append(f"  a grid of pixel values: {share}, {counted}")
    return "\n".join(lines)
