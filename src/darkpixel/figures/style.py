"""One look for all figures: sizes, fonts, colours of models, colour scales, saving."""

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from darkpixel.config.names import JETS, MADE_BY, MONTE_CARLO, MUONS
from darkpixel.formats.files import whole_file
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.convergence import judged_by
from darkpixel.metrics.names import generator_of
from darkpixel.metrics.order import base_model
from darkpixel.tables.names import display_name

PNG_DPI = 130
ETA = r"relative $\eta$"
PHI = r"relative $\phi$"
_PIXELS = {JETS: "$p_T$", MUONS: "$E_T$"}

# Found by a search that kept apart what shares a panel, for readers with any colour vision
# (tests/unit/figures/test_colours.py says how far).
_COLOURS = {
    MONTE_CARLO: "#000000",
    "lagan": "#A43A98",
    "pixelcnnpp": "#ED8706",
    "sarm1_dc": "#9999F1",
    "sarm2_dc": "#286CD8",
    "sarm1_dd": "#01BBBC",
    "sarm2_dd": "#BD3601",
    "vqvae": "#8E7B65",
    "vqvae_pixelcnn": "#0B2D99",
    "sparse_transformer": "#026967",
}
_VARIANTS = {
    "pixelcnnpp_matched": "#662B45",
    "sarm2_dd_matched": "#154A21",
    "sarm2_dd_paper_centre": "#0397F2",
    "sarm2_dd_selected": "#6C5D87",
    "sarm2_dd_totals": "#AFA00D",
    "sarm2_dd_totals_selected": "#8D3A00",
    "sparse_transformer_conditional": "#610972",
    "vqvae_256": "#7758C4",
    "vqvae_pixelcnn_256": "#573601",
    "vqvae_pixelcnn_blind_spot": "#A419E3",
    "vqvae_pixelcnn_reference_code": "#127D31",
    "vqvae_pixelcnn_species": "#DF77D7",
}
_OTHERS = tuple(_VARIANTS.values())
_DASHES = ((0, (5, 1)), (0, (8, 1.5)), (0, (6, 1, 1.5, 1)))
_PALETTE = ("#D55E00", "#0072B2", "#88CCEE", "#332288", "#44AA99", "#882255")
"""For what is no model: regions, labels, a user's files."""

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 9.0,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "lines.linewidth": 1.3,
    "pdf.fonttype": 42,  # embeds TrueType fonts whole: text stays text
    "axes.formatter.use_mathtext": True,
}


@contextmanager
def look() -> Iterator[None]:
    """Figures drawn inside have the project's look, whatever the user's own settings."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def line_style(model: str) -> dict[str, Any]:
    """Colour and dashes of a model; the same in every figure and every run.

    A variant is dashed, and what an autoencoder has reconstructed has short dashes in its colour.
    Names that are not known here have a colour that is a function of the name only, so that two
    may share one; `line_styles` keeps them apart.
    """
    name = generator_of(model)
    base = MONTE_CARLO if name == MONTE_CARLO else base_model(name)
    digit = sum(name.encode())
    colour = (_COLOURS | _VARIANTS).get(name, _OTHERS[digit % len(_OTHERS)])
    if name != model:
        return {"color": colour, "linestyle": (0, (2, 1))}
    dashes = "-" if name == base or base is None else _DASHES[digit % len(_DASHES)]
    return {"color": colour, "linestyle": dashes}


def line_styles(models: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The `line_style` of each model of a panel; a colour that is taken gives way to a free one."""
    styles: dict[str, dict[str, Any]] = {}
    for model in sorted(models, key=lambda name: generator_of(name) not in _COLOURS | _VARIANTS):
        style = line_style(model)
        taken = {other["color"] for other in styles.values()}
        free = [colour for colour in (*_OTHERS, *_PALETTE) if colour not in taken]
        if style["color"] in taken and free:
            style["color"] = free[sum(model.encode()) % len(free)]
        styles[model] = style
    return styles


def palette(number: int) -> str:
    """A colour for the number-th of things that are no models; after six they come again."""
    return _PALETTE[number % len(_PALETTE)]


def source_name(model: str, dataset: str, late: Collection[str] = ()) -> str:
    """A legend's entry: the display name, and whether a model had not converged.

    Args:
        late: models that had not (`darkpixel.metrics.convergence.late_models`); what is selected
            of their images, or reconstructed by them, had not either.
    """
    name = display_name(model, dataset)
    return f"{name} (not converged)" if judged_by(model) in late else name


