"""The figures that a referee reads first, of seeded toys, against the images in `baseline/`.

After a change that is meant, make the images anew, look at every one and commit them:

    make test ARGS="tests/unit/figures/test_baselines.py --new-baselines"
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from argon_toys import argon_images, write_labels
from image_files import write_images
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from PIL import Image
from repository import ROOT
from sarm_toys import toy_images

from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.figures.lartpc import labels as lartpc_labels
from darkpixel.figures.lartpc import observables as lartpc_observables
from darkpixel.figures.sarm import mean_images, observables, pixel_values, roc
from darkpixel.figures.style import image_colours, look
from darkpixel.metrics.lartpc_observables import labelled_observables
from darkpixel.metrics.observables import Source, measure_observables
from darkpixel.metrics.roc import classifier_curves, classifier_rows
from darkpixel.models.orders import order
from darkpixel.models.sarm.orders import stage_pixels
from darkpixel.tables.names import COMPACT_SIMULATOR

LOCKED = re.search(
    r"^matplotlib==(.+)$", (ROOT / "envs/requirements.lock").read_text(), re.MULTILINE
)
assert LOCKED is not None
pytestmark = pytest.mark.skipif(
    mpl.__version__ != LOCKED[1], reason="another matplotlib draws other pixels than the lock's"
)

LABELS = ("signal", "background")
BRIGHTNESS = {"monte_carlo": 1.0, "sarm2_dd": 1.02, "lagan": 0.85}
"""Model -> the factor by which its pixels differ from those of Monte Carlo."""
SIDE = 15
MODULES = (mean_images, observables, pixel_values, roc, lartpc_labels, lartpc_observables)
BASELINE = Path(__file__).with_name("baseline")
DPI = 60
TOLERANCE = 0.5
"""Root mean square of 255 steps. A letter more makes 4 to 6, another colour of a line 3 to 5."""
EVALUATION = LArTPCEvaluation(examples=4)


def jets(folder: Path) -> dict[str, dict[str, list[str | Path]]]:
    """label -> model -> files, as many images as make the ratios readable."""
    samples: dict[str, dict[str, list[str | Path]]] = {}
    for place, label in enumerate(LABELS):
        samples[label] = {}
        for number, (model, factor) in enumerate(BRIGHTNESS.items()):
            images = factor * (1 + 0.5 * place) * toy_images(1500, SIDE, seed=10 * place + number)
            path = write_images(folder / f"{label}-{model}.h5", images.numpy(), label=label)
            samples[label][model] = [path]
    return samples


def jet_observables(folder: Path) -> None:
    measured = {}
    for label, paths in jets(folder).items():
        sources = [Source(model, 1, str(path)) for model, (path,) in paths.items()]
        test = next(source.path for source in sources if source.model == "monte_carlo")
        models = [source for source in sources if source.model != "monte_carlo"]
        measured[label] = measure_observables(models, test)
    observables.observable_distributions(measured, folder / "figure", dataset="jets", bins=20)


def jet_mean_images(folder: Path) -> None:
    mean_images.mean_images(jets(folder), folder / "figure", dataset="jets")


def pixel_values_by_region(folder: Path) -> None:
    paths = {label: files["monte_carlo"][0] for label, files in jets(folder).items()}
    stages = stage_pixels(SIDE, [3], order("spiral_out", SIDE))
    pixel_values.pixel_values_by_region(paths, stages, folder / "figure", side=SIDE, bins=20)


def jet_roc(folder: Path) -> None:
    random, count = np.random.default_rng(3), 2000
    is_signal = np.arange(2 * count) < count
    files = {
        source: pd.concat(
            pd.DataFrame(
                {
                    "repetition": repetition,
                    "label": np.where(is_signal, "signal", "background"),
                    "score": random.normal(shift * is_signal, 1),
                    "images": 50,
                    "pool": 50,
                }
            )
            for repetition in (1, 2, 3)
        )
        for source, shift in {"monte_carlo": 1.5, "sarm2_dd": 1.4, "lagan": 0.9}.items()
    }
    rows, curves = (make(files, dataset="jets") for make in (classifier_rows, classifier_curves))
    roc.roc_curves(curves, rows, folder / "figure", dataset="jets")


def labelled(folder: Path) -> tuple[str, str]:
    """Label files of generated and of test images; the generated tracks are shorter."""
    files = []
    for name, seed, length in (("generated", 1, 33.0), ("test", 0, 40.0)):
        images, labels, species = argon_images(300, seed, length)
        files.append(write_labels(folder / f"{name}.h5", images, labels, species, seed))
    return files[0], files[1]


def lartpc_pixel_counts(folder: Path) -> None:
    generated, test = labelled(folder)
    lartpc_labels.pixel_counts(
        [generated], test, folder / "figure", settings=EVALUATION, threshold=EVALUATION.threshold,
        origin=COMPACT_SIMULATOR,
    )  # fmt: skip


def lartpc_distributions(folder: Path) -> None:
    generated, test = labelled(folder)
    table = labelled_observables(
        [Source("vqvae_pixelcnn", 1, generated)], test, EVALUATION.low_confidence
    )
    lartpc_observables.lartpc_distributions(
        table, folder / "figure", models=["vqvae_pixelcnn"], bins=12
    )


FIGURES: dict[str, Callable[[Path], None]] = {
    draw.__name__: draw
    for draw in (
        jet_mean_images, jet_observables, jet_roc, lartpc_distributions, lartpc_pixel_counts,
        pixel_values_by_region,
    )
}  # fmt: skip


@contextmanager
def other_letter(figure: Figure) -> Iterator[None]:
    """One letter more in the shortest label of an axis."""
    labels = [text for axes in figure.axes for text in (axes.xaxis.label, axes.yaxis.label)]
    label = min((text for text in labels if text.get_text()), key=lambda text: len(text.get_text()))
    before = label.get_text()
    label.set_text(f"{before}s")
    yield
    label.set_text(before)


@contextmanager
def other_colour(figure: Figure) -> Iterator[None]:
    """A line of the first panel, or its image, in another colour."""
    axes = figure.axes[0]
    if axes.images:
        axes.images[0].set_cmap("plasma")
        yield
        axes.images[0].set_cmap(image_colours())
    else:
        line = axes.lines[0]
        before = line.get_color()
        line.set_color("tab:blue")
        yield
        line.set_color(before)


DRAWN: dict[str, Figure] = {}
"""Each figure is drawn once."""


@pytest.fixture
def drawn(name, tmp_path):
    if name not in DRAWN:
        with pytest.MonkeyPatch.context() as patch:
            for module in MODULES:
                patch.setattr(module, "save", lambda figure, _: DRAWN.setdefault(name, figure))
            FIGURES[name](tmp_path)
        with look():
            DRAWN[name].draw_without_rendering()
        DRAWN[name].set_layout_engine("none")  # a second layout would differ from the first
    return DRAWN[name]


def image_of(figure, path):
    with look():
        figure.savefig(path, dpi=DPI)
    return path


def difference(name, image):
    """Root mean square over pixels and colours, of 255 steps, as matplotlib's own tests have it."""
    baseline = BASELINE / f"{name}.png"
    with Image.open(baseline) as made:
        version = made.info["Software"].partition("version")[2].split(",")[0]
    if version.split(".")[:2] != mpl.__version__.split(".")[:2]:
        pytest.skip(f"the baseline is of matplotlib {version}, which draws text in its own way")
    found = compare_images(str(baseline), str(image), TOLERANCE, in_decorator=True)
    return 0.0 if found is None else float(found["rms"])


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_looks_like_its_baseline(name, drawn, tmp_path, request):
    image = image_of(drawn, tmp_path / f"{name}.png")
    if request.config.getoption("--new-baselines"):
        shutil.copyfile(image, BASELINE / image.name)
    assert difference(name, image) == 0  # that is, within the tolerance


@pytest.mark.parametrize("change", [other_letter, other_colour])
@pytest.mark.parametrize("name", ["jet_mean_images", "jet_roc"])
def test_a_small_change_is_seen(name, drawn, change, tmp_path):
    with change(drawn):
        assert difference(name, image_of(drawn, tmp_path / f"{name}.png")) > TOLERANCE
