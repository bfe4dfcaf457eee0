"""The liquid-argon figures: all are written, the same each time; colours and examples."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from argon_toys import argon_images, write_labels, write_plain
from image_files import LARTPC, write_images
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.errors import DarkpixelError
from darkpixel.figures import style
from darkpixel.figures.lartpc import codes as lartpc_codes
from darkpixel.figures.lartpc import images as lartpc_images
from darkpixel.figures.lartpc import labels as lartpc_labels
from darkpixel.figures.lartpc import observables as lartpc_observables
from darkpixel.figures.lartpc.images import draw_labels
from darkpixel.metrics.lartpc_observables import labelled_observables
from darkpixel.metrics.observables import Source
from darkpixel.tables.names import COMPACT_SIMULATOR

EVALUATION = LArTPCEvaluation(examples=8)
MODELS = ("vqvae_pixelcnn", "vqvae_pixelcnn_reference_code")


def write_codes(path, images, species):
    """Codes of 4 x 4 patches: 0 where they are empty, else by charge."""
    count = len(images)
    charge = images.reshape(count, 16, 4, 16, 4).sum(axis=(2, 4))
    codes = np.where(charge > 0, 1 + np.minimum(np.log1p(charge) * 60, 500).astype(int), 0)
    about = LARTPC | {"pixel_size": 2.0, "unit": "code index", "attributes": {"codes": 512}}
    write_images(path, codes, {"species": species}, **about)
    return str(path), codes


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("argon")
    images, labels, species = argon_images(60)
    images[0], labels[0] = 0, 0  # a blank image first
    random = np.random.default_rng(0)
    decoded = images * random.normal(1, 0.2, images.shape)
    decoded += 0.3 * (random.random(images.shape) < 0.01)
    made, made_labels, _ = argon_images(60, 1, 30)
    codes, code_maps = write_codes(folder / "codes.h5", images, species)
    return {
        "test": write_labels(folder / "test.h5", images, labels, species),
        "generated": write_labels(folder / "generated.h5", made, made_labels),
        "decoded": write_plain(folder / "decoded.h5", np.maximum(decoded, 0).astype(np.float32)),
        "codes": codes,
        "code_maps": code_maps,
    }


def measured(files):
    sources = [Source(model, 1, files["generated"]) for model in MODELS]
    return labelled_observables(sources, files["test"], EVALUATION.low_confidence)


def compression_rows():
    return pd.DataFrame(
        [
            (species, quantity, 0.3, 0.02)
            for species in ("all", "e-", "mu-", "p")
            for quantity, _ in lartpc_codes.ERRORS
        ],
        columns=["species", "quantity", "value", "error"],
    )


def draw_all(files, folder):
    """Every figure but those of `test_baselines`."""
    test, generated = files["test"], files["generated"]
    lartpc_images.generated_and_training(
        generated, test, folder / "fig01", threshold=0.2, origin=COMPACT_SIMULATOR, rows=2
    )
    lartpc_codes.code_maps(
        test, files["codes"], files["decoded"], folder / "fig03", threshold=0.2, examples=1,
        origin=COMPACT_SIMULATOR,
        generated=lartpc_codes.Generated(files["code_maps"], generated),
    )  # fmt: skip
    lartpc_labels.ssnet_by_epoch(
        {f"vqvae_pixelcnn-epoch{epoch}": [generated] for epoch in (5, 10)}, test, folder / "fig05",
        settings=EVALUATION,
    )  # fmt: skip
    lartpc_labels.labelled_examples(
        generated, folder / "fig06", examples=8, threshold=0.2, title="generated"
    )
    table = measured(files)
    cells = [(model, *place) for model in MODELS for place in np.ndindex(16, 16)]
    fields = pd.DataFrame(cells, columns=["model", "row", "column"])
    fields = fields.assign(seen=fields["row"] < 8, cell_row=8, cell_column=8)
    lartpc_observables.reference_code_comparison(
        table, folder / "reference", models=MODELS, bins=10, receptive_fields=fields,
    )  # fmt: skip
    lartpc_codes.reconstructions_by_species(
        test, files["decoded"], compression_rows(), folder / "reconstruction", threshold=0.2,
        origin=COMPACT_SIMULATOR,
    )  # fmt: skip


def test_all_figures_are_written(files, tmp_path, monkeypatch):
    monkeypatch.setitem(style._RC, "pdf.fonttype", 3)  # quicker to embed
    draw_all(files, tmp_path / "figures")
    written = sorted((tmp_path / "figures").iterdir())
    assert len(written) == 12
    assert all(path.stat().st_size > 5000 for path in written)


LATE = ("vqvae", "vqvae_pixelcnn")


def marked_late(files, folder, late):
    """How often each figure that names its models says that one had not converged."""
    figures: dict[str, Figure] = {}
    test, generated = files["test"], files["generated"]
    about = {"threshold": 0.2, "origin": COMPACT_SIMULATOR, "late": late}
    with pytest.MonkeyPatch.context() as patch:
        for module in (lartpc_images, lartpc_codes, lartpc_labels):
            patch.setattr(module, "save", lambda figure, stem: figures.update({stem: figure}))
        lartpc_images.generated_and_training(generated, test, "images", rows=2, **about)
        lartpc_codes.code_maps(
            test, files["codes"], files["decoded"], "codes", examples=1, **about,
            generated=lartpc_codes.Generated(files["code_maps"], generated),
        )  # fmt: skip
        lartpc_codes.reconstructions_by_species(
            test, files["decoded"], compression_rows(), "reconstructions", **about
        )
        lartpc_labels.pixel_counts([generated], test, "counts", settings=EVALUATION, **about)
        lartpc_labels.ssnet_by_epoch(
            {"vqvae_pixelcnn-epoch5": [generated]}, test, "epochs", settings=EVALUATION, late=late
        )
    texts = {name: [text.get_text() for text in figure.findobj(Text)]
             for name, figure in figures.items()}  # fmt: skip
    return {name: sum("(not converged)" in text for text in of) for name, of in texts.items()}


def test_figures_say_what_had_not_converged(files, tmp_path):
    assert set(marked_late(files, tmp_path, ()).values()) == {0}
    assert marked_late(files, tmp_path, LATE) == {
        "images": 1, "codes": 2, "reconstructions": 1, "counts": 2, "epochs": 1,
    }  # fmt: skip


def test_a_reconstruction_is_as_converged_as_its_autoencoder():
    assert style.source_name("reconstructed_vqvae", "lartpc", LATE).endswith("(not converged)")
    assert style.source_name("reconstructed_vqvae_256", "lartpc", LATE).endswith("256 vectors")
    assert "converged" not in style.source_name("quantised_vqvae", "lartpc", LATE)  # test images


def test_reconstructions_of_images_whose_species_nobody_knows(files, tmp_path):
    images, _, _ = argon_images(60)
    plain = write_plain(tmp_path / "plain.h5", images)
    first = lartpc_codes._first_by_species(plain, 0.2)
    assert len(first) == 5
    assert all((images[number] > 0.2).any() for number in first.values())
    rows = compression_rows()
    lartpc_codes.reconstructions_by_species(
        plain, files["decoded"], rows[rows["species"] == "all"], tmp_path / "r", threshold=0.2,
        origin="own images",
    )  # fmt: skip
    assert (tmp_path / "r.png").stat().st_size > 5000


def test_the_same_bytes_each_time(files, tmp_path):
    for run in ("once", "twice"):
        lartpc_labels.labelled_examples(
            files["test"], tmp_path / run / "fig07", examples=8, threshold=0.2, title="test"
        )
    for kind in ("pdf", "png"):
        once, twice = (tmp_path / run / f"fig07.{kind}" for run in ("once", "twice"))
        assert once.read_bytes() == twice.read_bytes()


def test_labels_have_the_papers_colours(tmp_path):
    figure = Figure(figsize=(3, 1), dpi=30)
    axes = figure.add_axes((0, 0, 1, 1))
    draw_labels(axes, np.array([[0, 1, 2]], np.uint8))
    figure.savefig(tmp_path / "labels.png")
    pixels = imread(tmp_path / "labels.png")[15, [15, 45, 75], :3]
    purple, cyan, yellow = pixels
    assert purple.max() < 0.35
    assert purple[2] > purple[1] < purple[0]
    assert cyan[0] < 0.4
    assert cyan[1:].min() > 0.75
    assert yellow[:2].min() > 0.8
    assert yellow[2] < 0.3


def test_pixels_at_or_below_threshold_are_background():
    colours, norm = lartpc_images.charge_colours(), lartpc_images.charge_norm([np.ones((2, 2))])
    axes = Figure().add_subplot()
    lartpc_images.draw_charge(axes, np.array([[0.0, 0.5], [1.0, 40.0]]), norm)
    values = axes.images[0].get_array()
    assert values is not None
    drawn = axes.images[0].to_rgba(values)
    empty = mpl.colors.to_rgba(lartpc_images.EMPTY)
    assert drawn[0, 0] == pytest.approx(empty)
    assert np.abs(drawn[1, 0] - empty).max() > 0.2
    assert drawn[1, 1] == pytest.approx(colours(1.0))


def test_examples_are_the_first_with_charge_in_mev(files):
    part = lartpc_images.read_examples(files["test"], 3, threshold=0.2)
    images, _, _ = argon_images(60)
    assert part.images == pytest.approx(np.where(images[1:4] > 0.2, 0.255 * images[1:4], 0))
    assert part.labels is not None
    assert part.labels.shape == (3, 64, 64)
    every = lartpc_images.read_examples(files["test"], 99, threshold=0.2).images
    assert len(every) == 60
    assert [index for index, image in enumerate(every) if not image.any()] == [59]  # blank: last


def test_an_image_without_track_is_in_no_bin_but_is_counted(files):
    """The track-length histogram holds the images with tracks, as shares of all."""
    table = measured(files)
    values = lartpc_observables._values(table, "track_length")
    panel = lartpc_observables._panel(values, "track_length", MODELS, 10)
    for source, histogram in panel.histograms.items():
        images = table[table["model"] == source]
        share = (images["track_pixels"] > 0).mean()
        assert histogram.heights.sum() == pytest.approx(share)
        assert panel.notes[source].startswith(f"{100 * (1 - share):.1f}%".replace(".0%", ""))


def test_files_that_do_not_belong_together_are_refused(files, tmp_path):
    plain = write_plain(tmp_path / "plain.h5", argon_images(9)[0])
    with pytest.raises(DarkpixelError, match=r"plain\.h5: no column `pixel_labels`"):
        lartpc_labels.labelled_examples(
            plain, tmp_path / "fig06", examples=8, threshold=0.2, title="generated"
        )
    with pytest.raises(DarkpixelError, match=r"codes\.h5: 60 maps, but 9 images"):
        lartpc_codes.code_maps(
            plain, files["codes"], files["decoded"], tmp_path / "fig03", threshold=0.2,
            origin=COMPACT_SIMULATOR,
        )  # fmt: skip
    strange = tmp_path / "strange.h5"
    images, labels, species = argon_images(9)
    write_labels(strange, images, labels, 0 * species)
    with pytest.raises(DarkpixelError, match=r"strange\.h5: species of the first images are \[0\]"):
        lartpc_codes.reconstructions_by_species(
            strange, files["decoded"], compression_rows(), tmp_path / "r", threshold=0.2,
            origin=COMPACT_SIMULATOR,
        )  # fmt: skip
