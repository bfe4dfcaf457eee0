"""The one exception that users see as a single line, without a traceback."""

import unicodedata


class DarkpixelError(Exception):
    """Bad input, bad configuration or a full disk.

    The message is one line: the file, the key or field, what was found, and what to do.
    Command-line entry points and workflow scripts print it and exit with status 1.
    A path or a name in it may hold a line break: that is shown as `\\n`.
    """

    def __str__(self) -> str:
        message = super().__str__()
        return "".join(repr(c)[1:-1] if breaks_lines(c) else c for c in message)


def breaks_lines(character: str) -> bool:
    """Whether a character moves what is printed after it, or cannot be printed.

    These are control characters, separators of lines, and bytes of file names that are no UTF-8.

    Example:
        >>> [breaks_lines(c) for c in ("a", " ", "\\u00e9", "\\n", "\\x1b", "\\udce9")]
        [False, False, False, True, True, True]
    """
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
