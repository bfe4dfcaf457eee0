"""The figures of shapes: all images are counted, values beyond an axis are seen, few curves."""

import numpy as np
import pytest
from argon_toys import argon_images, write_labels, write_plain
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures import style
from darkpixel.figures.lartpc import shapes
from darkpixel.figures.lartpc.curves import MOST_MODELS, drawn_models
from darkpixel.figures.lartpc.shapes import shape_distributions, shapes_by_species
from darkpixel.metrics.lartpc_shapes import SHAPE_OBSERVABLES, shape_observables
from darkpixel.metrics.observables import Source

MODELS = ("sarm1_dd", "vqvae_pixelcnn")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shapes")
    images, labels, species = argon_images(80)
    images[0], labels[0] = 0, 0
    test = write_labels(folder / "test.h5", images, labels, species)
    known = write_labels(folder / "known.h5", *argon_images(60, 1))
    plain = write_plain(folder / "plain.h5", argon_images(60, 2)[0])
    sources = [Source("sarm1_dd", 1, plain), Source("vqvae_pixelcnn", 1, known)]
    return shape_observables(sources, test, 0.2)


def panel(table, name, bins=12):
    figure = Figure()
    shapes._distribution(figure, figure.add_gridspec(1, 1)[0, 0], table, name, bins, True)
    return figure.axes[0]


@pytest.mark.parametrize("name", SHAPE_OBSERVABLES)
def test_every_image_that_has_the_observable_is_in_the_histogram(table, name):
    """However far from the test images: the end bins hold what lies beyond."""
    far = table.copy()
    model = far["model"] == "sarm1_dd"
    far.loc[model, name] = np.where(far.loc[model, "image"] % 2, far.loc[model, name], 1e6)
    axes = panel(far, name)
    steps = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    _, _, *curves = steps  # the grey area and its band, then a line a source
    assert len(curves) == 3
    for curve, (_, images) in zip(curves, far.groupby("model", sort=False), strict=True):
        heights, edges, _ = curve.get_data()
        share = (heights * np.diff(edges)).sum()
        assert share == pytest.approx(images[name].notna().mean())
        assert len(edges) <= 13
    heights, edges, _ = curves[1].get_data()
    assert heights[-1] * np.diff(edges)[-1] > 0.49


def test_images_without_the_observable_are_counted_in_words(table):
    axes = panel(table, "opening_angle")
    lines = [line for text in axes.texts for line in text.get_text().split("\n")]
    share = 100 * table.loc[table["model"] == MONTE_CARLO, "opening_angle"].isna().mean()
    assert "without a second piece:" in lines
    assert f"{share:.1f}% test images" in lines
    assert not any("%" in t.get_text() for t in panel(table, "pieces").texts)


def test_at_most_five_curves_a_panel():
    models = ["sarm1_dd", "vqvae_pixelcnn", "vqvae_pixelcnn_256", "vqvae_pixelcnn_species",
              "vqvae_pixelcnn_blind_spot", "sparse_transformer"]  # fmt: skip
    drawn = drawn_models(models)
    assert len(drawn) == MOST_MODELS == 4
    assert {"sarm1_dd", "vqvae_pixelcnn", "sparse_transformer"} < set(drawn)
    assert drawn == [model for model in models if model in drawn]
    assert drawn_models(["reconstructed_vqvae", *models])[-1] == "sparse_transformer"
    assert "reconstructed_vqvae" not in drawn_models(["reconstructed_vqvae", *models])
    assert drawn_models(["reconstructed_vqvae", "vqvae_pixelcnn"])[0] == "reconstructed_vqvae"
    # A variant stands for its kind where the model itself is not there, as in the shipped runs.
    conditional = [*models[:-1], "sparse_transformer_conditional"]
    assert drawn_models(conditional)[-1] == "sparse_transformer_conditional"


def test_species_are_drawn_of_the_models_that_know_them(table, tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(shapes, "_panels", lambda panels, *_, **__: kept.extend(panels))
    shapes_by_species(table, tmp_path / "figure", models=MODELS)
    assert len(kept) == 3 * len(shapes.BY_SPECIES)  # muons, protons and electrons
    for images, name, _ in kept:
        assert name in shapes.BY_SPECIES
        assert set(images["model"]) == {MONTE_CARLO, "vqvae_pixelcnn"}
        assert images["species"].nunique() == 1


def test_figures_are_written_without_any_model_too(table, tmp_path, monkeypatch):
    monkeypatch.setitem(style._RC, "pdf.fonttype", 3)  # quicker to embed
    monkeypatch.setattr(shapes, "SHAPE_OBSERVABLES", ("length", "bend", "pieces"))
    monkeypatch.setattr(shapes, "BY_SPECIES", ("length",))
    shape_distributions(table, tmp_path / "all", models=MODELS, bins=10)
    alone = table[table["model"] == MONTE_CARLO]
    shapes_by_species(alone, tmp_path / "species", models=[], bins=10)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["all.pdf", "all.png", "species.pdf", "species.png"]
