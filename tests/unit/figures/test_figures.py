"""Every figure is written, the same each time, for any number of models and blank images."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from image_files import ONES, write_images
from matplotlib.figure import Figure
from matplotlib.text import Text

from darkpixel.errors import DarkpixelError
from darkpixel.figures import data, style, training
from darkpixel.figures.sarm import examples, mean_images, observables, pixel_values, toy
from darkpixel.figures.sarm.grid import wrapped
from darkpixel.figures.style import (
    draw_image,
    image_colours,
    log_norm,
    masked,
    pixel_axis,
    save,
)
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.images import summarise_images
from darkpixel.metrics.observables import measure_observables

LABELS = ("signal", "background")
MODELS = ("sarm2_dd", "sarm2_dd_sums", "lagan")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """label -> model -> path, 40 images of 10 x 10 pixels, the first of them blank."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    paths: dict[str, dict[str, str]] = {}
    for label in LABELS:
        paths[label] = {}
        for model in ("monte_carlo", *MODELS):
            images = random.exponential(5, (40, 10, 10)) * (random.random((40, 10, 10)) < 0.1)
            images[0] = 0
            path = write_images(folder / f"{label}-{model}.h5", images, label=label)
            paths[label][model] = str(path)
    return paths


def with_failed_model(samples, folder):
    """The same with a model whose pixels are a million times too large."""
    made = {}
    for label, paths in samples.items():
        with ImageFile(paths["lagan"]) as file:
            images = file.read() * np.float32(1e6)
        path = write_images(folder / f"{label}-failed.h5", images, label=label)
        made[label] = {**paths, "failed": str(path)}
    return made


def by_seed(samples):
    return {
        label: {model: [path] for model, path in paths.items()} for label, paths in samples.items()
    }


def history(folder):
    path = folder / "history.csv"
    losses = {"epoch": [1, 2, 3], "train_loss": [3.0, 2, 1], "validation_loss": [3.0, 2.5, 2.7]}
    pd.DataFrame(losses).to_csv(path, index=False)
    return path


def draw_all(samples, folder, stem):
    """Draws each figure once but for those of `test_baselines`."""
    test = {label: paths["monte_carlo"] for label, paths in samples.items()}
    pairs = np.random.default_rng(1).normal(size=(100, 2))
    curves = {label: {"sarm2_dd": [history(folder)]} for label in LABELS}
    examples.typical_images(test, stem("typical"))
    examples.example_images(samples, stem("examples"), dataset="jets")
    examples.more_example_images(samples, stem("more"), dataset="jets", per_model=2)
    mean_images.mean_differences(by_seed(samples), stem("difference"), dataset="jets")
    pixel_values.pixel_value_distributions(by_seed(samples), stem("pixels"), dataset="jets", bins=8)
    toy.toy_densities(pairs, pairs, stem("toy"))
    training.training_curves(curves, stem("training"), dataset="jets")
    data.data_statistics(test, stem("data"), title="jets", bins=8)


def test_all_figures_are_written(samples, tmp_path, monkeypatch):
    monkeypatch.setitem(style._RC, "pdf.fonttype", 3)  # quicker to embed; see the next test
    draw_all(samples, tmp_path, lambda name: tmp_path / "figures" / name)
    written = sorted((tmp_path / "figures").iterdir())
    assert len(written) == 16
    assert all(path.stat().st_size > 5000 for path in written)


def test_same_bytes_whatever_the_users_settings_and_fonts_embedded(samples, tmp_path):
    pairs = np.random.default_rng(1).normal(size=(50, 2))
    for run, size in (("once", 10), ("twice", 20)):
        with mpl.rc_context({"font.size": size, "pdf.fonttype": 3}):
            toy.toy_densities(pairs, pairs, tmp_path / run / "toy")  # laid out by matplotlib
            examples.example_images(samples, tmp_path / run / "grid", dataset="jets")  # by hand
    for once in (tmp_path / "once").iterdir():
        assert once.read_bytes() == (tmp_path / "twice" / once.name).read_bytes(), once.name
        if once.suffix == ".pdf":
            assert b"/Type3" not in once.read_bytes()
            assert b"/FontFile2" in once.read_bytes()


