"""Code maps and reconstructions of the VQ-VAE (LArTPC figure 3, and beyond the paper)."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, SymLogNorm
from matplotlib.figure import Figure

from darkpixel.errors import DarkpixelError
from darkpixel.figures.lartpc.images import (
    EMPTY,
    bare,
    charge_bar_in,
    charge_norm,
    draw_charge,
    read_examples,
    scale_bar,
)
from darkpixel.figures.style import look, palette, save, signed_decades
from darkpixel.formats.image_file import ImageFile, count_images
from darkpixel.formats.species import SPECIES
from darkpixel.tables.names import SPECIES_SYMBOLS

Codes = npt.NDArray[np.int64]
SEARCHED = 2000
GENERATED = 64  # images that are looked through for some that are not blank
PANEL = 1.7  # inches
DARKEST = -0.35  # where the colours of codes begin, so that the least charge is seen
# Quantities of darkpixel.metrics.compression, and how their axes are called.
ERRORS = (
    ("squared_error", "squared error / pixel [MeV²]"),
    ("charge_error", "|ΔQ| / Q of the image"),
    ("missed_pixels", "missed pixels / image"),
)


class Generated(NamedTuple):
    """Code maps that the PixelCNN has drawn, and the images that the decoder makes of them."""

    codes: Codes
    """(n, h, w)."""
    images: str | Path
    """Image file whose first n images are theirs."""


def generated_codes(path: str | Path) -> Generated:
    """The first code maps of an image file of the PixelCNN's."""
    with ImageFile(path) as file:
        return Generated(file.column("codes", 0, GENERATED), path)


def code_maps(
    images: str | Path,
    codes: str | Path,
    reconstructions: str | Path,
    stem: str | Path,
    *,
    threshold: float,
    origin: str,
    generated: Generated | None = None,
    examples: int = 3,
) -> None:
    """LArTPC figure 3: image, its map of code indices, and what the decoder makes of the map.

    The first images that are not blank are shown. Cells carry the index of their vector, but for
    the commonest one, which stands for an empty cell; the colour of a vector says how much charge
    its cells hold in the images of the file, so that like vectors look alike.

    Args:
        images, codes, reconstructions: image file, its code file and its reconstructions, in the
            same order.
        threshold: in the images' unit; pixels at or below it are background.
        origin: of the images, `darkpixel.tables.names.COMPACT_SIMULATOR` for example.
        generated: adds a row for a generated map, which has no original.

    Raises:
        DarkpixelError: the files do not hold the same number of images, or too few.
    """
    counts = {path: count_images(path) for path in (images, codes, reconstructions)}
    if len(set(counts.values())) > 1:
        raise DarkpixelError(
            f"{codes}: {counts[codes]} maps, but {counts[images]} images in {images} and "
            f"{counts[reconstructions]} in {reconstructions}; make them from the same file."
        )
    with ImageFile(images) as file:
        filled = (file.read(0, SEARCHED) > threshold).any(axis=(1, 2))
    chosen = np.flatnonzero(filled)[:examples]
    originals = read_examples(images, examples, threshold, chosen)
    decoded = read_examples(reconstructions, examples, threshold, chosen).images
    shades = _code_shades(images, codes)
    with ImageFile(codes) as file:
        maps = file.read(0, SEARCHED)[chosen].astype(np.int64)
    empty = int(np.bincount(maps.ravel()).argmax())
    rows: list[tuple[str, npt.NDArray[np.floating] | None, Codes, npt.NDArray[np.floating]]] = [
        ("test image", original, one, back)
        for original, one, back in zip(originals.images, maps, decoded, strict=True)
    ]
    if generated is not None:
        made = read_examples(generated.images, 1, threshold, _first_filled(generated, empty))
        number = int(_first_filled(generated, empty)[0])
        rows.append(("generated", None, generated.codes[number], made.images[0]))
    norm = charge_norm([originals.images])
    with look():
        side = 2.35
        wide = 3 * side + 1.4
        figure = Figure(figsize=(wide, len(rows) * (side + 0.04) + 0.3))
        tall = figure.get_size_inches()[1]
        panels = figure.subplots(
            len(rows), 3, squeeze=False,
            gridspec_kw={"left": 0.45 / wide, "right": 1 - 0.95 / wide, "bottom": 0.01,
                         "hspace": 0.03, "wspace": 0.03, "top": 1 - 0.27 / tall},
        )  # fmt: skip
        for place, (name, original, one, back) in zip(panels, rows, strict=True):
            if original is None:
                _no_image(place[0])
            else:
                draw_charge(place[0], original, norm)
                scale_bar(place[0], originals.pixel_size)
            _draw_codes(place[1], one, shades, empty)
            draw_charge(place[2], back, norm)
            place[0].set_ylabel(name)
        panels[0, 0].set_ylabel(f"test image\n{origin}")
        for axes, title in zip(panels[0], ("image", "code map", "decoded"), strict=True):
            axes.set_title(title)
        half = (tall - 0.27) / 2
        left = 1 - 0.85 / wide
        charge = figure.add_axes((left, (half + 0.15) / tall, 0.12 / wide, (half - 0.3) / tall))
        charge_bar_in(charge, norm)
        place = figure.add_axes((left, 0.15 / tall, 0.12 / wide, (half - 0.3) / tall))
        _code_bar(figure, place)
        save(figure, stem)


