"""Pieces of the models' drawings: boxes, arrows, words and small images, as SVG.

Lines and words have the colour of the page's text, so that they show on a dark page, too.
"""

from collections.abc import Mapping, Sequence
from html import escape

BLUE, ORANGE, GREEN, GREY = "#3b7dbf", "#d9822b", "#3a9a5b", "#8a8a8a"


class Drawing:
    """A drawing that grows from the calls; lengths in pixels, y downwards."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._parts: list[str] = []
        self._size = width, height
        self._title = title

    def words(
        self, x: float, y: float, text: str, *, size: int = 13, anchor: str = "middle"
    ) -> None:
        """Lines of text, the first one's foot at y."""
        for place, line in enumerate(text.split("\n")):
            self._parts.append(
                f'<text x="{x:g}" y="{y + place * (size + 3):g}" font-size="{size}" '
                f'text-anchor="{anchor}" fill="currentColor">{escape(line)}</text>'
            )

    def box(
        self, x: float, y: float, width: float, height: float, text: str, colour: str = BLUE
    ) -> None:
        """A box with lines of text in its middle."""
        lines = text.count("\n") + 1
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" '
            f'fill="{colour}" fill-opacity="0.16" stroke="{colour}" stroke-width="1.5"/>'
        )
        self.words(x + width / 2, y + height / 2 + 4.5 - (lines - 1) * 7.5, text, size=12)

    def arrow(self, *points: tuple[float, float], dashed: bool = False) -> None:
        """A line through points, with a head at the last one."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.4"'
            f'{dash} marker-end="url(#head)"/>'
        )

    def line(self, *points: tuple[float, float], colour: str = "currentColor") -> None:
        """A thin line through points."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        )

    def image(
        self,
        x: float,
        y: float,
        rows: Sequence[str],
        *,
        cell: float = 16,
        colours: Mapping[str, str] | None = None,
    ) -> None:
        """An image, a letter a pixel.

        `.` is empty, 1 to 9 the energy, `?` the pixel that is being drawn; other letters stand for
        the colours that are given; any other character is written into its pixel.
        """
        colours = colours or {}
        for row, letters in enumerate(rows):
            for column, letter in enumerate(letters):
                fill, opacity = _fill(letter, colours)
                left, top = x + column * cell, y + row * cell
                self._parts.append(
                    f'<rect x="{left:g}" y="{top:g}" width="{cell:g}" height="{cell:g}" '
                    f'fill="{fill}" fill-opacity="{opacity:g}" stroke="{GREY}" '
                    'stroke-width="0.6"/>'
                )
                if letter == "?":
                    self.words(left + cell / 2, top + cell * 0.78, "?", size=round(cell * 0.8))

    def numbers(
        self, x: float, y: float, places: Sequence[tuple[int, int]], *, cell: float = 16
    ) -> None:
        """1, 2, 3 ... in the pixels (row, column) of an image."""
        for number, (row, column) in enumerate(places, 1):
            self.words(
                x + (column + 0.5) * cell, y + (row + 0.75) * cell, f"{number}", size=11
            )  # fmt: skip

    def svg(self) -> str:
        """The whole drawing."""
        width, height = self._size
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{escape(self._title)}" style="max-width: {width}px; width: 100%" '
            'font-family="sans-serif"><defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" '
            'markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" '
            f'fill="currentColor"/></marker></defs>{"".join(self._parts)}</svg>'
        )


def _fill(letter: str, colours: Mapping[str, str]) -> tuple[str, float]:
    if letter in colours:
        return colours[letter], 0.55
    if letter.isdigit():
        return BLUE, 0.1 + int(letter) / 10
    return (ORANGE, 0.45) if letter == "?" else (GREY, 0.05)
