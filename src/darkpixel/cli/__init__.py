"""The command `darkpixel`: the library without the workflow."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from darkpixel import __version__, wait_without_spinning
from darkpixel.cli.doctor import add_doctor
from darkpixel.cli.evaluate import add_evaluate
from darkpixel.cli.export import add_export
from darkpixel.cli.info import add_info
from darkpixel.cli.init import add_init
from darkpixel.cli.label import add_label
from darkpixel.cli.likelihood import add_likelihood
from darkpixel.cli.look import add_check, add_show
from darkpixel.cli.plan import add_plan
from darkpixel.cli.sample import add_sample
from darkpixel.cli.simulate import add_simulate
from darkpixel.errors import DarkpixelError, breaks_lines

_COMMANDS = (
    add_check, add_plan, add_doctor, add_init, add_simulate, add_sample, add_label, add_evaluate,
    add_likelihood, add_export, add_info, add_show,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status. A `DarkpixelError` is one line on stderr, status 1."""
    wait_without_spinning()  # before a command imports torch
    words = sys.argv[1:] if arguments is None else list(arguments)
    if broken := next((word for word in words if any(map(breaks_lines, word))), None):
        error = DarkpixelError(
            f"{broken}: has a character that no line can show; rename the folder or the file"
        )
        print(f"darkpixel: {error}", file=sys.stderr)
        return 1
    parser = _parser()
    options = parser.parse_args(words)
    before = _stop_by(signal.SIGTERM)
    try:
        options.command(options)
        sys.stdout.flush()
    except DarkpixelError as error:
        print(f"darkpixel: {error}", file=sys.stderr)
        return 1
    except MemoryError as error:
        print(f"darkpixel: out of memory ({error}); give fewer or smaller images", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # Ctrl-C, or a job's end
        print("darkpixel: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads has seen enough, as in `darkpixel info x.h5 | head`
        # What is left would be written, and fail again, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    return 0


def _stop_by(number: int) -> Any:
    """Let a signal end the command as Ctrl-C does, so that no temporary file is left.

    Returns:
        The handler until now; None outside the main thread, to which alone signals come.
    """

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(number, stop)


class _PrintCompletion(argparse.Action):
    """Prints a script for a shell, which completes commands, options and files."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        import shtab

        waiting: list[argparse.ArgumentParser] = [parser]
        while waiting:
            for action in waiting.pop()._actions:
                if isinstance(action, argparse._SubParsersAction):
                    waiting.extend(action.choices.values())
                elif action.choices is None and action.type not in (None, int, float):
                    action.complete = shtab.FILE  # type: ignore[attr-defined]
        print(shtab.complete(parser, values))
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="darkpixel",
        description="Generative models of sparse detector images, without the workflow.",
        epilog="`darkpixel COMMAND --help` has examples; documentation: README.md. Completion:\n"
        '  eval "$(darkpixel --print-completion bash)"',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"darkpixel {__version__}")
    parser.add_argument(
        "--print-completion",
        action=_PrintCompletion,
        choices=("bash", "zsh", "tcsh"),
        help="print a script that completes commands, options and files in a shell",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in _COMMANDS:
        add(commands)
    return parser