def test_one_label_and_no_models_still_draw(samples, tmp_path):
    only = {"signal": {"monte_carlo": samples["signal"]["monte_carlo"]}}
    mean_images.mean_images(by_seed(only), tmp_path / "mean", dataset="muons")
    measured = {"signal": measure_observables([], only["signal"]["monte_carlo"])}
    observables.observable_distributions(measured, tmp_path / "observables", dataset="muons")
    assert len(list(tmp_path.iterdir())) == 4


def titles(samples, late):
    """Figure to the texts in it that say that a model had not converged, line breaks aside."""
    figures: dict[str, Figure] = {}
    with pytest.MonkeyPatch.context() as patch:
        for module in (examples, mean_images):
            patch.setattr(module, "save", lambda figure, stem: figures.update({stem: figure}))
        about = {"dataset": "jets", "late": late}
        examples.example_images(samples, "examples", **about)
        examples.more_example_images(samples, "more", per_model=2, **about)
        mean_images.mean_images(by_seed(samples), "means", **about)
        mean_images.mean_differences(by_seed(samples), "differences", **about)
    return {
        name: [
            " ".join(text.get_text().split())
            for text in figure.findobj(Text)
            if "not\xa0converged" in text.get_text()
        ]
        for name, figure in figures.items()
    }


def test_images_say_what_had_not_converged(samples):
    assert titles(samples, ()) == {
        "examples": [], "more": [], "means": [], "differences": []
    }  # fmt: skip
    for name, texts in titles(samples, ("lagan",)).items():
        assert texts == ["LAGAN (not converged)"] * (1 if name == "more" else 2)


@pytest.mark.parametrize("figure", ["example_images", "mean_images", "mean_differences"])
def test_a_model_that_fails_does_not_change_the_colours_of_the_others(
    samples, tmp_path, monkeypatch, figure
):
    module = examples if figure == "example_images" else mean_images
    norms = []

    def grid(panels, norm, **_keys):
        norms.append(norm)
        return Figure()

    monkeypatch.setattr(module, "panel_grid", grid)
    drawn = samples, with_failed_model(samples, tmp_path)
    for one in drawn:
        files = one if module is examples else by_seed(one)
        getattr(module, figure)(files, tmp_path / "figure", dataset="jets")
    largest = [norm.vmax for norm in norms]
    if figure == "mean_differences":  # its scale may grow, up to the largest mean
        with_means = [mean_images._means(by_seed(samples))[0][label] for label in LABELS]
        assert largest[1] == max(means["monte_carlo"].max() for means in with_means)
    else:
        assert largest[0] == largest[1]


def test_blank_examples_are_shown_and_named_only_among_many(samples, tmp_path, monkeypatch):
    seen = []

    def panel_grid(panels, **_keys):
        seen.append(panels)
        return Figure()

    monkeypatch.setattr(examples, "panel_grid", panel_grid)
    examples.example_images(samples, tmp_path / "one", dataset="jets")
    examples.more_example_images(samples, tmp_path / "more", dataset="jets", per_model=3)
    assert [panel.note for panel in seen[0]] == [""] * 8
    assert [panel.note for panel in seen[1]] == ["blank", "", ""] * 8


def test_axes_are_called_as_the_data_set_has_them(tmp_path):
    labels = []
    for dataset, unit in (("jets", "GeV"), ("muons", "GeV"), ("lartpc", "0.255 MeV")):
        with ImageFile(write_images(tmp_path / "a.h5", ONES, dataset=dataset, unit=unit)) as file:
            labels.append(pixel_axis(file))
    assert labels == ["pixel $p_T$ [GeV]", "pixel $E_T$ [GeV]", "pixel value [0.255 MeV]"]


