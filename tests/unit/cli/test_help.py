"""The help of every option, and what commands print for programs."""

import argparse
import json
from collections.abc import Iterator

import pytest

from darkpixel.cli import _parser, main


def options() -> Iterator[tuple[str, argparse.Action]]:
    (commands,) = (
        action.choices
        for action in _parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    for name, parser in commands.items():
        for action in parser._actions:
            if action.dest != "help":
                yield f"{name} {'/'.join(action.option_strings) or action.dest}", action


@pytest.mark.parametrize("action", [pytest.param(it, id=name) for name, it in options()])
def test_every_option_has_help_that_shows_its_default(action: argparse.Action) -> None:
    assert action.help
    default = action.default
    if default is None or default is False or default == []:  # said in words, or nothing
        return
    assert f"({default})" in action.help


def test_what_was_written_as_json(tmp_path, capsys):
    path = str(tmp_path / "muons.npy")
    words = ["simulate", "argon", path, "-n", "2", "--cores", "1", "--json", "--seed", "3"]
    for replaced in (False, True):
        assert main(words) == 0
        assert json.loads(capsys.readouterr().out) == {
            "file": path, "images": 2, "kind": "argon", "label": "all", "seed": 3,
            "replaced": replaced,
        }  # fmt: skip
