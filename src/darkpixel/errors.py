"""The one exception that users see as a single line, without a traceback."""


class DarkpixelError(Exception):
    """Bad input, bad configuration or a full disk.

    The message is one line: the file, the key or field, what was found, and what to do.
    Command-line entry points and workflow scripts print it and exit with status 1.
    """
