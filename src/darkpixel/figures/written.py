"""Names of a user's files in figures, letter by letter."""

from matplotlib.font_manager import FontProperties, findfont, get_font


def as_written(text: str) -> str:
    """What makes matplotlib show a text as it is.

    It takes what is between two `$` for a formula, leaves names that begin with `_` out of
    legends, and has a box for letters that its font lacks: these are shown by their number.

    Example:
        >>> as_written("$a$ \\u7535.h5")
        '\\\\$a\\\\$ \\\\u7535.h5'
    """
    font = get_font(findfont(FontProperties()))
    shown = "".join(
        c if font.get_char_index(ord(c)) else c.encode("unicode_escape").decode() for c in text
    )
    invisible = "\N{ZERO WIDTH SPACE}" if shown.startswith("_") else ""
    return invisible + shown.replace("$", r"\$")