def reconstructions_by_species(
    images: str | Path,
    reconstructions: str | Path,
    rows: pd.DataFrame,
    stem: str | Path,
    *,
    threshold: float,
    origin: str,
    quantities: Sequence[tuple[str, str]] = ERRORS,
) -> None:
    """Image, reconstruction and difference of each species, and the errors as bars.

    Args:
        images, reconstructions: image files in the same order. Without a column `species`, which
            a user's own images need not have, the first images that are not blank are shown.
        rows: of one model, `darkpixel.metrics.compression.compression_rows`.
        threshold: in the images' unit; pixels at or below it are background.
        origin: of the images, as in `code_maps`.
        quantities: (quantity, axis label) of each panel of bars.

    Raises:
        DarkpixelError: all images are blank, or none is of a species known here.
    """
    first = _first_by_species(images, threshold)
    chosen = np.array(list(first.values()))
    before = read_examples(images, len(chosen), threshold, chosen)
    after = read_examples(reconstructions, len(chosen), threshold, chosen).images
    norm = charge_norm([before.images])
    largest = max(float(np.abs(after - before.images).max()), 0.1)
    contrast = SymLogNorm(0.1, vmin=-largest, vmax=largest, base=10)
    with look():
        columns = len(chosen)
        width, height = PANEL * columns + 1.4, 3 * PANEL + 2.6
        figure = Figure(figsize=(width, height))
        upper = figure.add_gridspec(
            3, columns, left=0.4 / width, right=1 - 1.0 / width, top=1 - 0.3 / height,
            bottom=2.3 / height, hspace=0.04, wspace=0.04,
        )  # fmt: skip
        for column, name in enumerate(first):
            three = [figure.add_subplot(upper[row, column]) for row in range(3)]
            draw_charge(three[0], before.images[column], norm)
            draw_charge(three[1], after[column], norm)
            drawn = three[2].imshow(
                after[column] - before.images[column],
                cmap="RdBu_r", norm=contrast, interpolation="nearest",
            )  # fmt: skip
            bare(three[2])
            three[0].set_title(SPECIES_SYMBOLS.get(name, name))
            if column == 0:
                scale_bar(three[0], before.pixel_size)
                for axes, text in zip(
                    three, ("image", "reconstruction", "difference"), strict=True
                ):
                    axes.set_ylabel(text)
                three[0].set_ylabel(f"image\n{origin}", fontsize=7.5)
        left, wide = 1 - 0.9 / width, 0.12 / width
        charge_bar_in(
            figure.add_axes((left, (2.4 + PANEL) / height, wide, (2 * PANEL - 0.2) / height)), norm
        )
        place = figure.add_axes((left, 2.3 / height, wide, (PANEL - 0.1) / height))
        bar = figure.colorbar(drawn, cax=place, ticks=signed_decades(0.1, largest), format="%g")
        bar.set_label("difference [MeV]", fontsize=8)
        place.minorticks_off()
        place.tick_params(labelsize=7)
        lower = figure.add_gridspec(
            1, len(quantities), left=0.6 / width, right=1 - 0.1 / width, top=1.9 / height,
            bottom=0.3 / height, wspace=0.45,
        )  # fmt: skip
        for number, (quantity, label) in enumerate(quantities):
            _bars(figure.add_subplot(lower[0, number]), rows, quantity, label)
        save(figure, stem)