def test_too_few_images_are_named(samples, tmp_path):
    with pytest.raises(DarkpixelError, match="holds 40 images, 41 are to be drawn"):
        examples.more_example_images(samples, tmp_path / "more", dataset="jets", per_model=41)
    assert list(tmp_path.iterdir()) == []


def test_curves_say_what_they_show_and_a_distance_is_not_called_a_loss(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(training, "save", lambda figure, _: saved.append(figure))
    game = pd.read_csv(history(tmp_path)).assign(train_loss_generator=1.0)
    game.to_csv(tmp_path / "game.csv", index=False)
    curves = {
        "signal": {"sarm2_dd": [history(tmp_path)], "my_model": [history(tmp_path)]},
        "joint": {"lagan": [tmp_path / "game.csv"] * 2},
    }
    training.training_curves(curves, tmp_path, dataset="jets", late={"signal": ["sarm2_dd"]})
    about = {axes.get_title(): axes.get_ylabel() for axes in saved[0].axes}
    assert about["SARM-2 (D+D): signal\n(not converged)"] == "nats / image"
    assert about["my model: signal"] == "loss / image"
    assert about["LAGAN: all labels"] == "energy distance"
    assert [axes.get_ylabel() for axes in saved[0].axes][-1] == "cross-entropies [nats]"
    assert len(saved[0].axes) == 4  # the right axis of the two seeds is one
    assert [training.measured_in(model) for model in ("vqvae_pixelcnn_256", "vqvae_256")] == [
        "nats / code map", "error + codebook loss",
    ]  # fmt: skip


def test_a_file_that_is_no_history_is_named(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,loss\n1,2\n")
    with pytest.raises(DarkpixelError, match="no column `train_loss`; found epoch, loss"):
        training.training_curves({"signal": {"lagan": [path]}}, tmp_path / "curve", dataset="jets")


def test_zeros_are_white_and_small_pixels_are_not():
    image = np.array([[0.0, 1e-9], [1.0, 100.0]])
    colours = image_colours()(log_norm(image, decades=4.0)(masked(image)))
    assert colours[0, 0].tolist() == [1, 1, 1, 1]
    assert colours[0, 1].tolist() == list(image_colours()(0.0))
    assert log_norm(image, decades=4.0).vmin == 0.01


def test_log_scale_of_blank_images_is_valid():
    norm = log_norm(np.zeros((2, 3, 3)))
    low, high = norm.vmin, norm.vmax
    assert low is not None
    assert high is not None
    assert 0 < low < high


def test_row_zero_is_drawn_at_the_largest_phi():
    figure = Figure()
    axes = figure.subplots()
    drawn = draw_image(axes, np.eye(4), pixel_size=0.5, norm=log_norm(np.eye(4)))
    assert list(drawn.get_extent()) == [-1.0, 1.0, -1.0, 1.0]
    assert drawn.origin == "upper"


def test_panels_wrap_evenly_and_every_block_starts_a_row():
    image = np.zeros((2, 2))
    panels, titles = wrapped({"a": [("", image)] * 7, "b": [("", image)] * 2}, columns=6)
    assert titles == {0: "a", 2: "b"}
    assert [(panel.row, panel.column) for panel in panels] == [
        (0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1),
    ]  # fmt: skip


def test_a_failed_drawing_leaves_nothing(tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    figure = Figure()
    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(DarkpixelError, match="disk full"):
        save(figure, tmp_path / "figure")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("unit", "largest"), [("0.255 MeV", "1.02 MeV"), ("GeV", "4 GeV"), ("1 of mine", "4 of mine")]
)
def test_numbers_are_in_a_unit_without_a_number(tmp_path, unit, largest):
    path = write_images(tmp_path / "images.h5", np.full((2, 3, 3), 4.0))
    assert f"largest {largest}" in data._numbers(summarise_images([path], [0.0, 9.0]), unit)
