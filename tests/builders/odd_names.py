"""Names of files and folders that some program between us and the disk might take apart.

Each is in a line of docs/formats.md (`format_tables`).
"""

from typing import NamedTuple

from format_tables import WORKS

NARROW = "\u202f"  # a narrow blank, as macOS has it in the names of pictures of the screen
ODD_NAMES = (
    "two words", "it's", 'a "b"', "$HOME^^$", "_x", "`date`", "a#b", "50%20%j", "a&b;c|d",
    "*?[x]", "~user", "a\\b", "a:b=c,d", "-n", "a<b", "C++ (2)", "żółć é 电子", f"x{NARROW}y",
)  # fmt: skip
EVERY_ODDITY = '_it\'s "a" $HOME^^$ #1 50%j `x` é &;|~!?[x]*^@,=\\ (<) 电'
"""In one name."""


class Case(NamedTuple):
    """A path and what comes of it, as of `hdf5_cases.Case`."""

    part: str
    what: str
    outcome: str
    name: str


REFUSED = [
    Case("folder, file", what, outcome, name)
    for what, outcome, name in (
        ("braces", "has braces, which Snakemake takes for wildcards", "a{b}c"),
        ("a name between < and >", "has a name between < and >", "a<b>c"),
        ("a line break", r"has the character '\n'", "a\nb"),
        ("an escape sequence", r"has the character '\x1b'", "a\x1b[2Jb"),
        ("a separator of lines of Unicode", r"has the character '\u2028'", "a\u2028b"),
        ("bytes that are no UTF-8", r"has the character '\udce9'", "a\udce9b"),
    )
]
COLON = Case("folder of the checkout", "a colon", "':', at which Python parts the folders", "a:b")
CASES = [
    *(
        Case("folder, file", f"`` {name.replace(NARROW, 'U+202F')} ``", WORKS, name)
        for name in ODD_NAMES
    ),
    *REFUSED,
    COLON,
]