def _first_by_species(images: str | Path, threshold: float) -> dict[str, int]:
    """Name of each species, or "image 3", to the first image of it that is not blank."""
    with ImageFile(images) as file:
        filled = (file.read(0, SEARCHED) > threshold).any(axis=(1, 2))
        if "species" not in file.columns:
            numbers = np.flatnonzero(filled)[: len(SPECIES)].tolist()
            if not numbers:
                raise DarkpixelError(f"{images}: no pixel of the first images is above threshold.")
            return {f"image {number}": number for number in numbers}
        codes = file.column("species", 0, SEARCHED)
    first = {
        name: int(np.flatnonzero((codes == code) & filled)[0])
        for code, name in SPECIES.items()
        if ((codes == code) & filled).any()
    }
    if not first:
        raise DarkpixelError(
            f"{images}: species of the first images are {np.unique(codes).tolist()}; expected PDG "
            f"codes {', '.join(map(str, SPECIES))}."
        )
    return first


def _bars(axes: Axes, rows: pd.DataFrame, quantity: str, label: str) -> None:
    measured = rows[rows["quantity"] == quantity]
    place = np.arange(len(measured))
    axes.bar(
        place, measured["value"], yerr=measured["error"], color=palette(1), width=0.65, capsize=2
    )
    axes.set_xticks(place, [SPECIES_SYMBOLS.get(name, name) for name in measured["species"]])
    axes.xaxis.set_tick_params(which="both", length=0)
    axes.set_ylabel(label)


def _draw_codes(axes: Axes, codes: Codes, shades: npt.NDArray[np.float64], empty: int) -> None:
    """A map (h, w) coloured by the vectors' charge, the indices written into the cells."""
    height, width = codes.shape
    shown = np.ma.masked_where(codes == empty, shades[np.minimum(codes, len(shades) - 1)])
    colours = mpl.colormaps["viridis"].with_extremes(bad=EMPTY)
    axes.imshow(shown, cmap=colours, vmin=DARKEST, vmax=1.0, interpolation="nearest")
    bare(axes)
    size = 72 * 2.3 / max(height, width) / 2.6  # a third of a cell, in points
    for row, column in zip(*np.nonzero(codes != empty), strict=True):
        dark = shades[min(codes[row, column], len(shades) - 1)] < 0.45
        axes.text(column, row, str(codes[row, column]), fontsize=size, ha="center",
                  va="center", color="white" if dark else "black")  # fmt: skip


def _code_bar(figure: Figure, place: Axes) -> None:
    """The colours of codes: all codes in the order of the mean charge of their cells."""
    bar = figure.colorbar(ScalarMappable(Normalize(DARKEST, 1.0), "viridis"), cax=place)
    bar.set_label("codes, by mean charge of their cells [%]", fontsize=8)
    place.set_ylim(0.0, 1.0)
    bar.set_ticks([0.0, 0.25, 0.5, 0.75, 1.0], labels=["0", "25", "50", "75", "100"])
    place.minorticks_off()
    place.tick_params(labelsize=7)


def _code_shades(images: str | Path, codes: str | Path) -> npt.NDArray[np.float64]:
    """Rank in [0, 1] of each code by the mean charge of its cells, over the first images."""
    with ImageFile(images) as file, ImageFile(codes) as coded:
        charge, index = file.read(0, SEARCHED), coded.read(0, SEARCHED).astype(np.int64)
        size = int(coded.attributes.get("codes", index.max() + 1))
    _, height, width = index.shape
    tall, wide = -(-charge.shape[1] // height), -(-charge.shape[2] // width)
    missing = (0, height * tall - charge.shape[1]), (0, width * wide - charge.shape[2])
    charge = np.pad(charge, ((0, 0), *missing))
    cells = charge.reshape(len(charge), height, tall, width, wide).sum(axis=(2, 4))
    total = np.bincount(index.ravel(), cells.ravel(), minlength=size)
    mean = total / np.maximum(np.bincount(index.ravel(), minlength=size), 1)
    shades: npt.NDArray[np.float64] = mean.argsort().argsort() / max(size - 1, 1)
    return shades


def _first_filled(generated: Generated, empty: int) -> npt.NDArray[np.intp]:
    """Index of the first generated map that is not all empty, (1,)."""
    filled = np.flatnonzero((generated.codes != empty).any(axis=(1, 2)))
    return filled[:1] if len(filled) else np.zeros(1, dtype=np.intp)


def _no_image(axes: Axes) -> None:
    bare(axes)
    axes.text(0.5, 0.5, "drawn by\nthe PixelCNN", ha="center", va="center", color="0.4",
              transform=axes.transAxes)  # fmt: skip
