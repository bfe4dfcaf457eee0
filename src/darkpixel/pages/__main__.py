"""`python -m darkpixel.pages`: make the result pages in docs/, from a finished run if one is named.

For maintainers; `make pages RUN=study` calls it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from darkpixel.errors import DarkpixelError
from darkpixel.pages.build import write_pages
from darkpixel.pages.collect import collect


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status. A `DarkpixelError` is one line on stderr, status 1."""
    parser = argparse.ArgumentParser(prog="python -m darkpixel.pages", description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="folder of the pages")
    parser.add_argument("--run", type=Path, help="results/{run} of a finished run, to copy from")
    parser.add_argument("--command", help="that made the run, for the record")
    parser.add_argument("--hardware", help="of the run, where its tables do not tell")
    options = parser.parse_args(arguments)
    try:
        if options.run is not None:
            command = options.command or f"make {options.run.name}"
            for line in collect(options.run, options.docs, command, options.hardware):
                print(line)
        for path in write_pages(options.docs):
            print(f"{path}: written")
    except DarkpixelError as error:
        print(f"darkpixel: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