def pixel_axis(file: ImageFile, kind: str = "pixel") -> str:
    """Label of an axis of pixel values, as the file's data set and unit have it.

    Args:
        kind: of pixel, "mean pixel" for example.
    """
    quantity = _PIXELS.get(str(file.attributes.get("dataset")), "value")
    return f"{kind} {quantity} [{file.attributes.get('unit', 'GeV')}]"


def image_colours(name: str = "viridis") -> Colormap:
    """A colour map for a logarithmic scale on which zero is white."""
    colours = mpl.colormaps[name]
    return colours.with_extremes(bad="white", under=colours(0.0))


def log_norm(images: npt.NDArray[np.floating], decades: float = 5.0) -> LogNorm:
    """A logarithmic scale shared by `images`, whole decades at its lower end.

    It covers the non-zero pixels, but no more than `decades` below the largest: smaller pixels
    take the lowest colour.
    """
    filled = images[images > 0]
    if not filled.size:
        return LogNorm(0.1, 1.0)
    largest = float(filled.max())
    smallest = max(float(filled.min()), largest / 10**decades)
    low = 10 ** np.floor(np.log10(smallest))
    return LogNorm(low, max(largest, 10 * low))


def signed_decades(smallest: float, largest: float) -> list[float]:
    """Ticks of a scale in both signs: zero, and whole decades between two positive numbers.

    Example:
        >>> signed_decades(0.05, 20.0)
        [-10.0, -1.0, -0.1, 0.0, 0.1, 1.0, 10.0]
    """
    first, last = np.ceil(np.log10(smallest)), np.floor(np.log10(largest))
    decades = [10.0 ** int(k) for k in np.arange(first, last + 1)]
    return [-decade for decade in reversed(decades)] + [0.0, *decades]


def masked(image: npt.NDArray[np.floating]) -> "np.ma.MaskedArray[tuple[int, ...], np.dtype]":
    """`image` with its zeros masked, which `image_colours` shows white."""
    return np.ma.masked_less_equal(image, 0)


def draw_image(
    axes: Axes,
    image: npt.NDArray[np.floating],
    *,
    pixel_size: float,
    norm: Normalize,
    colours: Colormap | None = None,
    aspect: str = "equal",
) -> AxesImage:
    """`image` (H, W) in relative eta and phi: columns run up in eta, row 0 has the largest phi."""
    height, width = image.shape
    half_width, half_height = width * pixel_size / 2, height * pixel_size / 2
    few_ticks(axes)
    return axes.imshow(
        image,
        cmap=colours or image_colours(),
        norm=norm,
        extent=(-half_width, half_width, -half_height, half_height),
        interpolation="nearest",
        aspect="auto" if aspect == "auto" else "equal",
    )


def few_ticks(axes: Axes) -> None:
    """Three ticks an axis: for small image panels."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(mpl.ticker.MaxNLocator(3, symmetric=True))
        axis.set_minor_locator(mpl.ticker.NullLocator())


def legend_of_all_axes(figure: Figure, **place: Any) -> None:
    """One legend of the figure for the entries of all its axes, each name once."""
    handles: dict[str, Artist] = {}
    for axes in figure.axes:
        handles |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(list(handles.values()), list(handles), ncols=min(4, len(handles)), **place)


def save(figure: Figure, stem: str | Path) -> None:
    """Write `stem`.pdf and `stem`.png, each whole or not at all, the same bytes every time.

    Their metadata say which run, commit and configuration made them, in the jobs of a run.

    Raises:
        DarkpixelError: the disk is full or the folder cannot be written.
    """
    stem = Path(stem)
    made_by = os.environ.get(MADE_BY)
    about = {"CreationDate": None, "Creator": None, "Producer": None, "Subject": made_by}
    with whole_file(stem.with_name(stem.name + ".pdf")) as path:
        figure.savefig(path, metadata=about)
    figure.set_layout_engine("none")  # the layout is found; finding it again doubles the time
    with whole_file(stem.with_name(stem.name + ".png")) as path:
        described = {"Description": made_by} if made_by else {}
        figure.savefig(path, dpi=PNG_DPI, metadata={"Software": None, **described})
