"""The figures of shapes: all images are counted, values beyond an axis are seen, few curves."""

import numpy as np
import pytest
from argon_toys import argon_images, write_labels, write_plain

from darkpixel.config.names import MONTE_CARLO
from darkpixel.figures import style
from darkpixel.figures.lartpc import shapes
from darkpixel.figures.lartpc.shapes import shape_distributions, shapes_by_species
from darkpixel.figures.lartpc.without import shares_without
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
    return shapes._panel(table, name, MODELS, bins)


@pytest.mark.parametrize("name", SHAPE_OBSERVABLES)
def test_every_image_that_has_the_observable_is_in_the_histogram(table, name):
    """However far from the test images: the marked bins hold what lies beyond."""
    far = table.copy()
    model = far["model"] == "sarm1_dd"
    far.loc[model, name] = np.where(far.loc[model, "image"] % 2, far.loc[model, name], 1e6)
    drawn = panel(far, name)
    assert set(drawn.histograms) == {MONTE_CARLO, *MODELS}
    for source, histogram in drawn.histograms.items():
        values = far.loc[far["model"] == source, name]
        assert histogram.heights.sum() == pytest.approx(values.notna().mean())
    assert drawn.axis.above
    assert drawn.histograms["sarm1_dd"].heights[-1] > 0.49


def test_images_without_the_observable_are_counted_in_words(table):
    drawn = panel(table, "opening_angle")
    share = 100 * table.loc[table["model"] == MONTE_CARLO, "opening_angle"].isna().mean()
    assert drawn.heading == "without a second piece:"
    assert drawn.notes[MONTE_CARLO] == f"{share:.1f}% test images"
    assert not panel(table, "pieces").notes


def test_shares_that_would_all_read_zero_are_not_listed():
    tiny = np.full(10_000, 1.0)
    tiny[0] = np.nan
    assert shares_without({MONTE_CARLO: np.ones(10), "lagan": tiny}) == {}
    listed = shares_without({MONTE_CARLO: tiny, "lagan": np.array([1.0, np.nan])})
    assert list(listed.values()) == ["<0.1% test images", "50.0% LAGAN"]


def test_species_are_drawn_of_the_models_that_know_them(table, tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(shapes, "_save", lambda blocks, *_: kept.extend(blocks[0]))
    shapes_by_species(table, tmp_path / "figure", models=MODELS)
    assert len(kept) == 3 * len(shapes.BY_SPECIES)  # muons, protons and electrons
    for drawn in kept:
        assert set(drawn.histograms) == {MONTE_CARLO, "vqvae_pixelcnn"}
    assert [drawn.title for drawn in kept[:: len(shapes.BY_SPECIES)]] == ["e⁻", "µ⁻", "p"]


def test_figures_are_written_without_any_model_too(table, tmp_path, monkeypatch):
    monkeypatch.setitem(style._RC, "pdf.fonttype", 3)  # quicker to embed
    monkeypatch.setattr(shapes, "SHAPE_OBSERVABLES", ("length", "bend", "pieces"))
    monkeypatch.setattr(shapes, "BY_SPECIES", ("length",))
    shape_distributions(table, tmp_path / "all", models=MODELS, bins=10)
    alone = table[table["model"] == MONTE_CARLO]
    shapes_by_species(alone, tmp_path / "species", models=[], bins=10)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["all.pdf", "all.png", "species.pdf", "species.png"]
