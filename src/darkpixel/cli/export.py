"""`darkpixel export`: a trained network for programs without darkpixel."""

import argparse
from pathlib import Path

from darkpixel.cli.options import Commands, add_command, add_json, print_done, replaced_note


def add_export(commands: Commands) -> None:
    """Its options."""
    export = add_command(
        commands,
        "export",
        "write an SSNet, a classifier or LAGAN's generator as TorchScript",
        "results/demo/judges/ssnet/seed1 ssnet.pt",
        description="Writes a trained network that torch reads without darkpixel, in C++ too: "
        "SSNet, classifiers, and LAGAN's generator, which is given random numbers and classes. "
        "Other generative models draw with a sampler of their own, and a VQ-VAE serves one of "
        "them; use darkpixel.load.",
    )
    export.add_argument("model", type=Path, help="folder of the model, or its packed file")
    export.add_argument("output", type=_script, help="file to write, .pt")
    export.add_argument(
        "--format", choices=("torchscript",), default="torchscript", help="(torchscript)"
    )
    add_json(export)
    export.set_defaults(command=_export)


def _script(text: str) -> Path:
    path = Path(text)
    if path.suffix != ".pt" and not path.is_dir():
        raise argparse.ArgumentTypeError(f"found '{text}'; end it in .pt")
    return path


def _export(options: argparse.Namespace) -> None:
    from darkpixel.models.export import export_model

    replaced = replaced_note(options.output)
    takes, gives = export_model(options.model, options.output)
    facts = {"format": options.format, "takes": takes, "gives": gives}
    print_done(options, f"TorchScript; {takes} -> {gives}", facts, replaced)
