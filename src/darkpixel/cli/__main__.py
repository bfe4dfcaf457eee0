"""`python -m darkpixel.cli`."""

import sys

from darkpixel.cli import main

if __name__ == "__main__":
    sys.exit(main())
